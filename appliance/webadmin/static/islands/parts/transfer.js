// Whom to bring into the call, and how: give it away, ask in private first, or a conference.
import { html, nothing } from "../../vendor/lit.js";
import { Part, STATE_LOOK, icon, stateText } from "../look.js";
import { t } from "../strings.js";

const ORDER = ["ready", "wrap_up", "busy", "not_answering", "reserved", "ringing", "talking", "holding", "signed_out"];
const BUSY = ["reserved", "ringing", "talking", "holding"];
const WAYS = [
  ["consult", "messages"],
  ["transfer", "transfer-out"],
  ["invite", "user-plus"],
];
const REFRESH_MILLIS = 4000;
const EXTENSION_TONE = { online: "green", busy: "blue", offline: "grey" };

class Transfer extends Part {
  static properties = { wanted: { state: true }, way: {}, found: { state: true }, at: { state: true } };

  #timer = null;

  constructor() {
    super();
    this.wanted = "";
    this.way = "consult";
    this.found = null;
    this.at = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#timer = setInterval(() => this.#load(), REFRESH_MILLIS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  firstUpdated() {
    this.querySelector("input").focus();
    this.#load();
  }

  /** Names, their pinyin and the telephones' states; agents and queues come live besides. */
  async #load() {
    try {
      this.found = (await this.desk.socket.perform("targets")).targets;
    } catch {
      this.found ??= [];
    }
  }

  willUpdate(changed) {
    super.willUpdate(changed);
    // In a conference nobody is given away blind, and the next one is invited.
    if (this.desk.state.myCall?.members?.length && this.way === "transfer") this.way = "invite";
  }

  render() {
    const targets = this.#targets();
    return html`
      <div class="hcc-panel hcc-transfer" @keydown=${this.#key}>
        ${this.#ways()}
        <label class="visually-hidden" for="hcc-transfer-wanted">${t("transfer.title")}</label>
        <input
          id="hcc-transfer-wanted"
          class="form-control"
          autocomplete="off"
          role="combobox"
          aria-expanded="true"
          aria-controls="hcc-transfer-list"
          aria-activedescendant=${targets.length ? `hcc-target-${this.at}` : nothing}
          placeholder=${t("transfer.search")}
          .value=${this.wanted}
          @input=${(event) => this.#want(event.target.value.trim())}
        />
        <div class="hcc-targets" id="hcc-transfer-list" role="listbox" aria-label=${t("transfer.title")}>
          ${targets.map((target, index) => this.#target(target, index))}
          ${targets.length ? nothing : html`<p class="text-secondary m-1">${t("transfer.none")}</p>`}
        </div>
        <p class="hcc-way-hint text-secondary">${t(`transfer.hint_${this.way}`)}</p>
      </div>
    `;
  }

  #ways() {
    const conference = this.desk.state.myCall?.members?.length > 0;
    return html`
      <div class="hcc-ways" role="radiogroup" aria-label=${t("transfer.way")}>
        ${WAYS.map(
          ([way, symbol]) => html`
            <button
              type="button"
              role="radio"
              class="btn btn-sm"
              data-way=${way}
              aria-checked=${this.way === way}
              ?disabled=${conference && way === "transfer"}
              @click=${() => this.#choose(way)}
            >
              ${icon(symbol)}${t(`transfer.way_${way}`)}
            </button>
          `,
        )}
      </div>
    `;
  }

  #choose(way) {
    this.way = way;
    this.at = 0;
    this.querySelector("input").focus();
  }

  #want(text) {
    this.wanted = text;
    this.at = 0;
  }

  /** Everybody who fits what was typed: free ones first, then who can only be rung at the desk; any number last. */
  #targets() {
    const { agents, queues, me } = this.desk.state;
    const number = /^[0-9*#+]{3,32}$/.test(this.wanted) ? this.wanted : "";
    const known = (this.found ?? this.#fromState()).filter((one) => one.agent !== me.id && this.#fits(one));
    const rank = (one) => ORDER.indexOf(one.live.state);
    const people = known
      .filter((one) => one.kind === "agent")
      .map((one) => ({ ...one, live: agents.get(one.agent) }))
      .filter((one) => one.live && (one.live.state !== "signed_out" || one.live.extension))
      .sort((a, b) => rank(a) - rank(b) || a.number.localeCompare(b.number));
    const lines = known
      .filter((one) => one.kind === "queue" && this.way !== "invite")
      .map((one) => ({ ...one, live: queues.get(one.queue) }))
      .filter((one) => one.live)
      .sort((a, b) => b.live.ready - a.live.ready || a.number.localeCompare(b.number));
    const phones = known.filter((one) => one.kind === "extension");
    const exact = known.some((one) => one.number === number);
    const typed = number && !exact ? [{ kind: "", number, name: number }] : [];
    const here = people.filter((one) => one.live.state !== "signed_out");
    const away = people.filter((one) => one.live.state === "signed_out");
    return [...here, ...lines, ...away, ...phones, ...typed];
  }

  /** Until the list has come: what the page knows anyhow. */
  #fromState() {
    const { agents, queues } = this.desk.state;
    const people = [...agents.values()].map((one) => ({ ...one, kind: "agent", agent: one.id }));
    return [...people, ...[...queues.values()].map((one) => ({ ...one, kind: "queue", queue: one.id }))];
  }

  #fits(one) {
    const wanted = this.wanted.toLowerCase();
    const extension = one.kind === "agent" ? this.desk.state.agents.get(one.agent)?.extension : "";
    const texts = [one.name, one.number, one.pinyin, one.initials, extension];
    return texts.some((text) => text?.toLowerCase().includes(wanted));
  }

  #target(target, index) {
    const busy = target.kind === "agent" ? BUSY.includes(target.live.state) : target.state === "busy";
    return html`
      <button
        type="button"
        role="option"
        tabindex="-1"
        id="hcc-target-${index}"
        class="btn hcc-target ${index === this.at ? "hcc-target-at" : ""}"
        aria-selected=${index === this.at}
        data-target=${target.number}
        data-kind=${target.kind}
        ?disabled=${busy || this.desk.busy.has(this.way)}
        @click=${() => this.#take(target)}
      >
        ${this.#look(target)}
      </button>
    `;
  }

  #look(target) {
    if (target.kind === "agent") {
      const { live } = target;
      return html`
        <span class="hcc-dot hcc-dot-${STATE_LOOK[live.state].tone}"></span>
        <span class="hcc-target-name">${target.name} <small class="text-secondary">${target.number}</small></span>
        <span class="hcc-target-note">${stateText(live)}
          ${live.state === "signed_out" ? nothing : html`<hcc-time .since=${live.since}></hcc-time>`}</span>
      `;
    }
    if (target.kind === "queue") {
      return html`
        ${icon("users-group")}
        <span class="hcc-target-name">${target.name} <small class="text-secondary">${target.number}</small></span>
        <span class="hcc-target-note"
          >${t("queue.ready", target.live)} · ${target.live.waiting} ${t("queue.waiting")}</span
        >
      `;
    }
    if (target.kind === "extension") {
      return html`
        <span class="hcc-dot hcc-dot-${EXTENSION_TONE[target.state]}"></span>
        <span class="hcc-target-name">${target.name} <small class="text-secondary">${target.number}</small></span>
        <span class="hcc-target-note">${t(`transfer.phone_${target.state}`)}</span>
      `;
    }
    return html`${icon("phone-outgoing")}<span class="hcc-target-name"
        >${t("transfer.number", { number: target.number })}</span
      >`;
  }

  #key(event) {
    if (event.isComposing) return;
    const targets = this.#targets();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && targets.length) this.#move((this.at + step + targets.length) % targets.length);
    else if (event.key === "Enter" && event.target.matches("input")) this.querySelector(".hcc-target-at")?.click();
    else if (event.key === "Escape") this.dispatchEvent(new Event("done"));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async #move(at) {
    this.at = at;
    await this.updateComplete;
    this.querySelector(".hcc-target-at")?.scrollIntoView({ block: "nearest" });
  }

  async #take(target) {
    const way = this.way;
    if (!(await this.desk.perform(way, { target: target.number, kind: target.kind }))) return;
    if (way === "transfer") this.desk.notify("success", t("transfer.done", { target: target.name }));
    this.dispatchEvent(new Event("done"));
  }
}

customElements.define("hcc-transfer", Transfer);
