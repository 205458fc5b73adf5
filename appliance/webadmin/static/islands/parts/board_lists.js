// The board's lists. Every list keeps its order while things change: rows must not jump under the pointer.
import { html, nothing, repeat } from "../../vendor/lit.js";
import { waitOf } from "../figures.js";
import { STATE_LOOK, icon, stateText, vipBadge } from "../look.js";
import { otherNumber, patientOf, readable } from "../state.js";
import { t } from "../strings.js";
import { pageGone } from "./repairs.js";

const LATE = ["", "hcc-late", "hcc-very-late"];

const none = (text) => html`<p class="hcc-board-none">${text}</p>`;

/** `look(queue)` gives {late: 0 in time … 2 much later than promised, alarms: [names]}. */
export function queueTable(queues, look) {
  if (queues.length === 0) return none(t("board.no_queues"));
  return html`
    <table class="table table-sm hcc-table">
      <thead>
        <tr>
          <th scope="col">${t("board.queue")}</th>
          <th scope="col" class="hcc-number">${t("queue.waiting")}</th>
          <th scope="col" class="hcc-number">${t("queue.longest")}</th>
          <th scope="col" class="hcc-number" title=${t("manager.wait_hint")}>${t("manager.wait")}</th>
          <th scope="col" class="hcc-number">${t("board.queue_ready")}</th>
          <th scope="col" class="hcc-number">${t("board.queue_answered")}</th>
          <th scope="col" class="hcc-number">${t("board.queue_abandoned")}</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(
          queues,
          (queue) => queue.id,
          (queue) => queueRow(queue, look(queue)),
        )}
      </tbody>
    </table>
  `;
}

function expectedWait(queue) {
  const { text, minutes } = waitOf(queue.expected_wait_seconds);
  return t(text, { minutes });
}

function queueRow(queue, { late, alarms }) {
  const alarm = (name) => (alarms.includes(name) ? "hcc-alarm" : "");
  return html`
    <tr class=${LATE[late]} data-queue=${queue.number} data-alarms=${alarms.join(" ")}>
      <th scope="row">${queue.name} <small class="text-secondary">${queue.number}</small></th>
      <td class="hcc-number ${alarm("waiting")}"><strong>${queue.waiting}</strong></td>
      <td class="hcc-number ${alarm("longest")}">
        ${queue.longest_since ? html`<hcc-time .since=${queue.longest_since}></hcc-time>` : "–"}
      </td>
      <td class="hcc-number" data-wait>${expectedWait(queue)}</td>
      <td class="hcc-number">${queue.ready}/${queue.signed_in}</td>
      <td class="hcc-number ${alarm("level")}">${queue.answered_today}</td>
      <td class="hcc-number ${alarm("level")}">${queue.abandoned_today}</td>
    </tr>
  `;
}

export function waitingList(calls, queues) {
  if (calls.length === 0) return none(t("board.no_waiting"));
  const inOrder = [...calls].sort((a, b) => (a.queue ?? 0) - (b.queue ?? 0) || (a.position ?? 0) - (b.position ?? 0));
  return html`
    <ul class="hcc-list">
      ${repeat(
        inOrder,
        (call) => call.id,
        (call) => html`
          <li data-call=${call.id}>
            <span class="hcc-place">${t("board.position", { position: call.position ?? "–" })}</span>
            <span class="hcc-grow"
              >${readable(otherNumber(call))} ${patientOf(call)?.name ?? ""} ${vipBadge(call.vip)}</span
            >
            <span class="text-secondary">${queues.get(call.queue)?.name ?? ""}</span>
            <hcc-time .since=${call.waiting_since ?? call.since}></hcc-time>
          </li>
        `,
      )}
    </ul>
  `;
}

