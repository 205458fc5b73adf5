// The third column: the form of the call, work orders, and the agent's own lists, as tabs.
import { html } from "../../vendor/lit.js";
import { Part, icon } from "../look.js";
import { t } from "../strings.js";
import "./lists_pane.js";
import "./order_form.js";
import "./wrap_form.js";

const TABS = [
  ["wrap", "clipboard-text"],
  ["order", "list-check"],
  ["lists", "list"],
];

class WorkPane extends Part {
  static properties = { tab: { state: true } };

  #subject = undefined;

  constructor() {
    super();
    this.tab = "lists";
  }

  async focusForm() {
    await this.open("wrap");
    this.querySelector("hcc-wrap-form").focusForm();
  }

  async focusOrder() {
    await this.open("order");
    this.querySelector("hcc-order-form").focusForm();
  }

  saveForm() {
    if (this.tab !== "wrap") return false;
    this.querySelector("hcc-wrap-form").save();
    return true;
  }

  async open(tab) {
    this.tab = tab;
    await this.updateComplete;
    await this.querySelector(`hcc-${tab}-form, hcc-${tab}-pane`)?.updateComplete;
  }

  willUpdate(changed) {
    super.willUpdate(changed);
    const subject = this.desk.formCall;
    if (subject === this.#subject) return;
    this.#subject = subject;
    this.tab = subject === null ? "lists" : "wrap";
  }

  render() {
    return html`<div class="card hcc-work">
      <div class="hcc-tabs" role="tablist" aria-label=${t("pane.work")} @keydown=${this.#move}>
        ${TABS.map(([name, symbol]) => this.#tab(name, symbol))}
      </div>
      <div class="hcc-tab-body" role="tabpanel" id="hcc-tab-body" aria-labelledby="hcc-tab-${this.tab}" tabindex="-1">
        ${this.#body()}
      </div>
    </div>`;
  }

  #tab(name, symbol) {
    const chosen = this.tab === name;
    const count = this.#count(name);
    return html`<button
      type="button"
      role="tab"
      id="hcc-tab-${name}"
      data-tab=${name}
      aria-selected=${chosen}
      aria-controls="hcc-tab-body"
      tabindex=${chosen ? 0 : -1}
      @click=${() => (this.tab = name)}
    >
      ${icon(symbol)}${t(`tab.${name}`)}${count ? html`<span class="hcc-count">${count}</span>` : ""}
    </button>`;
  }

  #count(name) {
    const { lists } = this.desk;
    if (name === "lists") return lists.again.length + lists.orders.filter((order) => order.status === "answered").length;
    if (name === "wrap") return this.desk.state.me.wrap_up ? 1 + (this.desk.state.me.wrap_up.more ?? 0) : 0;
    return 0;
  }

  #body() {
    if (this.tab === "wrap") return html`<hcc-wrap-form .desk=${this.desk}></hcc-wrap-form>`;
    if (this.tab === "order") {
      return html`<hcc-order-form .desk=${this.desk} @done=${() => this.#made()}></hcc-order-form>`;
    }
    return html`<hcc-lists-pane .desk=${this.desk}></hcc-lists-pane>`;
  }

  #made() {
    this.tab = this.desk.formCall === null ? "lists" : "wrap";
  }

  #move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = TABS.map(([name]) => name);
    this.tab = names[(names.indexOf(this.tab) + step + names.length) % names.length];
    event.preventDefault();
    this.updateComplete.then(() => this.querySelector("[aria-selected=true]").focus());
  }
}

customElements.define("hcc-work-pane", WorkPane);
