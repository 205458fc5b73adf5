// What shift managers say to this agent: messages to confirm, and that one of them is in the talk.
import { html, nothing } from "../../vendor/lit.js";
import { Part, icon } from "../look.js";
import { language, t } from "../strings.js";

const MODE_ICON = { listen: "ear", whisper: "message-2", barge: "users" };

class FromManager extends Part {
  render() {
    const { me } = this.desk.state;
    return html`${me.supervised ? this.#supervised(me.supervised) : nothing}
    ${(me.messages ?? []).map((message) => this.#message(message))}`;
  }

  #supervised({ mode, name }) {
    return html`<div class="alert alert-info hcc-banner hcc-supervised" role="status" data-mode=${mode}>
      ${icon(MODE_ICON[mode])}
      <div>${t(`manager.agent_${mode}`, { name })}</div>
    </div>`;
  }

  #message(message) {
    const time = new Date(message.at).toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit" });
    return html`<div class="alert alert-warning hcc-banner hcc-message" role="alert" data-message=${message.id}>
      ${icon("speakerphone")}
      <div class="hcc-grow">
        <strong>${message.name}</strong> <small>${time}</small>
        <div class="hcc-message-text">${message.text}</div>
      </div>
      <button
        type="button"
        class="btn btn-sm btn-warning"
        ?disabled=${this.desk.busy.has("read_message")}
        @click=${() => this.desk.perform("read_message", { message: message.id })}
      >
        ${icon("check")}${t("manager.read")}
      </button>
    </div>`;
  }
}

customElements.define("hcc-from-manager", FromManager);
