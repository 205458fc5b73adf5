// The first column: the call at hand, or the box to make one.
import { html, nothing } from "../../vendor/lit.js";
import { Part, icon, vipBadge } from "../look.js";
import { otherNumber, patientOf, readable } from "../state.js";
import { t } from "../strings.js";
import "./ask_help.js";
import { blockButton } from "./block_sheet.js";
import "./callbacks.js";
import "./colleagues.js";
import "./dial_box.js";
import "./keypad.js";
import "./parties.js";
import "./pop_link.js";
import "./transfer.js";

class CallPane extends Part {
  static properties = { panel: { state: true } };

  constructor() {
    super();
    this.panel = "";
  }

  /** Open or close "keypad" or "transfer". */
  toggle(panel) {
    this.panel = this.panel === panel ? "" : panel;
  }

  render() {
    const call = this.desk.state.myCall;
    if (!call) {
      this.panel = "";
      return this.#idle();
    }
    return html`
      <div class="card hcc-call hcc-call-${call.phase}" data-phase=${call.phase} data-call=${call.id}>
        ${this.#head(call)} <hcc-parties .desk=${this.desk}></hcc-parties>
        ${this.panel === "transfer" ? nothing : this.#facts(call)}
        <hcc-pop-link .desk=${this.desk}></hcc-pop-link> ${this.#buttons(call)}
        ${this.panel === "help" ? html`<hcc-ask-help .desk=${this.desk} @done=${() => (this.panel = "")}></hcc-ask-help>` : nothing}
        ${this.panel === "keypad" ? html`<hcc-keypad .desk=${this.desk}></hcc-keypad>` : nothing}
        ${
          this.panel === "transfer"
            ? html`<hcc-transfer .desk=${this.desk} .way=${call.members?.length ? "invite" : "consult"} @done=${() => (this.panel = "")}></hcc-transfer>`
            : nothing
        }
      </div>
    `;
  }

