// A work order for a department, from the call at hand or without one. Half-written ones survive a reload.
import { html, nothing } from "../../vendor/lit.js";
import { keepDraft, dropDraft, readDraft } from "../drafts.js";
import { Part, icon } from "../look.js";
import { otherNumber } from "../state.js";
import { t } from "../strings.js";
import { BUSINESS_TYPES } from "./wrap_choices.js";

const URGENCIES = ["normal", "urgent", "critical"];
const NO_CALL = "none";
const REQUIRED = ["department_id", "text"];

/** Event "done" when one was made. */
class OrderForm extends Part {
  static properties = { form: { state: true }, problem: { state: true }, saving: { state: true } };

  #draft = "";

  willUpdate(changed) {
    super.willUpdate(changed);
    const name = `order-${this.desk.contextCall?.id ?? NO_CALL}`;
    if (name === this.#draft) return;
    this.#draft = name;
    this.problem = null;
    this.form = readDraft(name) ?? this.#fresh();
  }

  #fresh() {
    const call = this.desk.contextCall;
    return {
      business_type: this.desk.businessType || "enquiry",
      department_id: "",
      urgency: "normal",
      text: "",
      due: "",
      telephone: call ? otherNumber(call) : "",
    };
  }

  focusForm() {
    this.querySelector("select, textarea")?.focus();
  }

  render() {
    const { departments } = this.desk.lists.setup;
    if (departments.length === 0) {
      return html`<div class="hcc-empty"><p class="text-secondary">${t("order.no_departments")}</p></div>`;
    }
    return html`
      <form class="hcc-form hcc-wrap" @submit=${this.#save} novalidate aria-label=${t("order.title")}>
        <p class="text-secondary hcc-order-for">${icon("user")}${this.desk.patientName ?? t("order.no_patient")}</p>
        <div class="hcc-form-row">
          ${this.#select(
            "business_type",
            BUSINESS_TYPES.map((code) => [code, t(`wrap.type.${code}`)]),
          )}
          ${this.#select("department_id", [
            ["", t("order.choose")],
            ...departments.map((one) => [String(one.id), one.telephone ? `${one.name} · ${one.telephone}` : one.name]),
          ])}
        </div>
        <fieldset class="hcc-choice">
          <legend class="form-label">${t("order.urgency")}</legend>
          ${URGENCIES.map(
            (value) =>
              html`<label class="hcc-option"
                ><input
                  type="radio"
                  name="urgency"
                  value=${value}
                  .checked=${this.form.urgency === value}
                  @change=${() => this.#change("urgency", value)}
                /><span>${t(`order.urgency.${value}`)}</span></label
              >`,
          )}
        </fieldset>
        <div>
          <label class="form-label required" for="hcc-order-text">${t("order.text")}</label>
          <textarea
            class="form-control ${this.#wrong("text") ? "is-invalid" : ""}"
            id="hcc-order-text"
            name="text"
            rows="4"
            maxlength="4000"
            .value=${this.form.text}
            @input=${(event) => this.#change("text", event.target.value)}
          ></textarea>
          ${this.#said("text")}
        </div>
        <div class="hcc-form-row">
          ${this.#input("telephone", "tel", { maxlength: 32 })} ${this.#input("due", "datetime-local")}
        </div>
        <div class="hcc-wrong" role="alert">
          ${this.problem && !this.#named() ? this.problem.message : nothing}
        </div>
        <div class="hcc-form-buttons">
          <button class="btn btn-primary" data-action="order" ?disabled=${this.saving}>
            ${icon("check")}${t("order.create")}
          </button>
        </div>
      </form>
    `;
  }

  #select(name, options) {
    return html`
      <div>
        <label class="form-label required" for="hcc-order-${name}">${t(`order.${name}`)}</label>
        <select
          class="form-select ${this.#wrong(name) ? "is-invalid" : ""}"
          id="hcc-order-${name}"
          name=${name}
          @change=${(event) => this.#change(name, event.target.value)}
        >
          ${options.map(
            ([value, text]) => html`<option value=${value} ?selected=${this.form[name] === value}>${text}</option>`,
          )}
        </select>
        ${this.#said(name)}
      </div>
    `;
  }

  #input(name, type, { maxlength = 32 } = {}) {
    return html`
      <div>
        <label class="form-label" for="hcc-order-${name}">${t(`order.${name}`)}</label>
        <input
          class="form-control ${this.#wrong(name) ? "is-invalid" : ""}"
          id="hcc-order-${name}"
          name=${name}
          type=${type}
          maxlength=${maxlength}
          autocomplete="off"
          .value=${this.form[name]}
          @input=${(event) => this.#change(name, event.target.value)}
        />
        ${this.#said(name)}
      </div>
    `;
  }

  #wrong(name) {
    return this.problem?.field === name;
  }

  #named() {
    return this.problem.field in this.form;
  }

  #said(name) {
    return this.#wrong(name) ? html`<div class="hcc-wrong" role="alert">${this.problem.message}</div>` : nothing;
  }

  #change(name, value) {
    this.form = { ...this.form, [name]: value };
    keepDraft(this.#draft, this.form);
  }

  #save = async (event) => {
    event.preventDefault();
    const missing = REQUIRED.find((name) => this.form[name].trim() === "");
    if (missing) return this.#refuse({ field: missing, message: t(`order.${missing}_missing`) });
    const call = this.desk.contextCall;
    const patient = this.desk.shownPatient;
    const draft = this.#draft;
    this.saving = true;
    try {
      const made = await this.desk.lists.createOrder({
        ...this.form,
        text: this.form.text.trim(),
        interaction_id: call?.id ?? "",
        patient_id: patient === null ? "" : String(patient),
      });
      this.problem = null;
      dropDraft(draft);
      this.form = this.#fresh();
      this.desk.notify("success", t("order.created", { id: made.id, department: made.department }), made.id);
      this.dispatchEvent(new CustomEvent("done", { detail: made }));
    } catch (error) {
      await this.#refuse(error);
    } finally {
      this.saving = false;
    }
  };

  async #refuse(problem) {
    this.problem = problem;
    await this.updateComplete;
    this.querySelector(".is-invalid")?.focus();
  }
}

customElements.define("hcc-order-form", OrderForm);
