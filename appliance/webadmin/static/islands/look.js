// Small pieces every island draws with.
import { LitElement, html, nothing } from "../vendor/lit.js";
import { causeText } from "./reasons.js";
import { t } from "./strings.js";

let sprite = "/static/vendor/icons.svg";

/** Where the icon sprite is; pages give its address with a hash, under which the browser already has it. */
export function setSprite(address) {
  sprite = address || sprite;
}

/** A picture from the icon sprite, hidden from screen readers: the text beside it says the same. */
export function icon(name, more = "") {
  return html`<svg class="icon hcc-icon ${more}" aria-hidden="true" focusable="false">
    <use href="${sprite}#${name}"></use>
  </svg>`;
}

/** How an agent's state looks: colour class and icon, never colour alone. */
export const STATE_LOOK = {
  signed_out: { tone: "grey", icon: "user-off" },
  ready: { tone: "green", icon: "circle-check" },
  reserved: { tone: "azure", icon: "hourglass" },
  ringing: { tone: "azure", icon: "phone-ringing" },
  talking: { tone: "blue", icon: "phone-call" },
  holding: { tone: "purple", icon: "phone-pause" },
  wrap_up: { tone: "orange", icon: "clipboard-text" },
  busy: { tone: "red", icon: "clock-pause" },
  not_answering: { tone: "red", icon: "phone-x" },
};

export function stateText(agent) {
  const state = t(`state.${agent.state}`);
  const cause = agent.cause && agent.state !== "signed_out" ? causeText(agent.cause) : "";
  return cause ? `${state} · ${cause}` : state;
}

export function vipBadge(shown) {
  return shown ? html`<span class="hcc-badge hcc-tone-yellow">${icon("crown")}${t("call.vip")}</span>` : nothing;
}

/** An element that draws into the page itself, so that the page's style sheet applies. */
export class InPage extends LitElement {
  createRenderRoot() {
    return this;
  }
}

/** An island's part, drawn anew when the desk changes. */
export class Part extends InPage {
  static properties = { desk: { attribute: false } };

  #redraw = () => this.requestUpdate();

  connectedCallback() {
    super.connectedCallback();
    this.desk?.addEventListener("update", this.#redraw);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.desk?.removeEventListener("update", this.#redraw);
  }

  willUpdate(changed) {
    if (changed.has("desk")) {
      changed.get("desk")?.removeEventListener("update", this.#redraw);
      this.desk?.addEventListener("update", this.#redraw);
    }
  }
}
