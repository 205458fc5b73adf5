// The third column: what the call was about. Owed after every talk; a draft survives reload and crash.
import { html, nothing } from "../../vendor/lit.js";
import { Part, icon } from "../look.js";
import { otherNumber, readable } from "../state.js";
import { t } from "../strings.js";
import { dropDraft, keepDraft, readDraft } from "../drafts.js";

const TYPES = ["enquiry", "consultation", "registration", "complaint", "return_visit", "promotion", "other"];
const OUTCOMES = ["resolved", "forwarded", "follow_up", "no_answer", "wrong_number", "other"];
const MORE_SECONDS = 30;
const EMPTY = { business_type: "", outcome: "", notes: "" };

class WorkPane extends Part {
  static properties = { form: { state: true }, wrong: { state: true }, savedFor: { state: true } };

  #call = "";

  constructor() {
    super();
    this.form = { ...EMPTY };
    this.savedFor = "";
  }

  focusForm() {
    this.querySelector("input, textarea")?.focus();
  }

  willUpdate(changed) {
    super.willUpdate(changed);
    const call = this.#subject() ?? "";
    if (call === this.#call) return;
    this.#call = call;
    this.wrong = false;
    this.form = readDraft(call) ?? { ...EMPTY };
  }

  /** Id of the call the form is about, or null. */
  #subject() {
    const { me, myCall } = this.desk.state;
    if (me.wrap_up) return me.wrap_up.call;
    if (myCall && myCall.direction !== "internal" && ["talking", "holding"].includes(myCall.phase)) return myCall.id;
    return me.state === "wrap_up" ? this.#call || null : null;
  }

  render() {
    const subject = this.#subject();
    return html`<div class="card hcc-work">${subject === null ? this.#nothing() : this.#form(subject)}</div>`;
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

  #form(subject) {
    const { me } = this.desk.state;
    const after = me.call === "";
    const saved = this.#isSaved(subject);
    return html`
      <form
        class="hcc-form hcc-wrap"
        @submit=${(event) => this.#save(event, after)}
        novalidate
        aria-label=${t("wrap.title")}
      >
        ${this.#head(me, after, saved)} ${this.#choice("business_type", t("wrap.business_type"), TYPES, "wrap.type")}
        ${this.#choice("outcome", t("wrap.outcome"), OUTCOMES, "wrap.outcome")}
        <div>
          <label class="form-label" for="hcc-wrap-notes">${t("wrap.notes")}</label>
          <textarea
            class="form-control"
            id="hcc-wrap-notes"
            rows="5"
            maxlength="4000"
            placeholder=${t("wrap.notes_hint")}
            .value=${this.form.notes}
            @input=${(event) => this.#change("notes", event.target.value)}
          ></textarea>
        </div>
        <div class="hcc-wrong" role="alert">${this.wrong ? t("wrap.missing") : nothing}</div>
        <div class="hcc-form-buttons">
          <button class="btn btn-primary" data-action="wrap_up" ?disabled=${this.desk.busy.has("wrap_up")}>
            ${icon("check")}${t(after ? "wrap.save_ready" : "wrap.save")}
          </button>
          ${
            after
              ? html`<button
                  type="button"
                  class="btn"
                  data-action="wrap_up_only"
                  @click=${(event) => this.#save(event, false)}
                >
                  ${t("wrap.save")}
                </button>`
              : nothing
          }
          <span class="hcc-saved text-secondary" role="status"
            >${saved ? html`${icon("circle-check")}${t("wrap.saved")}` : nothing}</span
          >
        </div>
      </form>
    `;
  }

  #isSaved(subject) {
    const { me } = this.desk.state;
    return this.savedFor === subject || me.wrap_up?.saved === true;
  }

  #head(me, after, saved) {
    const call = this.desk.contextCall;
    const deadline = me.state === "wrap_up" ? me.until : null;
    return html`
      ${me.cause === "wrap_up_missing" ? html`<p class="alert alert-danger">${icon("alert-triangle")}${t("wrap.overdue")}</p>` : nothing}
      <div class="hcc-wrap-head">
        <h3 class="hcc-title">${t("wrap.title")}</h3>
        ${call ? html`<span class="text-secondary">${readable(otherNumber(call))}</span>` : nothing}
        ${
          deadline
            ? html`<span class="hcc-countdown ${saved ? "" : "hcc-countdown-owed"}"
                  >${t("wrap.remaining")} <hcc-time .until=${deadline}></hcc-time
                ></span>
                <button
                  type="button"
                  class="btn btn-sm"
                  data-action="extend_wrap_up"
                  ?disabled=${this.desk.busy.has("extend_wrap_up")}
                  @click=${() => this.desk.perform("extend_wrap_up", { seconds: MORE_SECONDS })}
                >
                  ${t("wrap.extend")}
                </button>`
            : nothing
        }
      </div>
    `;
  }

  #choice(name, label, values, prefix) {
    const missing = this.wrong && this.form[name] === "";
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
  }

  async #save(event, thenReady) {
    event.preventDefault();
    const { business_type, outcome, notes } = this.form;
    this.wrong = business_type === "" || outcome === "";
    if (this.wrong) return;
    const subject = this.#call;
    const patient = this.desk.patientId;
    const form = { business_type, outcome, notes: notes.trim(), ...(patient === null ? {} : { patient_id: patient }) };
    if (!(await this.desk.perform("wrap_up", form))) return;
    this.savedFor = subject;
    dropDraft(subject);
    if (thenReady) await this.desk.perform("ready");
    else this.desk.notify("success", t("wrap.saved"));
  }
}

customElements.define("hcc-work-pane", WorkPane);
