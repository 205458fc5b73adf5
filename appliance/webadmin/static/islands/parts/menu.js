// A button that opens a short list; closes on choice, Escape or a click elsewhere.
import { html } from "../../vendor/lit.js";
import { InPage, icon } from "../look.js";

class Menu extends InPage {
  static properties = {
    label: {},
    icon: {},
    tone: {},
    items: { attribute: false },
    disabled: { type: Boolean },
    opened: { state: true },
  };

  #outside = (event) => {
    if (!this.contains(event.target)) this.opened = false;
  };

  constructor() {
    super();
    this.items = [];
    this.opened = false;
    this.tone = "";
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("click", this.#outside);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("click", this.#outside);
  }

  async open() {
    this.opened = true;
    await this.updateComplete;
    this.querySelector("[role=menuitem]")?.focus();
  }

  render() {
    return html`
      <button
        type="button"
        class="btn ${this.tone}"
        aria-haspopup="menu"
        aria-expanded=${this.opened}
        ?disabled=${this.disabled}
        @click=${() => (this.opened ? (this.opened = false) : this.open())}
      >
        ${this.icon ? icon(this.icon) : ""}${this.label}${icon("chevron-down", "hcc-menu-arrow")}
      </button>
      <div
        class="dropdown-menu ${this.opened ? "show" : ""}"
        role="menu"
        aria-label=${this.label}
        @keydown=${this.#move}
      >
        ${this.items.map(
          (item) => html`
            <button
              type="button"
              class="dropdown-item"
              role="menuitem"
              tabindex="-1"
              @click=${() => this.#choose(item.value)}
            >
              ${item.icon ? icon(item.icon, "dropdown-item-icon") : ""}${item.text}
            </button>
          `,
        )}
      </div>
    `;
  }

  #choose(value) {
    this.opened = false;
    this.querySelector("button").focus();
    this.dispatchEvent(new CustomEvent("choose", { detail: value }));
  }

  #move(event) {
    const items = [...this.querySelectorAll("[role=menuitem]")];
    const at = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) items[(at + step + items.length) % items.length].focus();
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #close() {
    this.opened = false;
    this.querySelector("button").focus();
  }
}

customElements.define("hcc-menu", Menu);
