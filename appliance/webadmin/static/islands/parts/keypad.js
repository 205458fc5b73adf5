// Tones into the call, by mouse or by typing while the keypad has the focus.
import { html } from "../../vendor/lit.js";
import { Part } from "../look.js";
import { t } from "../strings.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

class Keypad extends Part {
  static properties = { sent: { state: true } };

  #queue = Promise.resolve();

  constructor() {
    super();
    this.sent = "";
  }

  render() {
    return html`
      <div class="hcc-panel" role="group" aria-label=${t("keypad.title")} @keydown=${this.#type}>
        <output class="hcc-sent" aria-label=${t("keypad.sent")}>${this.sent || "\u00a0"}</output>
        <div class="hcc-keys">
          ${KEYS.map(
            (key) =>
              html`<button
                type="button"
                class="btn"
                aria-label=${t("keypad.key", { key })}
                @click=${() => this.#send(key)}
              >
                ${key}
              </button>`,
          )}
        </div>
      </div>
    `;
  }

  firstUpdated() {
    this.querySelector("button").focus();
  }

  #type(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !KEYS.includes(event.key)) return;
    event.preventDefault();
    this.#send(event.key);
  }

  /** One after the other: tones must not overtake each other. */
  #send(digits) {
    this.sent = (this.sent + digits).slice(-24);
    this.#queue = this.#queue.then(() => this.desk.perform("dtmf", { digits }));
  }
}

customElements.define("hcc-keypad", Keypad);