  #idle() {
    const { me, signedIn } = this.desk.state;
    const kind = !signedIn ? "signed_out" : me.state === "ready" ? "ready" : me.state === "busy" ? "busy" : "";
    return html`
      <div class="card hcc-idle">
        <div class="hcc-empty">
          <span class="hcc-empty-icon">${icon(signedIn ? "headset" : "login")}</span>
          <p class="hcc-empty-title">${t("call.none")}</p>
          ${kind ? html`<p class="text-secondary">${t(`call.none_${kind}`)}</p>` : nothing}
        </div>
        ${signedIn ? html`<hcc-dial-box .desk=${this.desk}></hcc-dial-box>` : nothing}
      </div>
      ${signedIn ? html`<hcc-callbacks .desk=${this.desk}></hcc-callbacks><hcc-colleagues .desk=${this.desk}></hcc-colleagues>` : nothing}
    `;
  }

  #head(call) {
    const patient = patientOf(call);
    const number = otherNumber(call);
    return html`
      <div class="hcc-call-head">
        <div class="hcc-call-phase" role="status">
          ${icon(this.#symbol(call))}<span>${t(this.#phase(call))}</span>
          <hcc-time .since=${call.since}></hcc-time>
          ${this.#recording(call)}
        </div>
        <div class="hcc-call-number">${readable(number) || t("call.anonymous")} ${vipBadge(call.vip)}</div>
        <div class="hcc-call-name">${this.#who(call, patient, number)}</div>
      </div>
    `;
  }

  #recording(call) {
    if (!call.recording) return nothing;
    if (call.record_paused)
      return html`<span class="hcc-badge hcc-tone-grey hcc-rec" data-recording="paused">${icon("player-pause")}${t("call.recording_paused")}</span>`;
    return html`<span class="hcc-badge hcc-tone-red hcc-rec" data-recording="on"><span class="hcc-rec-dot"></span>${t("call.recording")}</span>`;
  }

  #who(call, patient, number) {
    if (patient) return patient.name;
    if (call.patients.length > 1) {
      return html`${call.patients.map((one) => one.name).join("、")}
        <small class="text-secondary">${t("call.several", { count: call.patients.length })}</small>`;
    }
    const colleague = this.desk.state.colleague(call);
    if (colleague) return colleague.name;
    return html`<span class="text-secondary">${number ? t("call.unregistered") : t("call.unknown")}</span>`;
  }

  #symbol(call) {
    if (call.phase === "holding") return "phone-pause";
    if (call.phase === "talking") return "phone-call";
    return this.desk.dialling ? "phone-outgoing" : "phone-ringing";
  }

  #phase(call) {
    if (call.phase === "holding") return call.part ? "call.on_hold" : "call.held";
    if (call.phase === "talking") return "call.connected";
    if (call.phase !== "ringing") return `phase.${call.phase}`;
    if (this.desk.dialling) return "call.dialling";
    return this.desk.offered ? "call.incoming" : "call.connecting";
  }

  #facts(call) {
    const queue = this.desk.state.queues.get(call.queue);
    const path = call.path ?? [];
    const waited = call.phase === "ringing" && call.waiting_since;
    return html`
      <dl class="hcc-facts">
        ${this.#fact(t(`call.direction.${call.direction}`), call.did_name)} ${this.#fact(t("call.queue"), queue?.name)}
        ${this.#fact(t("call.waited"), waited && html`<hcc-time .since=${waited}></hcc-time>`)}
        ${this.#fact(t("call.sticky"), call.sticky && html`${t(`call.sticky_${call.sticky.kind}`)} <hcc-time .since=${call.sticky.at}></hcc-time>`)}
        ${this.#fact(t("call.owed"), call.owed?.length > 0 && call.owed.map(([kind, since]) => html`<span class="hcc-step">${t(`callbacks.${kind}`)} <hcc-time .since=${since}></hcc-time></span>`))}
        ${this.#fact(t("call.path"), path.length > 0 && path.map(([label, key]) => this.#step(label, key)))}
      </dl>
    `;
  }

  #fact(name, value) {
    if (!value) return nothing;
    return html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  }

  #step(label, key) {
    return html`<span class="hcc-step"
      >${label}${key ? html` <kbd>${t("call.pressed", { key })}</kbd>` : nothing}</span
    >`;
  }

  #buttons(call) {
    if (call.phase === "talking" || call.phase === "holding") return this.#inCall(call);
    return this.desk.offered ? this.#offered() : this.#row(this.#hangUp());
  }

  #offered() {
    const { me } = this.desk.state;
    const elsewhere = me.phone !== "web";
    const waitsForPhone = me.phone === "web" && !this.desk.phone.call;
    return html`
      ${this.#row(html`
        ${elsewhere ? nothing : this.#button("answer", "phone-call", t("call.answer"), "btn-green hcc-big", () => this.desk.answer(), t("call.key_enter"))}
        ${this.#button("reject", "phone-off", t("call.reject"), "btn-outline-red hcc-big", () => this.desk.reject(), t("call.key_escape"))}
      `)}
      ${waitsForPhone ? html`<p class="hcc-hint text-secondary">${t("call.phone_missing")}</p>` : nothing}
      ${elsewhere ? html`<p class="hcc-hint text-secondary">${t(me.phone === "sip" ? "call.sip_answer" : "remote.answer")}</p>` : nothing}
    `;
  }

  #inCall(call) {
    return html`
      <div class="hcc-tools" role="group" aria-label=${t("pane.call")}>
        ${this.#tool(
          "mute",
          call.muted ? "microphone-off" : "microphone",
          t(call.muted ? "call.unmute" : "call.mute"),
          call.muted,
          () => this.desk.perform("mute", { on: !call.muted }),
        )}
        ${call.part ? nothing : this.#ownTools(call)} ${blockButton(this.desk, this, "hcc-tool")}
      </div>
      ${this.#row(call.consult && !call.part ? nothing : this.#hangUp(call))}
    `;
  }

  /** What only the one may do whose caller it is. */
  #ownTools(call) {
    const held = call.phase === "holding";
    const { consult, record_paused: paused } = call;
    const asked = this.desk.state.me.help !== null && this.desk.state.me.help !== undefined;
    return html`
      ${
        consult
          ? nothing
          : this.#tool("hold", held ? "player-play" : "player-pause", t(held ? "call.unhold" : "call.hold"), held, () =>
              this.desk.perform(held ? "unhold" : "hold"),
            )
      }
      ${this.#tool("keypad", "dialpad", t("call.keypad"), this.panel === "keypad", () => this.toggle("keypad"))}
      ${
        consult
          ? nothing
          : this.#tool("transfer", "transfer", t(call.members?.length ? "call.add" : "call.transfer"), this.panel === "transfer", () =>
              this.toggle("transfer"),
            )
      }
      ${
        call.recording
          ? this.#tool("record", paused ? "player-record" : "player-stop", t(paused ? "call.record_on" : "call.record_off"), paused, () =>
              this.desk.perform("record", { on: paused }),
            )
          : nothing
      }
      ${this.#tool("help", "speakerphone", t("call.help"), asked || this.panel === "help", () => this.toggle("help"))}
    `;
  }

  /** In a consultation the buttons of it say what happens to the caller. */
  #hangUp(call = null) {
    const all = !call?.part && call?.members?.some((one) => one.state === "talking");
    return this.#button("hang_up", "phone-off", t(all ? "parties.end_all" : "call.hang_up"), "btn-red hcc-big", () => this.desk.hangUp());
  }

  #row(buttons) {
    return html`<div class="hcc-call-buttons">${buttons}</div>`;
  }

  #button(action, symbol, text, look, press, key = "") {
    return html`
      <button
        type="button"
        class="btn ${look}"
        data-action=${action}
        ?disabled=${this.desk.busy.has(action)}
        @click=${press}
      >
        ${icon(symbol)}${text}${key ? html`<kbd>${key}</kbd>` : nothing}
      </button>
    `;
  }

  #tool(action, symbol, text, pressed, press) {
    return html`
      <button
        type="button"
        class="btn hcc-tool"
        data-action=${action}
        aria-pressed=${pressed}
        ?disabled=${this.desk.busy.has(action)}
        @click=${press}
      >
        ${icon(symbol)}<span>${text}</span>
      </button>
    `;
  }
}

customElements.define("hcc-call-pane", CallPane);
