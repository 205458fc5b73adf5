// Asking the shift manager for help, with a word about what it is.
import { html } from "../../vendor/lit.js";
import { Part, icon } from "../look.js";
import { t } from "../strings.js";

class AskHelp extends Part {
  firstUpdated() {
    this.querySelector("input")?.focus();
  }

  render() {
    const asked = this.desk.state.me.help;
    return html`
      <form class="hcc-panel hcc-help" @submit=${this.#ask} @keydown=${this.#key}>
        ${
          asked
            ? html`<p role="status">
                ${icon("speakerphone")}${t("help.asked")} <hcc-time .since=${asked.since}></hcc-time>
              </p>
              <p class="hcc-help-note">${asked.note}</p>
              <button type="button" class="btn btn-sm" data-action="help_done" @click=${this.#withdraw}>
                ${t("help.withdraw")}
              </button>`
            : html`<label class="form-label" for="hcc-help-note">${t("help.title")}</label>
              <div class="input-group">
                <input
                  id="hcc-help-note"
                  class="form-control"
                  maxlength="200"
                  autocomplete="off"
                  placeholder=${t("help.hint")}
                />
                <button class="btn btn-primary" data-action="ask_help" ?disabled=${this.desk.busy.has("help")}>
                  ${t("help.ask")}
                </button>
              </div>`
        }
      </form>
    `;
  }

  #key(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    this.dispatchEvent(new Event("done"));
  }

  async #ask(event) {
    event.preventDefault();
    const note = this.querySelector("#hcc-help-note")?.value.trim() ?? "";
    if (await this.desk.perform("help", { note })) this.desk.notify("success", t("help.sent"));
  }

  #withdraw = async () => {
    if (await this.desk.perform("help_done")) this.dispatchEvent(new Event("done"));
  };
}

customElements.define("hcc-ask-help", AskHelp);
