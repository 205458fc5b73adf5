// Asking the managers to put the caller on the blacklist; the button that opens it stands with the call and its form.
import { html, nothing } from "../../vendor/lit.js";
import { icon } from "../look.js";
import { readable } from "../state.js";
import { t } from "../strings.js";
import { Sheet } from "./sheet.js";

const USUAL = ["block.usual_nuisance", "block.usual_advert", "block.usual_abuse"];

/** The call whose caller can be proposed now: the present one, or the one that is being written up; else null. */
export function blockable(desk) {
  const call = desk.contextCall;
  const over = call !== null && call !== desk.state.myCall;
  const talks = ["talking", "holding"].includes(call?.phase);
  return call?.direction === "inbound" && !call.part && (over || talks) ? call : null;
}

/** Opens the sheet; `look` says how the button looks there. */
export function blockButton(desk, host, look) {
  if (!blockable(desk)) return nothing;
  return html`
    <button
      type="button"
      class="btn ${look}"
      data-action="propose_block"
      aria-haspopup="dialog"
      @click=${() => host.dispatchEvent(new Event("block", { bubbles: true }))}
    >
      ${icon("user-x")}<span>${t("block.button")}</span>
    </button>
  `;
}

class BlockSheet extends Sheet {
  static properties = { desk: { attribute: false }, reason: { state: true }, wrong: { state: true } };

  /** The caller as she was when the sheet was opened: another call must not be proposed by mistake. */
  #call = null;

  constructor() {
    super();
    this.reason = "";
    this.wrong = "";
  }

  async open() {
    const call = blockable(this.desk);
    if (call === null) return;
    this.#call = call;
    this.reason = this.wrong = "";
    await super.open();
  }

  opened() {
    this.querySelector("#hcc-block-reason").focus();
  }

  title() {
    return t("block.title");
  }

  body() {
    const { caller } = this.#call;
    return html`
      <form class="hcc-block" novalidate @submit=${this.#propose}>
        <p class="hcc-block-number">${caller ? readable(caller) : t("block.hidden")}</p>
        <p class="text-secondary">${t(caller ? "block.hint" : "block.hint_hidden")}</p>
        <label class="form-label required" for="hcc-block-reason">${t("block.reason")}</label>
        <input
          class="form-control"
          id="hcc-block-reason"
          maxlength="200"
          autocomplete="off"
          aria-describedby="hcc-block-wrong"
          .value=${this.reason}
          @input=${(event) => this.#write(event.target.value)}
        />
        <div class="hcc-block-usual" role="group" aria-label=${t("block.usual")}>
          ${USUAL.map((name) => {
            const text = t(name);
            return html`<button type="button" class="btn btn-sm" @click=${() => this.#write(text)}>${text}</button>`;
          })}
        </div>
        <div class="hcc-wrong" role="alert" id="hcc-block-wrong">${this.wrong}</div>
        <div class="hcc-form-buttons">
          <button class="btn btn-primary" data-action="propose_block_sure" ?disabled=${this.desk.busy.has("propose_block")}>
            ${icon("user-x")}${t("block.propose")}
          </button>
          <button type="button" class="btn" @click=${() => this.close()}>${t("block.cancel")}</button>
        </div>
      </form>
    `;
  }

  #write(text) {
    this.reason = text;
    this.wrong = "";
  }

  #propose = async (event) => {
    event.preventDefault();
    const reason = this.reason.trim();
    if (reason === "") this.wrong = t("block.missing");
    else if (blockable(this.desk)?.id !== this.#call.id) this.wrong = t("block.gone");
    if (this.wrong) return;
    const answer = await this.desk.perform("propose_block", { reason, call: this.#call.id });
    this.close();
    if (answer) this.desk.notify("success", t("block.proposed", { number: readable(this.#call.caller) || t("block.hidden") }));
  };
}

customElements.define("hcc-block-sheet", BlockSheet);
