// A number and a button. The server decides what may be dialled; here only slips of the finger are caught.
import { html, nothing } from "../../vendor/lit.js";
import { Part, icon } from "../look.js";
import { t } from "../strings.js";

class DialBox extends Part {
  static properties = { wrong: { state: true } };

  render() {
    return html`
      <form class="hcc-dial" @submit=${this.#dial} novalidate>
        <label class="form-label" for="hcc-dial-number">${t("dial.label")}</label>
        <div class="input-group">
          <input
            id="hcc-dial-number"
            class="form-control ${this.wrong ? "is-invalid" : ""}"
            type="tel"
            inputmode="tel"
            autocomplete="off"
            maxlength="40"
            placeholder=${t("dial.placeholder")}
            aria-describedby="hcc-dial-wrong"
            @input=${() => (this.wrong = false)}
          />
          <button class="btn btn-primary" data-action="dial" ?disabled=${this.desk.busy.has("dial")}>
            ${icon("phone-outgoing")}${t("dial.button")}
          </button>
        </div>
        <div id="hcc-dial-wrong" class="hcc-wrong" role="alert">${this.wrong ? t("dial.invalid") : nothing}</div>
      </form>
    `;
  }

  async #dial(event) {
    event.preventDefault();
    const input = this.querySelector("input");
    const number = input.value.replace(/[\s()+-]/g, (sign) => (sign === "+" ? "+" : ""));
    this.wrong = !/^[0-9*#+]{1,32}$/.test(number);
    if (this.wrong) return;
    if (await this.desk.perform("dial", { number })) input.value = "";
  }
}

customElements.define("hcc-dial-box", DialBox);
