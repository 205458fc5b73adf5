// What the call was about. Owed after every talk; a draft survives reload and crash.
import { html, nothing } from "../../vendor/lit.js";
import { dropDraft, keepDraft, readDraft } from "../drafts.js";
import { Part, icon } from "../look.js";
import { causeText } from "../reasons.js";
import { otherNumber, readable } from "../state.js";
import { t } from "../strings.js";
import { blockButton } from "./block_sheet.js";
import { OUTCOMES, dayAt, typesOf } from "./wrap_choices.js";

const MORE_SECONDS = 30;
const EMPTY = { business_type: "", outcome: "", notes: "", again: "" };
const AGAIN = [
  ["tomorrow", 1],
  ["three_days", 3],
  ["week", 7],
];

class WrapForm extends Part {
  static properties = { form: { state: true }, wrong: { state: true }, orders: { state: true } };

  #call = "";

  constructor() {
    super();
    this.form = { ...EMPTY };
    this.orders = [];
  }

  focusForm() {
    (this.querySelector("input:checked") ?? this.querySelector("input, textarea"))?.focus();
  }

  save() {
    this.querySelector("form")?.requestSubmit();
  }

  willUpdate(changed) {
    super.willUpdate(changed);
    const call = this.desk.formCall ?? "";
    if (call === this.#call) return;
    this.#call = call;
    this.wrong = "";
    this.form = { ...EMPTY, ...(readDraft(call) ?? this.#handedOver()) };
    this.desk.businessType = this.form.business_type;
  }

  /** What the colleague had written who passed the call on. */
  #handedOver() {
    const { me, myCall } = this.desk.state;
    if (!myCall?.draft || myCall.draft.by === me.id) return null;
    const { business_type, outcome, notes } = myCall.draft;
    return { business_type, outcome, notes };
  }

  render() {
    if (this.desk.formCall === null) return this.#nothing();
    return html`
      <form class="hcc-form hcc-wrap" @submit=${this.#save} novalidate aria-label=${t("wrap.title")}>
        ${this.#head()} ${this.#choice("business_type", t("wrap.business_type"), this.#types(), "wrap.type")}
        ${this.#choice("outcome", t("wrap.outcome"), OUTCOMES, "wrap.outcome")} ${this.#again()}
        <div>
          <label class="form-label" for="hcc-wrap-notes">${t("wrap.notes")}</label>
          <textarea
            class="form-control"
            id="hcc-wrap-notes"
            rows="4"
            maxlength="4000"
            placeholder=${t("wrap.notes_hint")}
            .value=${this.form.notes}
            @input=${(event) => this.#change("notes", event.target.value)}
            @keydown=${this.#key}
          ></textarea>
        </div>
        ${this.#linked()}
        <div class="hcc-wrong" role="alert">${this.wrong ? t(`wrap.${this.wrong}`) : nothing}</div>
        ${this.#foot()}
      </form>
    `;
  }

  #types() {
    return typesOf(this.desk.state.queues.get(this.desk.contextCall?.queue));
  }

  #nothing() {
    return html`
      <div class="hcc-empty">
        <span class="hcc-empty-icon">${icon("clipboard-text")}</span>
        <p class="hcc-empty-title">${t("wrap.title")}</p>
        <p class="text-secondary">${t("wrap.waiting")}</p>
      </div>
    `;
  }

