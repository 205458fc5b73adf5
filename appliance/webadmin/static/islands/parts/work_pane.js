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
  static properties = { form: { state: true }, wrong: { state: true } };

  #call = "";

  constructor() {
    super();
    this.form = { ...EMPTY };
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
    this.form = readDraft(call) ?? this.#handedOver() ?? { ...EMPTY };
  }

  /** What the colleague had written who passed the call on. */
  #handedOver() {
    const { me, myCall } = this.desk.state;
    if (!myCall?.draft || myCall.draft.by === me.id) return null;
    const { business_type, outcome, notes } = myCall.draft;
    return { business_type, outcome, notes };
  }

  /** Id of the call the form is about, or null. */
  #subject() {
    const { me, myCall } = this.desk.state;
    if (me.wrap_up) return me.wrap_up.call;
    if (myCall && !myCall.part && myCall.direction !== "internal" && ["talking", "holding"].includes(myCall.phase)) return myCall.id;
    return null;
  }

  render() {
    const subject = this.#subject();
    return html`<div class="card hcc-work">${subject === null ? this.#nothing() : this.#form()}</div>`;
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

  #form() {
    return html`
      <form class="hcc-form hcc-wrap" @submit=${this.#save} novalidate aria-label=${t("wrap.title")}>
        ${this.#head()} ${this.#choice("business_type", t("wrap.business_type"), TYPES, "wrap.type")}
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
        ${this.#foot()}
      </form>
    `;
  }

  #head() {
    const { me } = this.desk.state;
    const call = this.desk.contextCall;
    const deadline = me.state === "wrap_up" ? me.until : null;
    return html`
      ${
        me.cause === "wrap_up_missing"
          ? html`<p class="alert alert-danger">${icon("alert-triangle")}${t("wrap.overdue")}</p>`
          : nothing
      }
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
        ${me.next_cause ? html`<span class="text-secondary">${t("wrap.then", { cause: t(`cause.${me.next_cause}`) })}</span>` : nothing}
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
    this.desk.shareNotes(this.form);
  }

  #save = async (event) => {
    event.preventDefault();
    if (!this.desk.state.me.wrap_up) return;
    const { business_type, outcome, notes } = this.form;
    this.wrong = business_type === "" || outcome === "";
    if (this.wrong) return;
    const call = this.#call;
    const patient = this.desk.patientId;
    const form = {
      call,
      business_type,
      outcome,
      notes: notes.trim(),
      ...(patient === null ? {} : { patient_id: patient }),
    };
    if (!(await this.desk.perform("wrap_up", form))) return;
    dropDraft(call);
    this.desk.notify("success", t("wrap.saved"));
  };
}

customElements.define("hcc-work-pane", WorkPane);
