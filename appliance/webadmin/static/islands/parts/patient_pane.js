// The second column: who is calling, or whoever was looked up.
import { html, nothing, unsafeHTML } from "../../vendor/lit.js";
import { Part, icon } from "../look.js";
import { getFragment } from "../requests.js";
import { otherNumber } from "../state.js";
import { t } from "../strings.js";
import { briefLine } from "./patient_brief.js";
import "./patient_form.js";
import "./patient_search.js";

class PatientPane extends Part {
  static properties = {
    panel: { state: true },
    shown: { state: true },
    failed: { state: true },
    registering: { state: true },
    looked: { state: true },
  };

  #asking = null;
  #context = "";
  #news = 0;

  constructor() {
    super();
    /** The patient of `shown`'s panel as HTML from the server. */
    this.panel = "";
    this.shown = null;
    this.failed = false;
    this.registering = false;
    /** A patient looked up while no call is at hand. */
    this.looked = null;
  }

  focusSearch() {
    this.querySelector("hcc-patient-search").focusInput();
  }

  willUpdate(changed) {
    super.willUpdate(changed);
    const call = this.desk.contextCall;
    if ((call?.id ?? "") !== this.#context) {
      this.#context = call?.id ?? "";
      this.registering = false;
      if (call) this.looked = null;
    }
    const wanted = this.#wanted(call);
    const news = this.desk.lists.orderNews;
    if (wanted !== this.shown || news !== this.#news) this.#show(wanted);
    this.#news = news;
    this.desk.lookedAt = wanted;
  }

  #wanted(call) {
    return call ? this.desk.patientId : this.looked;
  }

  render() {
    const call = this.desk.contextCall;
    return html`
      <div class="card hcc-patient">
        <div class="hcc-patient-head">
          <hcc-patient-search @choose=${(event) => this.#choose(event.detail.id)}></hcc-patient-search>
        </div>
        <div class="hcc-patient-body" @click=${this.#clicked}>${this.#body(call)}</div>
      </div>
    `;
  }

  #body(call) {
    if (this.registering) return this.#register(call ? otherNumber(call) : "", true);
    if (this.shown !== null) return this.#record(call);
    if (call && call.patients.length > 1) return this.#chooser(call);
    if (call && call.direction !== "internal") return this.#unknown(call);
    return html`
      <div class="hcc-empty">
        <span class="hcc-empty-icon">${icon("id")}</span>
        <p class="hcc-empty-title">${t("patient.none")}</p>
        <p class="text-secondary">${t("patient.none_hint")}</p>
        <button type="button" class="btn" @click=${() => (this.registering = true)}>
          ${icon("user-plus")}${t("patient.register_new")}
        </button>
      </div>
    `;
  }

  #chooser(call) {
    return html`
      <div class="hcc-chooser" role="group" aria-labelledby="hcc-choose">
        <p class="alert alert-warning" id="hcc-choose">
          ${icon("users")}${t("patient.choose", { count: call.patients.length })}
        </p>
        ${call.patients.map(
          (patient) => html`
            <button
              type="button"
              class="btn hcc-candidate"
              data-patient=${patient.id}
              @click=${() => this.#choose(patient.id)}
            >
              ${briefLine(patient)}
            </button>
          `,
        )}
        <button type="button" class="btn" @click=${() => (this.registering = true)}>
          ${icon("user-plus")}${t("patient.register_new")}
        </button>
      </div>
    `;
  }

  #unknown(call) {
    return html`
      <p class="alert alert-info">${icon("user-search")}${t("patient.unknown")}</p>
      <h3 class="hcc-group">${t("patient.register")}</h3>
      ${this.#register(otherNumber(call), false)}
    `;
  }

  #register(phone, cancellable) {
    return html`
      <hcc-patient-form
        phone=${phone}
        ?cancellable=${cancellable}
        @done=${(event) => this.#registered(event.detail)}
        @cancel=${() => (this.registering = false)}
      ></hcc-patient-form>
    `;
  }

  #record(call) {
    if (this.failed) {
      return html`<div class="hcc-empty" role="alert">
        <p>${t("patient.failed")}</p>
        <button type="button" class="btn" @click=${() => this.#show(this.shown)}>
          ${icon("refresh")}${t("patient.retry")}
        </button>
      </div>`;
    }
    const several = call && call.patients.length > 1;
    return html`
      <div class="hcc-record-tools">
        ${
          several
            ? html`<button type="button" class="btn btn-sm" @click=${() => this.#choose(null)}>
                ${icon("users")}${t("patient.change")}
              </button>`
            : nothing
        }
        ${
          call
            ? nothing
            : html`<button type="button" class="btn btn-sm" @click=${() => (this.looked = null)}>
                ${icon("x")}${t("patient.close")}
              </button>`
        }
      </div>
      ${this.panel ? unsafeHTML(this.panel) : html`<p class="text-secondary">${t("patient.loading")}</p>`}
    `;
  }

  #choose(id) {
    this.registering = false;
    if (this.desk.contextCall) this.desk.choosePatient(id);
    else this.looked = id;
  }

  #registered(patient) {
    this.desk.notify("success", t("patient.registered", patient));
    this.#choose(patient.id);
  }

  async #show(id) {
    this.#asking?.abort();
    this.shown = id;
    this.panel = "";
    this.failed = false;
    if (id === null) return;
    const asking = (this.#asking = new AbortController());
    try {
      this.panel = await getFragment(`/patients/${id}/panel`, asking.signal);
    } catch (error) {
      if (error.name !== "AbortError") this.failed = true;
    }
  }

  /** Links leave the desk alone; a number marked data-dial is called. */
  #clicked(event) {
    const dial = event.target.closest("[data-dial]");
    if (dial) {
      event.preventDefault();
      this.desk.perform("dial", { number: dial.dataset.dial, patient_id: this.shown });
      return;
    }
    const link = event.target.closest("a[href]");
    if (link) {
      link.target = "_blank";
      link.rel = "noopener";
    }
  }
}

customElements.define("hcc-patient-pane", PatientPane);
