// One agent, for managers: what she does and sees, and everything a manager may do about it.
import { html, nothing } from "../../vendor/lit.js";
import { STATE_LOOK, icon, stateText, vipBadge } from "../look.js";
import { otherNumber, patientOf, readable } from "../state.js";
import { t } from "../strings.js";
import { Dialog } from "./dialog.js";
import { pageGone } from "./repairs.js";

const MODES = [
  ["listen", "ear"],
  ["whisper", "message-2"],
  ["barge", "users"],
  ["take_over", "user-check"],
];
const FORCES = [
  ["ready", "circle-check"],
  ["busy", "clock-pause"],
  ["sign_out", "logout"],
];
const IN_TALK = ["talking", "holding"];

class AgentCard extends Dialog {
  static properties = {
    seat: { attribute: false },
    agent: { attribute: false },
    call: { attribute: false },
    screen: { attribute: false },
    queues: { attribute: false },
    sure: { state: true },
    reason: { state: true },
    chosen: { state: true },
    forGood: { state: true },
  };

  constructor() {
    super();
    this.sure = false;
    this.reason = "";
    this.chosen = null;
    this.forGood = false;
  }

  render() {
    const { agent } = this;
    return this.frame(
      html`${agent.name} <small class="text-secondary">${agent.number}</small>`,
      html`<div class="hcc-dialog-body" data-card=${agent.number}>
        ${this.#facts(agent)} ${this.#talk()} ${this.#states(agent)} ${this.#queues(agent)}
      </div>`,
    );
  }

