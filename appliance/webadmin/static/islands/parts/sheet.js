// A dialog over the page: the browser keeps the focus inside, Escape closes it.
import { html, nothing } from "../../vendor/lit.js";
import { InPage } from "../look.js";
import { t } from "../strings.js";

/** Subclasses give `title()` and `body()`; `opened()` and `closed()` are called. */
export class Sheet extends InPage {
  static properties = { shown: { state: true } };

  constructor() {
    super();
    this.shown = false;
  }

  async open() {
    this.shown = true;
    await this.updateComplete;
    const dialog = this.querySelector("dialog");
    if (!dialog.open) dialog.showModal();
    this.opened();
  }

  close() {
    this.querySelector("dialog")?.close();
  }

  opened() {}

  closed() {}

  render() {
    if (!this.shown) return nothing;
    return html`
      <dialog class="hcc-sheet" aria-labelledby="hcc-sheet-${this.localName}" @close=${this.#over}>
        <div class="hcc-sheet-head">
          <h2 class="hcc-title" id="hcc-sheet-${this.localName}">${this.title()}</h2>
          <button type="button" class="btn-close" aria-label=${t("sheet.close")} @click=${() => this.close()}></button>
        </div>
        ${this.body()}
      </dialog>
    `;
  }

  #over = () => {
    this.shown = false;
    this.closed();
  };
}
