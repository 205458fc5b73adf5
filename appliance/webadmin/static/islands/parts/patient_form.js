// Quick registration of somebody who is not known yet.
import { html, nothing } from "../../vendor/lit.js";
import { InPage, icon } from "../look.js";
import { postJson } from "../requests.js";
import { t } from "../strings.js";

/** Events: "done" with the new patient's brief, "cancel". */
class PatientForm extends InPage {
  static properties = {
    phone: {},
    cancellable: { type: Boolean },
    problem: { state: true },
    saving: { state: true },
  };

  render() {
    return html`
      <form class="hcc-form" @submit=${this.#save} novalidate aria-label=${t("patient.register")}>
        <div class="hcc-form-row">
          ${this.#input("name", t("patient.name"), { required: true, maxlength: 64 })}
          ${this.#input("phone", t("patient.phone"), { required: true, maxlength: 32, type: "tel", value: this.phone })}
        </div>
        <div class="hcc-form-row">
          <div>
            <label class="form-label" for="hcc-new-sex">${t("patient.sex")}</label>
            <select class="form-select" id="hcc-new-sex" name="sex">
              <option value="">${t("patient.sex_unknown")}</option>
              <option value="male">${t("patient.male")}</option>
              <option value="female">${t("patient.female")}</option>
            </select>
          </div>
          ${this.#input("birth_date", t("patient.birth_date"), { type: "date" })}
        </div>
        ${this.#input("identity_number", t("patient.identity_number"), { maxlength: 32 })}
        ${this.#input("notes", t("patient.notes"), { maxlength: 500 })}
        <div class="hcc-wrong" role="alert">
          ${this.problem && !this.problem.field ? this.problem.message : nothing}
        </div>
        <div class="hcc-form-buttons">
          <button class="btn btn-primary" ?disabled=${this.saving}>${icon("user-plus")}${t("patient.save")}</button>
          ${
            this.cancellable
              ? html`<button type="button" class="btn" @click=${() => this.dispatchEvent(new Event("cancel"))}>
                  ${t("patient.cancel")}
                </button>`
              : nothing
          }
        </div>
      </form>
    `;
  }

  #input(name, label, { type = "text", value = "", maxlength = 64, required = false } = {}) {
    const wrong = this.problem?.field === name;
    return html`
      <div>
        <label class="form-label ${required ? "required" : ""}" for="hcc-new-${name}">${label}</label>
        <input
          class="form-control ${wrong ? "is-invalid" : ""}"
          id="hcc-new-${name}"
          name=${name}
          type=${type}
          maxlength=${maxlength}
          autocomplete="off"
          .defaultValue=${value}
          aria-required=${required}
          aria-invalid=${wrong}
          aria-describedby=${wrong ? `hcc-new-${name}-wrong` : nothing}
        />
        ${wrong ? html`<div class="hcc-wrong" id="hcc-new-${name}-wrong" role="alert">${this.problem.message}</div>` : nothing}
      </div>
    `;
  }

  async #save(event) {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    for (const field of ["name", "phone"]) {
      if (given[field].trim() === "") {
        this.#refuse({ field, message: t(`patient.${field}_missing`) });
        return;
      }
    }
    this.saving = true;
    try {
      const patient = await postJson("/patients/quick.json", given);
      this.problem = null;
      this.dispatchEvent(new CustomEvent("done", { detail: patient }));
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.saving = false;
    }
  }

  async #refuse(problem) {
    this.problem = problem;
    await this.updateComplete;
    this.querySelector(`[name="${problem.field ?? "name"}"]`)?.focus();
  }
}

customElements.define("hcc-patient-form", PatientForm);
