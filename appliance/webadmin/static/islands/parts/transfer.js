// Whom to give the call to: colleagues (free ones first), queues, or any number.
import { html, nothing } from "../../vendor/lit.js";
import { Part, STATE_LOOK, icon, stateText } from "../look.js";
import { t } from "../strings.js";

const ORDER = ["ready", "wrap_up", "busy", "not_answering", "reserved", "ringing", "talking", "holding"];

class Transfer extends Part {
  static properties = { wanted: { state: true } };

  constructor() {
    super();
    this.wanted = "";
  }

  firstUpdated() {
    this.querySelector("input").focus();
  }

  render() {
    const agents = this.#agents();
    const queues = this.#queues();
    const number = /^[0-9*#+]{3,32}$/.test(this.wanted) ? this.wanted : "";
    return html`
      <div class="hcc-panel hcc-transfer" @keydown=${this.#key}>
        <label class="form-label" for="hcc-transfer-wanted">${t("transfer.title")}</label>
        <input
          id="hcc-transfer-wanted"
          class="form-control"
          autocomplete="off"
          placeholder=${t("transfer.search")}
          .value=${this.wanted}
          @input=${(event) => (this.wanted = event.target.value.trim())}
        />
        <div class="hcc-targets">
          ${number ? this.#target(number, html`${icon("phone-outgoing")}${t("transfer.number", { number })}`) : nothing}
          ${this.#group(t("transfer.agents"), agents, (agent) => this.#agent(agent))}
          ${this.#group(t("transfer.queues"), queues, (queue) => this.#queue(queue))}
          ${number || agents.length || queues.length ? nothing : html`<p class="text-secondary">${t("transfer.none")}</p>`}
        </div>
      </div>
    `;
  }

  #agents() {
    return [...this.desk.state.agents.values()]
      .filter((agent) => agent.id !== this.desk.state.me.id && agent.state !== "signed_out")
      .filter((agent) => this.#matches(agent.name, agent.number, agent.extension))
      .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.number.localeCompare(b.number));
  }

  #queues() {
    return [...this.desk.state.queues.values()]
      .filter((queue) => this.#matches(queue.name, queue.number))
      .sort((a, b) => b.ready - a.ready || a.number.localeCompare(b.number));
  }

  #matches(...texts) {
    const wanted = this.wanted.toLowerCase();
    return texts.some((text) => text?.toLowerCase().includes(wanted));
  }

  #group(title, items, draw) {
    if (items.length === 0) return nothing;
    return html`<h3 class="hcc-group">${title}</h3>
      ${items.map(draw)}`;
  }

  #agent(agent) {
    const look = STATE_LOOK[agent.state];
    const text = html`
      <span class="hcc-dot hcc-dot-${look.tone}"></span>
      <span class="hcc-target-name">${agent.name} <small class="text-secondary">${agent.number}</small></span>
      <span class="hcc-target-note">${stateText(agent)} <hcc-time .since=${agent.since}></hcc-time></span>
    `;
    return this.#target(agent.extension || agent.number, text, agent.name);
  }

  #queue(queue) {
    const text = html`
      ${icon("users-group")}
      <span class="hcc-target-name">${queue.name} <small class="text-secondary">${queue.number}</small></span>
      <span class="hcc-target-note">${t("queue.ready", queue)} · ${queue.waiting} ${t("queue.waiting")}</span>
    `;
    return this.#target(queue.number, text, queue.name);
  }

  #target(number, text, name = number) {
    return html`
      <button
        type="button"
        class="btn hcc-target"
        data-target=${number}
        ?disabled=${this.desk.busy.has("transfer")}
        @click=${() => this.#transfer(number, name)}
      >
        ${text}
      </button>
    `;
  }

  #key(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    this.dispatchEvent(new Event("done"));
  }

  async #transfer(target, name) {
    if (!(await this.desk.perform("transfer", { target }))) return;
    this.desk.notify("success", t("transfer.done", { target: name }));
    this.dispatchEvent(new Event("done"));
  }
}

customElements.define("hcc-transfer", Transfer);
