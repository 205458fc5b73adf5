// Over the board while a manager is in a talk: whose, for how long, and the ways to go on.
import { html, nothing } from "../../vendor/lit.js";
import { icon } from "../look.js";
import { otherNumber, patientOf, readable } from "../state.js";
import { t } from "../strings.js";

const MODES = [
  ["listen", "ear"],
  ["whisper", "message-2"],
  ["barge", "users"],
  ["take_over", "user-check"],
];

export function supervisionBar(seat, state) {
  const mine = [...state.supervisions.values()].find((one) => one.user === seat.user);
  if (!mine) return nothing;
  const agent = state.agents.get(mine.agent);
  const call = state.calls.get(mine.call);
  const change = (mode) => seat.perform("supervise_mode", { supervision: mine.id, mode });
  const ringing = mine.state === "ringing";
  return html`<section class="hcc-supervision" data-supervision=${mine.mode} data-up=${!ringing} aria-live="polite">
    ${icon(MODES.find(([mode]) => mode === mine.mode)[1])}
    <span class="hcc-grow">
      <strong>${t(`manager.doing_${mine.mode}`)} ${agent?.number ?? ""} ${agent?.name ?? ""}</strong>
      ${call ? html`<span>${readable(otherNumber(call))} ${patientOf(call)?.name ?? ""}</span>` : nothing}
      ${ringing ? html`<em>${t("manager.ringing")}</em>` : html`<hcc-time .since=${mine.since}></hcc-time>`}
    </span>
    <span class="btn-list" role="group" aria-label=${t("manager.take_part")}>
      ${MODES.map(
        ([mode, symbol]) => html`<button
          type="button"
          class="btn btn-sm ${mode === mine.mode ? "btn-primary" : ""}"
          data-mode=${mode}
          aria-pressed=${mode === mine.mode}
          title=${t(`manager.hint_${mode}`)}
          ?disabled=${seat.busy.has("supervise_mode") || (mode === "take_over" && call?.direction === "internal")}
          @click=${() => mode !== mine.mode && change(mode)}
        >
          ${icon(symbol)}${t(`manager.${mode}`)}
        </button>`,
      )}
      <button
        type="button"
        class="btn btn-sm btn-danger"
        data-action="supervise_end"
        @click=${() => seat.perform("supervise_end", { supervision: mine.id })}
      >
        ${icon("phone-end")}${t("manager.end")}
      </button>
    </span>
  </section>`;
}

/** Agents who asked for help, who waits longest first. */
export function helpQueue(seat, state, { open, write }) {
  const asking = [...state.agents.values()].filter((agent) => agent.help).sort((a, b) => a.help.since - b.help.since);
  if (asking.length === 0) return nothing;
  return html`<section class="card hcc-board-card hcc-help" data-help>
    <h2 class="hcc-title">${icon("help")}${t("manager.help")} ${asking.length}</h2>
    <ul class="hcc-list">
      ${asking.map(
        (agent) => html`<li data-help=${agent.number}>
          <hcc-time .since=${agent.help.since}></hcc-time>
          <strong>${agent.name}</strong> <span class="hcc-grow">${agent.help.note}</span>
          <button
            type="button"
            class="btn btn-sm btn-primary"
            ?disabled=${!agent.call || !seat.phoneReady}
            @click=${() => seat.supervise(agent.call, "listen", `${t("manager.help")} ${agent.help.note}`.trim())}
          >
            ${icon("ear")}${t("manager.listen")}
          </button>
          <button type="button" class="btn btn-sm" @click=${() => write(agent)}>${icon("message")}${t("manager.reply")}</button>
          <button type="button" class="btn btn-sm" @click=${() => open(agent)}>${icon("user")}${t("manager.take_part")}</button>
          <button
            type="button"
            class="btn btn-sm"
            ?disabled=${seat.busy.has("help_done")}
            @click=${() => seat.perform("help_done", { agent: agent.id })}
          >
            ${icon("check")}${t("manager.help_done")}
          </button>
        </li>`,
      )}
    </ul>
  </section>`;
}