/** `open` (for managers, else null) shows an agent's card; `look(agent)` gives {late, with}. */
export function agentTiles(agents, { all, calls, look, open, clear }) {
  if (all.length === 0) return none(t("board.no_agents"));
  if (agents.length === 0) {
    return html`<p class="hcc-board-none">
      ${t("manager.nothing_matches")} <button type="button" class="btn btn-sm" @click=${clear}>${t("manager.clear")}</button>
    </p>`;
  }
  const away = agents.filter((agent) => agent.state === "signed_out").length;
  const shown = away === agents.length ? agents : agents.filter((agent) => agent.state !== "signed_out");
  return html`
    <ul class="hcc-tiles">
      ${repeat(
        shown,
        (agent) => agent.id,
        (agent) => tile(agent, calls.get(agent.call), look(agent), open),
      )}
      ${
        away && away !== agents.length
          ? html`<li class="hcc-tile hcc-tone-grey">${icon("user-off")}${t("board.more_signed_out", { count: away })}</li>`
          : nothing
      }
    </ul>
  `;
}

function tile(agent, call, { late, supervision }, open) {
  const look = STATE_LOOK[agent.state];
  const lost = agent.state !== "signed_out" && !agent.phone_online;
  return html`
    <li
      class="hcc-tile hcc-tone-${look.tone} ${late ? "hcc-alarm" : ""} ${open ? "hcc-tile-open" : ""}"
      data-agent=${agent.number}
      data-state=${agent.state}
    >
      ${icon(look.icon)}
      ${
        open
          ? html`<button
              type="button"
              class="hcc-tile-name"
              aria-label=${t("manager.details", agent)}
              @click=${() => open(agent)}
            >
              ${agent.name}
            </button>`
          : html`<span class="hcc-tile-name">${agent.name}</span>`
      }
      <span class="hcc-tile-number">${agent.number}</span>
      <span class="hcc-tile-state">${stateText(agent)}</span>
      <hcc-time .since=${agent.since} .limit=${agent.limit_at}></hcc-time>
      ${pageGone(agent)}
      ${
        lost && agent.cause !== "phone"
          ? html`<span class="hcc-badge hcc-tone-red">${icon("phone-off")}${t("manager.phone_lost")}</span>`
          : nothing
      }
      ${agent.help ? html`<span class="hcc-badge hcc-tone-orange">${icon("help")}${t("manager.help")}</span>` : nothing}
      ${
        supervision
          ? html`<span class="hcc-badge hcc-tone-yellow">${icon("ear")}${t("manager.supervised_by", supervision)}</span>`
          : nothing
      }
      ${call ? html`<span class="hcc-tile-call">${patientOf(call)?.name ?? readable(otherNumber(call))}</span>` : nothing}
    </li>
  `;
}

export function callTable(calls, agents, queues) {
  if (calls.length === 0) return none(t("board.no_calls"));
  return html`
    <table class="table table-sm hcc-table">
      <thead>
        <tr>
          <th scope="col">${t("board.phase")}</th>
          <th scope="col">${t("board.caller")}</th>
          <th scope="col">${t("board.queue")}</th>
          <th scope="col">${t("board.with")}</th>
          <th scope="col" class="hcc-number">${t("board.time")}</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(
          calls,
          (call) => call.id,
          (call) => callRow(call, agents.get(call.agent), queues),
        )}
      </tbody>
    </table>
  `;
}

function callRow(call, agent, queues) {
  const arrow = { outbound: "phone-outgoing", internal: "switch-horizontal" }[call.direction] ?? "phone-incoming";
  return html`
    <tr data-call=${call.id}>
      <td>${icon(arrow)} ${t(`phase.${call.phase}`)}</td>
      <td>${readable(otherNumber(call))} ${patientOf(call)?.name ?? ""} ${vipBadge(call.vip)}</td>
      <td>${queues.get(call.queue)?.name ?? (call.phase === "flow" ? (call.path.at(-1)?.[0] ?? "") : "")}</td>
      <td>${agent ? agent.name : "–"}</td>
      <td class="hcc-number"><hcc-time .since=${call.since}></hcc-time></td>
    </tr>
  `;
}
