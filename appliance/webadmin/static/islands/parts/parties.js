// Who else is in the call: the one who is asked, the members of a conference; and what can be done with them.
import { html, nothing } from "../../vendor/lit.js";
import { Part, icon } from "../look.js";
import { t } from "../strings.js";

class Parties extends Part {
  render() {
    const call = this.desk.state.myCall;
    if (!call) return nothing;
    if (call.part) return this.#guest(call);
    return html`${call.consult ? this.#consult(call.consult) : nothing}
    ${call.members?.length ? this.#conference(call) : nothing}`;
  }

  /** For one who was asked or invited: by whom, about what. */
  #guest(call) {
    const by = call.consult?.by_name ?? this.desk.state.agents.get(call.agent)?.name ?? "";
    return html`
      <div class="hcc-parties" data-part=${call.part}>
        <p class="hcc-party-title">${icon("messages")}${t(this.#why(call), { who: by, room: call.customer?.room })}</p>
        ${call.consult?.state === "held" ? html`<p class="text-secondary">${t("parties.you_wait")}</p>` : nothing}
        ${this.#notes(call)}
      </div>
    `;
  }

  #why(call) {
    if (call.part !== "led") return call.part === "asked" ? "parties.asked_by" : "parties.invited_by";
    if (call.customer.room) return "parties.in_room";
    return call.phase === "holding" ? "parties.held_by" : "parties.led_by";
  }

  #notes(call) {
    if (!call.draft?.notes) return nothing;
    return html`<div class="hcc-notes" data-notes>
      <span class="text-secondary">${t("parties.notes")}</span>
      <p>${call.draft.notes}</p>
    </div>`;
  }

  #consult(consult) {
    const open = consult.state === "talking" || consult.state === "held";
    return html`
      <div class="hcc-parties" data-consult=${consult.state} role="group" aria-label=${t("parties.consult")}>
        <p class="hcc-party-title" role="status">
          ${icon(open ? "messages" : "phone-outgoing")}
          <span>${t(`parties.consult_${consult.state}`, { who: consult.name })}</span>
          <hcc-time .since=${consult.since}></hcc-time>
        </p>
        <div class="hcc-party-buttons">
          ${this.#button("complete", "transfer-out", t(open ? "parties.complete" : "parties.complete_early"), "btn-primary")}
          ${
            open
              ? html`${this.#button("swap", "switch-horizontal", t(consult.state === "held" ? "parties.swap_back" : "parties.swap"))}
                ${this.#button("merge", "users-group", t("parties.merge"))}`
              : nothing
          }
          ${this.#button("cancel_consult", "arrow-left", t("parties.cancel"))}
        </div>
      </div>
    `;
  }

  #conference(call) {
    return html`
      <div class="hcc-parties" data-conference role="group" aria-label=${t("parties.conference")}>
        <p class="hcc-party-title">
          ${icon("users-group")}<span>${t("parties.conference_of", { count: 2 + call.members.length })}</span>
        </p>
        <ul>
          ${call.members.map((one) => this.#member(one))}
        </ul>
        <div class="hcc-party-buttons">
          ${
            call.members.some((one) => one.state === "talking")
              ? this.#button("leave", "logout", t("parties.leave"))
              : nothing
          }
        </div>
      </div>
    `;
  }

  #member(one) {
    const talks = one.state === "talking";
    return html`
      <li data-party=${one.party} data-state=${one.state}>
        <span class="hcc-dot hcc-dot-${talks ? "green" : "yellow"}"></span>
        <span class="hcc-target-name">
          ${one.name} ${one.name === one.party ? nothing : html`<small class="text-secondary">${one.party}</small>`}
        </span>
        ${talks ? html`<hcc-time .since=${one.since}></hcc-time>` : html`<small>${t("parties.rings")}</small>`}
        ${
          talks
            ? html`<button
              type="button"
              class="btn btn-sm btn-icon"
              data-action="mute_party"
              aria-pressed=${one.muted}
              aria-label=${t(one.muted ? "parties.unmute" : "parties.mute", { who: one.name })}
              title=${t(one.muted ? "parties.unmute" : "parties.mute", { who: one.name })}
              @click=${() => this.desk.perform("mute_party", { party: one.id, on: !one.muted })}
            >
              ${icon(one.muted ? "microphone-off" : "microphone")}
            </button>`
            : nothing
        }
        <button
          type="button"
          class="btn btn-sm btn-icon"
          data-action="drop"
          aria-label=${t("parties.drop", { who: one.name })}
          title=${t("parties.drop", { who: one.name })}
          @click=${() => this.desk.perform("drop", { party: one.id })}
        >
          ${icon("user-x")}
        </button>
      </li>
    `;
  }

  #button(action, symbol, text, look = "") {
    return html`
      <button
        type="button"
        class="btn btn-sm ${look}"
        data-action=${action}
        ?disabled=${this.desk.busy.has(action)}
        @click=${() => this.desk.perform(action)}
      >
        ${icon(symbol)}${text}
      </button>
    `;
  }
}

customElements.define("hcc-parties", Parties);
