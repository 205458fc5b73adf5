// A talk that the telephone system cut off under this agent: what happened, and one click to call back.
import { html, nothing } from "../../vendor/lit.js";
import { Part, icon } from "../look.js";
import { readable } from "../state.js";
import { language, t } from "../strings.js";

class CutTalk extends Part {
  render() {
    const talk = this.desk.state.me.cut_talk;
    if (!talk) return nothing;
    const time = new Date(talk.at).toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit" });
    const who = talk.patient ? `${talk.patient} ${readable(talk.number)}` : readable(talk.number);
    const blocked = this.desk.state.me.call !== "" || this.desk.busy.has("call_back") || this.desk.busy.has("dial");
    return html`<div class="alert alert-warning hcc-banner hcc-cut-talk" role="alert" data-cut=${talk.call}>
      ${icon("phone-off")}
      <div class="hcc-grow">${t(`cut.${talk.cause}`, { time, who })}</div>
      <button type="button" class="btn btn-sm btn-primary" data-action="call_cut" ?disabled=${blocked} @click=${() => this.#callBack(talk)}>
        ${icon("phone-call")}${t("callbacks.call")}
      </button>
      <button
        type="button"
        class="btn btn-sm"
        data-action="cut_talk_seen"
        ?disabled=${this.desk.busy.has("cut_talk_seen")}
        @click=${() => this.desk.perform("cut_talk_seen")}
      >
        ${t("cut.seen")}
      </button>
    </div>`;
  }

  #callBack(talk) {
    if (talk.callback) this.desk.perform("call_back", { callback: talk.callback });
    else this.desk.perform("dial", { number: talk.number, patient_id: talk.patient_id });
  }
}

customElements.define("hcc-cut-talk", CutTalk);
