// The bar over the columns: who I am to the callers right now, today's figures, my queues, the lamp.
import { html, nothing } from "../../vendor/lit.js";
import { duration, everySecond, now } from "../clock.js";
import { Part, STATE_LOOK, icon, stateText } from "../look.js";
import { causeText, pauseReasons, reasonOf } from "../reasons.js";
import { t } from "../strings.js";
import "./menu.js";
import "./phone_choice.js";

const CAUSE_ICON = {
  rest: "coffee",
  meal: "tools-kitchen-2",
  training: "school",
  meeting: "presentation",
  paperwork: "file-text",
};
const SIGN_OUT = "sign_out";
const WEB_TONE = { online: "green", connecting: "yellow", offline: "red" };
const PHONE_TONE = { registered: "green", online: "green", registering: "yellow", off: "grey" };
const PHONE_ICON = { web: "headset", sip: "device-landline-phone", outside: "device-mobile" };
const MEDIA_TONE = { ready: "green", flowing: "green", ask: "yellow", off: "grey" };

class TopBar extends Part {
  #end = null;

  /** A limit passes without anything happening. */
  connectedCallback() {
    super.connectedCallback();
    this.#end = everySecond(() => this.desk?.state.me?.limit_at && this.requestUpdate());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#end();
  }

  openBusyMenu() {
    this.querySelector("hcc-menu")?.open();
  }

  render() {
    const { me } = this.desk.state;
    return html`
      <div class="card hcc-bar">
        <div class="hcc-bar-row">
          <div class="hcc-state" role="group" aria-label=${t("bar.my_state")}>
            ${this.desk.state.signedIn ? this.#signedIn(me) : this.#signedOut(me)}
          </div>
          ${this.#figures(me)}
        </div>
        ${this.#tooLong(me)}
        <div class="hcc-bar-row">${this.#queues()} ${this.#lamps(me)}</div>
      </div>
    `;
  }