  #facts(agent) {
    const look = STATE_LOOK[agent.state];
    const away = agent.state === "signed_out";
    return html`<div class="hcc-card-facts">
      <span class="hcc-pill hcc-tone-${look.tone}">${icon(look.icon)}<strong>${stateText(agent)}</strong>
        ${away ? nothing : html`<hcc-time .since=${agent.since} .limit=${agent.limit_at}></hcc-time>`}</span>
      ${pageGone(agent)}
      ${
        away || agent.phone_online
          ? nothing
          : html`<span class="hcc-badge hcc-tone-red">${icon("phone-off")}${t("manager.phone_lost")}</span>`
      }
      ${agent.lent ? html`<span class="hcc-badge hcc-tone-yellow">${icon("arrows-split")}${t("manager.lent")}</span>` : nothing}
      ${
        agent.help
          ? html`<span class="hcc-badge hcc-tone-orange">${icon("help")}${t("manager.help")} ${agent.help.note}</span>`
          : nothing
      }
      ${away ? nothing : this.#screen()}
      <button type="button" class="btn btn-sm" @click=${() => this.dispatchEvent(new Event("write"))}>
        ${icon("message")}${t("manager.message")}
      </button>
    </div>`;
  }

  #screen() {
    const { screen } = this;
    if (!screen) return html`<span class="text-secondary">${t("manager.screen")}：${t("manager.screen_none")}</span>`;
    const form = screen.form ? t(`manager.form_${screen.form}`) : "";
    return html`<span data-screen>
      ${icon("device-desktop")}${[t("manager.screen_desktop"), screen.patient, form].filter(Boolean).join(" · ")}
    </span>`;
  }

  // --- the talk ---

  #talk() {
    const { call } = this;
    const talking = call && IN_TALK.includes(call.phase);
    return html`<section>
      <h3 class="hcc-title">${t("manager.take_part")}</h3>
      ${call ? this.#callLine(call) : html`<p class="text-secondary">${t("manager.no_talk")}</p>`}
      ${talking ? this.#modes(call) : nothing} ${call ? this.#ending(call) : nothing}
    </section>`;
  }

  #callLine(call) {
    const patient = patientOf(call);
    return html`<p>
      ${icon("phone-call")}<strong>${readable(otherNumber(call))}</strong> ${patient?.name ?? ""} ${vipBadge(call.vip)}
      <span class="text-secondary">${t(`phase.${call.phase}`)} <hcc-time .since=${call.since}></hcc-time></span>
    </p>`;
  }

  #modes(call) {
    const { seat } = this;
    const blocked = !seat.phoneReady || seat.busy.has("supervise");
    return html`
      <label class="form-label" for="hcc-reason">${t("manager.reason")}</label>
      <input
        id="hcc-reason"
        class="form-control"
        maxlength="200"
        autocomplete="off"
        placeholder=${t("manager.reason_hint")}
        .value=${this.reason}
        @input=${(event) => (this.reason = event.target.value)}
      />
      <div class="hcc-modes" role="group" aria-label=${t("manager.take_part")}>
        ${MODES.map(
          ([mode, symbol]) => html`<button
            type="button"
            class="btn"
            data-mode=${mode}
            title=${t(`manager.hint_${mode}`)}
            ?disabled=${blocked || (mode === "take_over" && call.direction === "internal")}
            @click=${() => this.#supervise(call, mode)}
          >
            ${icon(symbol)}<span>${t(`manager.${mode}`)}<small>${t(`manager.hint_${mode}`)}</small></span>
          </button>`,
        )}
      </div>
      ${seat.phoneReady ? nothing : html`<p class="hcc-wrong" role="status">${t("manager.phone_off")}</p>`}
    `;
  }

  async #supervise(call, mode) {
    if (await this.seat.supervise(call.id, mode, this.reason.trim())) this.close();
  }

  #ending(call) {
    if (!this.sure) {
      return html`<button type="button" class="btn btn-sm btn-outline-danger" data-action="end_call" @click=${() => (this.sure = true)}>
        ${icon("phone-end")}${t("manager.end_call")}
      </button>`;
    }
    return html`<div class="alert alert-danger hcc-sure" role="alert">
      <span class="hcc-grow">${t("manager.end_call_sure")}</span>
      <button type="button" class="btn btn-sm" @click=${() => (this.sure = false)}>${t("manager.cancel")}</button>
      <button type="button" class="btn btn-sm btn-danger" data-action="end_call_sure" @click=${() => this.#end(call)}>
        ${t("manager.yes_end")}
      </button>
    </div>`;
  }

  async #end(call) {
    this.sure = false;
    await this.seat.perform("end_call", { call: call.id, reason: this.reason.trim() });
  }

  // --- state and queues ---

  #states(agent) {
    const away = agent.state === "signed_out";
    if (away) return nothing;
    const blocked = this.seat.busy.has("force_state");
    return html`<section>
      <h3 class="hcc-title">${t("manager.state")}</h3>
      <div class="btn-list">
        ${FORCES.map(
          ([state, symbol]) => html`<button
            type="button"
            class="btn"
            data-force=${state}
            ?disabled=${blocked || agent.state === state}
            @click=${() => this.#ask("force_state", { state })}
          >
            ${icon(symbol)}${t(`manager.force_${state}`)}
          </button>`,
        )}
      </div>
      ${agent.call ? html`<p class="text-secondary hcc-hint">${t("manager.after_call")}</p>` : nothing}
    </section>`;
  }

  #queues(agent) {
    const chosen = this.chosen ?? new Set(agent.queues);
    const put = (id, on) => {
      const next = new Set(chosen);
      if (on) next.add(id);
      else next.delete(id);
      this.chosen = next;
    };
    return html`<section>
      <h3 class="hcc-title">${t("manager.queues")}</h3>
      <div class="hcc-checks">
        ${this.queues.map(
          (queue) => html`<label class="form-check">
            <input
              type="checkbox"
              class="form-check-input"
              value=${queue.id}
              .checked=${chosen.has(queue.id)}
              @change=${(event) => put(queue.id, event.target.checked)}
            /><span class="form-check-label">${queue.name}</span>
          </label>`,
        )}
      </div>
      <div class="hcc-row">
        ${[false, true].map(
          (forGood) => html`<label class="form-check">
            <input
              type="radio"
              class="form-check-input"
              name="hcc-how-long"
              .checked=${this.forGood === forGood}
              @change=${() => (this.forGood = forGood)}
            /><span class="form-check-label">${t(forGood ? "manager.for_good" : "manager.until_sign_out")}</span>
          </label>`,
        )}
        <button
          type="button"
          class="btn btn-sm"
          data-action="move_agent"
          ?disabled=${this.chosen === null || chosen.size === 0}
          @click=${() => this.#move(chosen)}
        >
          ${icon("arrows-split")}${t("manager.move")}
        </button>
      </div>
    </section>`;
  }

  async #move(chosen) {
    if (await this.#ask("move_agent", { queues: [...chosen], permanent: this.forGood })) this.chosen = null;
  }

  /** Only what the manager has seen may be changed: the version goes along. */
  async #ask(verb, more) {
    const answer = await this.seat.perform(verb, { agent: this.agent.id, version: this.agent.version, ...more });
    if (answer) this.seat.notify("success", t("manager.saved"));
    return answer;
  }
}

customElements.define("hcc-agent-card", AgentCard);
