// A window over the page: Escape, the cross and `close()` end it; event "done" says that it is gone.
import { html } from "../../vendor/lit.js";
import { InPage } from "../look.js";
import { t } from "../strings.js";

export class Dialog extends InPage {
  firstUpdated() {
    this.querySelector("dialog").showModal();
  }

  close() {
    this.querySelector("dialog")?.close();
  }

  /** The frame around `body`. */
  frame(title, body) {
    return html`<dialog class="hcc-dialog" aria-labelledby="hcc-dialog-title" @close=${() => this.#done()}>
      <header>
        <h2 class="hcc-title" id="hcc-dialog-title">${title}</h2>
        <button type="button" class="btn-close" aria-label=${t("manager.close")} @click=${() => this.close()}></button>
      </header>
      ${body}
    </dialog>`;
  }

  #done() {
    this.dispatchEvent(new Event("done"));
  }
}