  #head() {
    const { me } = this.desk.state;
    const call = this.desk.contextCall;
    const deadline = me.state === "wrap_up" ? me.until : null;
    const more = me.wrap_up?.more ?? 0;
    return html`
      ${
        me.cause === "wrap_up_missing"
          ? html`<p class="alert alert-danger">${icon("alert-triangle")}${t("wrap.overdue")}</p>`
          : nothing
      }
      ${more > 0 ? html`<p class="alert alert-warning" data-more=${more}>${t("wrap.more", { count: more })}</p>` : nothing}
      <div class="hcc-wrap-head">
        <h3 class="hcc-title">${t("wrap.title")}</h3>
        ${call && !deadline ? html`<span class="text-secondary">${readable(otherNumber(call))}</span>` : nothing}
        ${deadline ? this.#countdown(deadline) : nothing}
      </div>
    `;
  }

  #countdown(deadline) {
    return html`
      <span class="hcc-countdown">${t("wrap.remaining")} <hcc-time .until=${deadline}></hcc-time></span>
      <button
        type="button"
        class="btn btn-sm"
        data-action="extend_wrap_up"
        ?disabled=${this.desk.busy.has("extend_wrap_up")}
        @click=${() => this.desk.perform("extend_wrap_up", { seconds: MORE_SECONDS })}
      >
        ${t("wrap.extend")}
      </button>
    `;
  }

  /** A day and time to call again, with the usual ones at hand. */
  #again() {
    if (this.form.outcome !== "follow_up" && this.form.again === "") return nothing;
    return html`
      <div>
        <label class="form-label" for="hcc-wrap-again">${t("wrap.again")}</label>
        <div class="hcc-again">
          <input
            class="form-control"
            id="hcc-wrap-again"
            type="datetime-local"
            .value=${this.form.again}
            @input=${(event) => this.#change("again", event.target.value)}
          />
          ${AGAIN.map(
            ([name, days]) =>
              html`<button type="button" class="btn btn-sm" @click=${() => this.#change("again", dayAt(days, 9))}>
                ${t(`wrap.again.${name}`)}
              </button>`,
          )}
        </div>
      </div>
    `;
  }

  #linked() {
    const mine = this.desk.ordersOfCall;
    if (mine.length === 0) return nothing;
    return html`<p class="hcc-linked">
      ${icon("list-check")}${t("wrap.orders")}
      ${mine.map(
        (order) =>
          html`<a href="/orders/${order.id}" target="_blank" rel="noopener">#${order.id} ${order.department}</a> `,
      )}
    </p>`;
  }

  /** While the talk goes on nothing can be saved yet: what is written waits as a draft. */
  #foot() {
    const { me } = this.desk.state;
    if (!me.wrap_up) return html`<p class="hcc-saved text-secondary">${icon("pencil")}${t("wrap.draft")}</p>`;
    const thenReady = me.cause === "wrap_up_missing" || (me.state === "wrap_up" && !me.next_cause);
    return html`
      <div class="hcc-form-buttons">
        <button class="btn btn-primary" data-action="wrap_up" ?disabled=${this.desk.busy.has("wrap_up")}>
          ${icon("check")}${t(thenReady ? "wrap.save_ready" : "wrap.save")}
        </button>
        ${me.next_cause ? html`<span class="text-secondary">${t("wrap.then", { cause: causeText(me.next_cause) })}</span>` : nothing}
        ${this.desk.state.myCall ? nothing : blockButton(this.desk, this, "btn-ghost-secondary hcc-end")}
      </div>
    `;
  }

  #choice(name, label, values, prefix) {
    const missing = this.wrong === "missing" && !values.includes(this.form[name]);
    return html`
      <fieldset class="hcc-choice ${missing ? "hcc-choice-missing" : ""}">
        <legend class="form-label required">${label}</legend>
        ${values.map(
          (value) => html`
            <label class="hcc-option">
              <input
                type="radio"
                name=${name}
                value=${value}
                .checked=${this.form[name] === value}
                @change=${() => this.#change(name, value)}
              />
              <span>${t(`${prefix}.${value}`)}</span>
            </label>
          `,
        )}
      </fieldset>
    `;
  }

  #change(name, value) {
    this.form = { ...this.form, [name]: value };
    keepDraft(this.#call, this.form);
    const { business_type, outcome, notes } = this.form;
    this.desk.shareNotes({ business_type, outcome, notes });
    if (name === "business_type") {
      this.desk.businessType = value;
      this.desk.changed();
    }
  }

  /** Ctrl+Enter saves out of the notes; while characters are being composed every key belongs to that. */
  #key(event) {
    if (event.isComposing || event.keyCode === 229 || event.key !== "Enter" || !event.ctrlKey) return;
    event.preventDefault();
    this.save();
  }

  #save = async (event) => {
    event.preventDefault();
    if (!this.desk.state.me.wrap_up) return;
    const { outcome, notes, again } = this.form;
    // What was handed over, or kept as a draft, may be none of the queue's types.
    const business_type = this.#types().includes(this.form.business_type) ? this.form.business_type : "";
    const at = again === "" ? null : new Date(again).getTime();
    this.wrong = business_type === "" || outcome === "" ? "missing" : at !== null && !(at > Date.now()) ? "again_past" : "";
    if (this.wrong) return;
    const call = this.#call;
    const patient = this.desk.patientId;
    const form = {
      call,
      business_type,
      outcome,
      notes: notes.trim(),
      ...(patient === null ? {} : { patient_id: patient }),
      ...(at === null ? {} : { call_again_at: at }),
    };
    if (!(await this.desk.perform("wrap_up", form))) return;
    dropDraft(call);
    this.desk.notify("success", t("wrap.saved"));
    this.desk.lists.refreshSoon();
  };
}

customElements.define("hcc-wrap-form", WrapForm);
