// Below the idle card: callbacks and missed calls of the agent's queues, to be called back with one click.
import { html, nothing } from "../../vendor/lit.js";
import { Part, icon, vipBadge } from "../look.js";
import { getJson } from "../requests.js";
import { readable } from "../state.js";
import { t } from "../strings.js";

const AGAIN_MILLIS = 700;

class Callbacks extends Part {
  static properties = { rows: { state: true }, total: { state: true }, dropping: { state: true }, failed: { state: true } };

  #seen = null;
  #timer = null;

  constructor() {
    super();
    this.rows = [];
    this.total = 0;
    this.dropping = "";
    this.failed = false;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#seen = null;
  }

  willUpdate(changed) {
    super.willUpdate(changed);
    const counts = this.desk.state.myQueues.map((queue) => `${queue.id}:${queue.callbacks}:${queue.callbacks_at}`);
    const now = counts.join(" ");
    if (now === this.#seen) return;
    this.#seen = now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), this.rows.length ? AGAIN_MILLIS : 0);
  }

  async #load() {
    try {
      const found = await getJson("/callbacks/open.json");
      this.rows = found.rows;
      this.total = found.total;
      this.failed = false;
    } catch {
      this.failed = true;
      this.#timer = setTimeout(() => this.#load(), 5000);
    }
  }

  render() {
    if (!this.rows.length && !this.failed) return nothing;
    return html`
      <section class="card hcc-callbacks" aria-label=${t("callbacks.title")}>
        <h3 class="hcc-title">${icon("phone-outgoing")}${t("callbacks.title")} <span class="hcc-badge hcc-tone-yellow">${this.total}</span></h3>
        ${this.failed ? html`<p class="text-secondary" role="status">${t("callbacks.failed")}</p>` : nothing}
        <ul class="hcc-callback-rows">
          ${this.rows.map((row) => this.#row(row))}
        </ul>
      </section>
    `;
  }

  #row(row) {
    const blocked = row.state !== "waiting" || this.desk.busy.has("call_back") || this.desk.state.me.call !== "";
    return html`
      <li data-callback=${row.id} data-state=${row.state}>
        <div>
          <strong>${row.patient || readable(row.number)}</strong> ${vipBadge(row.vip)}
          ${row.patient ? html`<span class="text-secondary">${readable(row.number)}</span>` : nothing}
          <div class="text-secondary">
            ${t(`callbacks.${row.kind}`)}${row.calls > 1 ? ` ${row.calls}×` : ""} · ${row.queue} ·
            <hcc-time .since=${row.since}></hcc-time>
            ${row.cause ? html`· <span class="text-danger">${t(`callbacks.${row.cause}`)}</span>` : nothing}
            ${row.attempts ? html`· ${t("callbacks.tried", { count: row.attempts })}` : nothing}
            ${row.reason ? html`· <span class="text-danger">${t(`callbacks.${row.reason}`)}</span>` : nothing}
            ${row.state === "dialling" ? html`· ${t("callbacks.dialling")}` : nothing}
          </div>
        </div>
        ${this.dropping === row.id ? this.#ask(row) : this.#buttons(row, blocked)}
      </li>
    `;
  }

  #buttons(row, blocked) {
    return html`
      <span class="hcc-callback-buttons">
        <button type="button" class="btn btn-sm btn-primary" data-action="call_back" ?disabled=${blocked} @click=${() => this.desk.perform("call_back", { callback: row.id })}>
          ${icon("phone-call")}${t("callbacks.call")}
        </button>
        <button type="button" class="btn btn-sm" aria-label=${t("callbacks.drop")} title=${t("callbacks.drop")} ?disabled=${row.state !== "waiting"} @click=${() => (this.dropping = row.id)}>
          ${icon("x")}
        </button>
      </span>
    `;
  }

  #ask(row) {
    return html`
      <form class="hcc-callback-drop" @submit=${(event) => this.#drop(event, row)}>
        <input class="form-control form-control-sm" name="reason" maxlength="200" required aria-label=${t("callbacks.reason")} placeholder=${t("callbacks.reason")} />
        <button class="btn btn-sm btn-danger">${t("callbacks.drop")}</button>
        <button type="button" class="btn btn-sm" @click=${() => (this.dropping = "")}>${t("callbacks.keep")}</button>
      </form>
    `;
  }

  async #drop(event, row) {
    event.preventDefault();
    const reason = new FormData(event.target).get("reason").trim();
    if (!reason || !(await this.desk.perform("drop_callback", { callback: row.id, reason }))) return;
    this.dropping = "";
    await this.#load();
  }
}

customElements.define("hcc-callbacks", Callbacks);