  #signedOut(me) {
    return html`
      ${this.#pill(me)}
      <hcc-phone-choice .desk=${this.desk}></hcc-phone-choice>
      <button
        type="button"
        class="btn btn-primary"
        data-action="sign_in"
        ?disabled=${this.#blocked("sign_in")}
        @click=${() => this.#signIn()}
      >
        ${icon("login")}${t("bar.sign_in")}
      </button>
    `;
  }

  #signIn() {
    const { phone, number } = this.querySelector("hcc-phone-choice").choice;
    this.desk.signIn(phone, number);
  }

  #signedIn(me) {
    const inCall = me.call !== "";
    const owed = me.wrap_up && !me.wrap_up.saved;
    const later = inCall || me.state === "wrap_up";
    const blocked = this.#blocked("ready") || (inCall && !me.next_cause) || owed || me.state === "ready";
    return html`
      ${this.#pill(me)}
      <button
        type="button"
        class="btn ${blocked ? "" : "btn-green"}"
        data-action="ready"
        ?disabled=${blocked}
        @click=${() => this.desk.perform("ready")}
      >
        ${icon("circle-check")}${t("bar.ready")}
      </button>
      <hcc-menu
        data-action="busy"
        label=${t(later ? "bar.busy_after" : "bar.busy")}
        icon="clock-pause"
        .items=${pauseReasons().map((reason) => this.#pause(reason))}
        ?disabled=${this.#blocked("busy")}
        @choose=${(event) => this.desk.perform("busy", { cause: event.detail })}
      ></hcc-menu>
      <button
        type="button"
        class="btn"
        data-action="sign_out"
        ?disabled=${this.#blocked("sign_out") || (later && me.next_cause === SIGN_OUT)}
        @click=${() => (later ? this.desk.perform("sign_out", { after_call: true }) : this.desk.signOut())}
      >
        ${icon("logout")}${t(later ? "bar.sign_out_after" : "bar.sign_out")}
      </button>
    `;
  }

  #pause(reason) {
    const limit = reason.limit_minutes ? t("bar.limit", { minutes: reason.limit_minutes }) : "";
    return {
      value: reason.code,
      icon: CAUSE_ICON[reason.code] ?? "dots",
      text: limit ? `${causeText(reason.code)} · ${limit}` : causeText(reason.code),
    };
  }

  #blocked(verb) {
    return this.desk.busy.has(verb) || this.desk.socket.status !== "online";
  }

  #pill(me) {
    const look = STATE_LOOK[me.state];
    const tone = (me.state === "busy" && reasonOf(me.cause)?.tone) || look.tone;
    return html`
      <span class="hcc-pill hcc-tone-${tone}" data-state=${me.state}>
        ${icon(look.icon)}<strong>${stateText(me)}</strong>
        ${me.state === "signed_out" ? nothing : html`<hcc-time .since=${me.since} .limit=${me.limit_at}></hcc-time>`}
      </span>
      ${this.#next(me)}
    `;
  }

  /** The wish for after the call; in a call it can be taken back. */
  #next(me) {
    if (!me.next_cause) return nothing;
    return html`
      <span class="hcc-badge hcc-tone-grey" data-next=${me.next_cause}>
        ${t("bar.next", { cause: causeText(me.next_cause) })}
        ${
          me.call
            ? html`<button
                type="button"
                class="btn-close hcc-next-off"
                aria-label=${t("bar.next_off")}
                @click=${() => this.desk.perform("ready")}
              ></button>`
            : nothing
        }
      </span>
    `;
  }

  /** Friendly words when a pause is longer than it should be. */
  #tooLong(me) {
    if (!me.limit_at || now() < me.limit_at) return nothing;
    return html`<p class="hcc-too-long" role="status">
      ${icon("clock-hour-4")}${t("bar.too_long", { cause: causeText(me.cause), time: duration(now() - me.limit_at) })}
    </p>`;
  }

  #figures(me) {
    return html`
      <dl class="hcc-figures">
        <div>
          <dt>${t("bar.number")}</dt>
          <dd>${me.number}</dd>
        </div>
        <div>
          <dt>${t("bar.answered")}</dt>
          <dd>${me.answered}</dd>
        </div>
        <div>
          <dt>${t("bar.talked")}</dt>
          <dd>${duration(me.talk_ms)}</dd>
        </div>
      </dl>
    `;
  }

  #lamps(me) {
    const web = this.desk.socket.status;
    const phone = me.phone !== "web" ? (me.phone_online ? "online" : "offline") : this.desk.phone.status;
    const media = me.phone !== "web" ? "off" : this.desk.phone.media;
    return html`
      <button
        type="button"
        class="btn btn-sm hcc-devices"
        data-action="devices"
        @click=${() => this.dispatchEvent(new CustomEvent("devices", { bubbles: true }))}
      >
        ${icon("headphones")}${t("device.title")}
      </button>
      <ul class="hcc-lamps" aria-label=${t("lamp.title")}>
        ${this.#lamp("web", WEB_TONE[web] ? web : "closed", WEB_TONE[web] ?? "red", "wifi")}
        ${this.#lamp("phone", phone, PHONE_TONE[phone] ?? "red", PHONE_ICON[me.phone])}
        ${this.#lamp("media", media, MEDIA_TONE[media] ?? "red", "microphone")}
      </ul>
    `;
  }

  #lamp(part, value, tone, symbol) {
    return html`
      <li class="hcc-lamp" data-lamp=${part} data-value=${value}>
        <span class="hcc-dot hcc-dot-${tone}"></span>${icon(symbol)}
        <span><span class="hcc-lamp-name">${t(`lamp.${part}`)}</span> ${t(`lamp.${part}.${value}`)}</span>
      </li>
    `;
  }

  #queues() {
    const queues = this.desk.state.myQueues;
    if (queues.length === 0) return html`<p class="hcc-queues-none text-secondary">${t("queue.none")}</p>`;
    return html`
      <ul class="hcc-queues" aria-label=${t("queue.list")}>
        ${queues.map(
          (queue) => html`
            <li class="hcc-queue ${queue.waiting > 0 ? "hcc-queue-waiting" : ""}">
              <span class="hcc-queue-name">${queue.name}</span>
              <span><b>${queue.waiting}</b> ${t("queue.waiting")}</span>
              ${
                queue.longest_since
                  ? html`<span>${t("queue.longest")} <hcc-time .since=${queue.longest_since}></hcc-time></span>`
                  : nothing
              }
              <span class="text-secondary">${t("queue.ready", queue)}</span>
            </li>
          `,
        )}
      </ul>
    `;
  }
}

customElements.define("hcc-top-bar", TopBar);
