// Find a patient by name, pinyin, telephone, identity or card number.
import { html, nothing } from "../../vendor/lit.js";
import { InPage, icon } from "../look.js";
import { getJson } from "../requests.js";
import { t } from "../strings.js";
import { briefLine } from "./patient_brief.js";

const PAUSE_MILLIS = 250;

/** Event "choose" with the patient's brief as detail. */
class PatientSearch extends InPage {
  static properties = {
    found: { state: true },
    failed: { state: true },
    at: { state: true },
  };

  #timer = null;
  #asking = null;

  constructor() {
    super();
    this.found = null;
    this.failed = false;
    this.at = 0;
  }

  focusInput() {
    this.querySelector("input").focus();
  }

  render() {
    const open = this.found !== null || this.failed;
    return html`
      <div class="hcc-search" @focusout=${this.#left}>
        <div class="input-icon">
          <span class="input-icon-addon">${icon("search")}</span>
          <input
            class="form-control"
            type="search"
            role="combobox"
            autocomplete="off"
            maxlength="64"
            aria-label=${t("patient.search")}
            aria-expanded=${open}
            aria-controls="hcc-found"
            aria-autocomplete="list"
            aria-activedescendant=${this.found?.length ? `hcc-found-${this.at}` : nothing}
            placeholder=${t("patient.search")}
            @input=${this.#typed}
            @keydown=${this.#key}
          />
        </div>
        <div
          id="hcc-found"
          class="dropdown-menu hcc-found ${open ? "show" : ""}"
          role="listbox"
          aria-label=${t("patient.search")}
        >
          ${this.failed ? html`<p class="hcc-found-none" role="alert">${t("patient.search_failed")}</p>` : nothing}
          ${this.found?.length === 0 ? html`<p class="hcc-found-none">${t("patient.search_none")}</p>` : nothing}
          ${(this.found ?? []).map((patient, index) => this.#option(patient, index))}
        </div>
      </div>
    `;
  }

  #option(patient, index) {
    return html`
      <div
        id="hcc-found-${index}"
        class="dropdown-item hcc-found-item ${index === this.at ? "active" : ""}"
        role="option"
        aria-selected=${index === this.at}
        @mousedown=${(event) => event.preventDefault()}
        @click=${() => this.#choose(patient)}
      >
        ${briefLine(patient)}
      </div>
    `;
  }

  #typed(event) {
    clearTimeout(this.#timer);
    const wanted = event.target.value.trim();
    if (wanted === "") this.#close();
    else this.#timer = setTimeout(() => this.#ask(wanted), PAUSE_MILLIS);
  }

  async #ask(wanted) {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    try {
      const found = await getJson(`/patients/search.json?q=${encodeURIComponent(wanted)}&limit=8`, asking.signal);
      this.found = found;
      this.at = 0;
      this.failed = false;
    } catch (error) {
      if (error.name === "AbortError") return;
      this.found = null;
      this.failed = true;
    }
  }

  #key(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const many = this.found?.length ?? 0;
    if (step && many) this.at = (this.at + step + many) % many;
    else if (event.key === "Enter" && many) this.#choose(this.found[this.at]);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #left(event) {
    if (!this.contains(event.relatedTarget)) this.#close();
  }

  #close() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.found = null;
    this.failed = false;
  }

  #choose(patient) {
    this.querySelector("input").value = "";
    this.#close();
    this.dispatchEvent(new CustomEvent("choose", { detail: patient }));
  }
}

customElements.define("hcc-patient-search", PatientSearch);
