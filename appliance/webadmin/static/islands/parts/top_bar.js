// The bar over the columns: who I am to the callers right now, today's figures, my queues, the lamp.
import { html, nothing } from "../../vendor/lit.js";
import { duration } from "../clock.js";
import { Part, STATE_LOOK, icon, stateText } from "../look.js";
import { t } from "../strings.js";
import "./menu.js";
import "./phone_choice.js";

const CAUSES = [
  ["rest", "coffee"],
  ["meal", "tools-kitchen-2"],
  ["training", "school"],
  ["meeting", "presentation"],
  ["paperwork", "file-text"],
  ["other", "dots"],
];
const WEB_TONE = { online: "green", connecting: "yellow", offline: "red" };
const PHONE_TONE = { registered: "green", online: "green", registering: "yellow", off: "grey" };
const PHONE_ICON = { web: "headset", sip: "device-landline-phone", outside: "device-mobile" };
const MEDIA_TONE = { ready: "green", flowing: "green", ask: "yellow", off: "grey" };

class TopBar extends Part {
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
        label=${t("bar.busy")}
        icon="clock-pause"
        .items=${CAUSES.map(([value, symbol]) => ({ value, icon: symbol, text: t(`cause.${value}`) }))}
        ?disabled=${this.#blocked("busy")}
        @choose=${(event) => this.desk.perform("busy", { cause: event.detail })}
      ></hcc-menu>
      <button
        type="button"
        class="btn"
        data-action="sign_out"
        ?disabled=${this.#blocked("sign_out") || inCall}
        @click=${() => this.desk.signOut()}
      >
        ${icon("logout")}${t("bar.sign_out")}
      </button>
    `;
  }

  #blocked(verb) {
    return this.desk.busy.has(verb) || this.desk.socket.status !== "online";
  }

  #pill(me) {
    const look = STATE_LOOK[me.state];
    return html`
      <span class="hcc-pill hcc-tone-${look.tone}" data-state=${me.state}>
        ${icon(look.icon)}<strong>${stateText(me)}</strong>
        ${me.state === "signed_out" ? nothing : html`<hcc-time .since=${me.since}></hcc-time>`}
        ${me.next_cause ? html`<span>${t("bar.next", { cause: t(`cause.${me.next_cause}`) })}</span>` : nothing}
      </span>
    `;
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
