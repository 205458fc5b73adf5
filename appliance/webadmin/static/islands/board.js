// The live board: <hcc-board data-language="zh_CN">. Managers see every call, agents only their own.
import { LitElement, html, nothing, repeat } from "../vendor/lit.js";
import { everySecond, now } from "./clock.js";
import { STATE_LOOK, icon, setSprite, stateText, vipBadge } from "./look.js";
import { pageGone, repairsLine } from "./parts/repairs.js";
import { DeskSocket, tabId } from "./socket.js";
import { LiveState, otherNumber, patientOf, readable } from "./state.js";
import { setLanguage, t } from "./strings.js";

const STATE_ORDER = ["ringing", "talking", "holding", "wrap_up", "reserved", "ready", "not_answering", "busy"];
const LATE = 3;

class Board extends LitElement {
  #state = new LiveState();
  #socket = null;
  #endTick = null;

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    setSprite(this.dataset.icons);
    setLanguage(this.dataset.language);
    super.connectedCallback();
    this.#socket = new DeskSocket("board", tabId());
    this.#socket.addEventListener("snapshot", (event) => this.#take("takeSnapshot", event.detail));
    this.#socket.addEventListener("change", (event) => this.#take("takeChange", event.detail));
    this.#socket.addEventListener("status", () => this.requestUpdate());
    this.#socket.start();
    this.#endTick = everySecond(() => this.requestUpdate());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#endTick();
    this.#socket.stop();
  }

  #take(how, document) {
    this.#state[how](document);
    this.requestUpdate();
  }

  render() {
    const status = this.#socket.status;
    if (status === "signed_out" || status === "forbidden") return this.#closed(status);
    if (!this.#state.known) {
      return html`<div class="hcc-loading" role="status"><span class="spinner-border"></span></div>`;
    }
    const queues = [...this.#state.queues.values()].sort((a, b) => a.number.localeCompare(b.number));
    const agents = [...this.#state.agents.values()];
    const calls = [...this.#state.calls.values()].sort((a, b) => a.started - b.started);
    const waiting = calls.filter((call) => call.phase === "waiting");
    return html`
      ${status === "online" ? nothing : this.#banner(t("board.reconnecting"))}
      ${this.#state.pbx ? nothing : this.#banner(t("banner.pbx"))} ${this.#figures(queues, agents, calls)}
      <div class="hcc-board">
        <div class="hcc-board-left">
          ${this.#card(t("board.agents"), "headset", this.#agents(agents))}
          ${this.#card(t("board.calls"), "phone-call", this.#calls(calls.filter((call) => call.phase !== "waiting")))}
        </div>
        <div class="hcc-board-right">
          ${this.#card(t("board.queues"), "users-group", this.#queues(queues))}
          ${this.#card(t("board.waiting_callers"), "hourglass", this.#waiting(waiting))}
        </div>
      </div>
      ${repairsLine(this.#state.repairs)}
    `;
  }

  #closed(reason) {
    return html`<div class="card hcc-empty" role="alert">
      <span class="hcc-empty-icon">${icon("lock")}</span>
      <p class="hcc-empty-title">${t(`banner.${reason}`)}</p>
      ${reason === "signed_out" ? html`<a class="btn btn-primary" href="/login">${t("banner.sign_in_again")}</a>` : nothing}
    </div>`;
  }

  #banner(text) {
    return html`<div class="hcc-board-banner" role="alert">${icon("wifi-off")}${text}</div>`;
  }

  #card(title, symbol, body) {
    return html`<section class="card hcc-board-card">
      <h2 class="hcc-title">${icon(symbol)}${title}</h2>
      ${body}
    </section>`;
  }

  #none(text) {
    return html`<p class="hcc-board-none">${text}</p>`;
  }

  // --- figures ---

  #figures(queues, agents, calls) {
    const sum = (name) => queues.reduce((total, queue) => total + queue[name], 0);
    const oldest = Math.min(...queues.map((queue) => queue.longest_since ?? Infinity));
    const [answered, abandoned] = [sum("answered_today"), sum("abandoned_today")];
    const offered = answered + abandoned;
    const percent = (part) => (offered === 0 ? "–" : `${Math.round((100 * part) / offered)}%`);
    const signedIn = agents.filter((agent) => agent.state !== "signed_out");
    const free = signedIn.filter((agent) => agent.state === "ready").length;
    const seconds = Math.max(20, ...queues.map((queue) => queue.service_level_seconds));
    const late = Math.max(...queues.map((queue) => this.#lateness(queue)), 0);
    return html`
      <dl class="hcc-kpis">
        ${this.#figure("waiting", sum("waiting"), "", late)}
        ${this.#figure("longest", oldest === Infinity ? "–" : html`<hcc-time .since=${oldest}></hcc-time>`, "", late)}
        ${this.#figure("level", percent(sum("in_level_today")), t("board.level_hint", { seconds }))}
        ${this.#figure("answered", answered)}
        ${this.#figure("abandoned", abandoned, offered ? t("board.abandoned_rate", { percent: percent(abandoned) }) : "")}
        ${this.#figure("calls_now", calls.filter((call) => call.phase === "talking" || call.phase === "holding").length)}
        ${this.#figure("signed_in", signedIn.length, t("board.ready_count", { count: free }))}
      </dl>
    `;
  }

  #figure(name, value, hint = "", late = 0) {
    return html`<div class="card hcc-kpi ${["", "hcc-late", "hcc-very-late"][late]}" data-kpi=${name}>
      <dt>${t(`board.${name}`)}</dt>
      <dd class="hcc-kpi-value">${value}</dd>
      <dd class="hcc-kpi-hint">${hint || nothing}</dd>
    </div>`;
  }

  /** 0 in time, 1 later than promised, 2 much later. */
  #lateness(queue) {
    if (!queue.longest_since) return 0;
    const times = (now() - queue.longest_since) / (1000 * queue.service_level_seconds);
    return times > LATE ? 2 : times > 1 ? 1 : 0;
  }

  // --- queues and callers ---

  #queues(queues) {
    if (queues.length === 0) return this.#none(t("board.no_queues"));
    return html`
      <table class="table table-sm hcc-table">
        <thead>
          <tr>
            <th scope="col">${t("board.queue")}</th>
            <th scope="col" class="hcc-number">${t("queue.waiting")}</th>
            <th scope="col" class="hcc-number">${t("queue.longest")}</th>
            <th scope="col" class="hcc-number">${t("board.queue_ready")}</th>
            <th scope="col" class="hcc-number">${t("board.queue_answered")}</th>
            <th scope="col" class="hcc-number">${t("board.queue_abandoned")}</th>
          </tr>
        </thead>
        <tbody>
          ${repeat(
            queues,
            (queue) => queue.id,
            (queue) => this.#queue(queue),
          )}
        </tbody>
      </table>
    `;
  }

  #queue(queue) {
    return html`
      <tr class=${["", "hcc-late", "hcc-very-late"][this.#lateness(queue)]} data-queue=${queue.number}>
        <th scope="row">${queue.name} <small class="text-secondary">${queue.number}</small></th>
        <td class="hcc-number"><strong>${queue.waiting}</strong></td>
        <td class="hcc-number">
          ${queue.longest_since ? html`<hcc-time .since=${queue.longest_since}></hcc-time>` : "–"}
        </td>
        <td class="hcc-number">${queue.ready}/${queue.signed_in}</td>
        <td class="hcc-number">${queue.answered_today}</td>
        <td class="hcc-number">${queue.abandoned_today}</td>
      </tr>
    `;
  }

  #waiting(calls) {
    if (calls.length === 0) return this.#none(t("board.no_waiting"));
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
              <span class="text-secondary">${this.#state.queues.get(call.queue)?.name ?? ""}</span>
              <hcc-time .since=${call.waiting_since ?? call.since}></hcc-time>
            </li>
          `,
        )}
      </ul>
    `;
  }

  // --- agents and calls ---

  #agents(agents) {
    if (agents.length === 0) return this.#none(t("board.no_agents"));
    const present = agents
      .filter((agent) => agent.state !== "signed_out")
      .sort((a, b) => STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state) || a.number.localeCompare(b.number));
    const away = agents.length - present.length;
    return html`
      <ul class="hcc-tiles">
        ${repeat(
          present,
          (agent) => agent.id,
          (agent) => this.#agent(agent),
        )}
        ${away ? html`<li class="hcc-tile hcc-tone-grey">${icon("user-off")}${t("board.more_signed_out", { count: away })}</li>` : nothing}
      </ul>
    `;
  }

  #agent(agent) {
    const look = STATE_LOOK[agent.state];
    const call = this.#state.calls.get(agent.call);
    return html`
      <li class="hcc-tile hcc-tone-${look.tone}" data-agent=${agent.number} data-state=${agent.state}>
        ${icon(look.icon)}
        <span class="hcc-tile-name">${agent.name}</span>
        <span class="hcc-tile-number">${agent.number}</span>
        <span class="hcc-tile-state">${stateText(agent)}</span>
        ${pageGone(agent)}
        <hcc-time .since=${agent.since}></hcc-time>
        ${call ? html`<span class="hcc-tile-call">${patientOf(call)?.name ?? readable(otherNumber(call))}</span>` : nothing}
      </li>
    `;
  }

  #calls(calls) {
    if (calls.length === 0) return this.#none(t("board.no_calls"));
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
            (call) => this.#call(call),
          )}
        </tbody>
      </table>
    `;
  }

  #call(call) {
    const agent = this.#state.agents.get(call.agent);
    const arrow = { outbound: "phone-outgoing", internal: "switch-horizontal" }[call.direction] ?? "phone-incoming";
    return html`
      <tr data-call=${call.id}>
        <td>${icon(arrow)} ${t(`phase.${call.phase}`)}</td>
        <td>${readable(otherNumber(call))} ${patientOf(call)?.name ?? ""} ${vipBadge(call.vip)}</td>
        <td>
          ${this.#state.queues.get(call.queue)?.name ?? (call.phase === "flow" ? (call.path.at(-1)?.[0] ?? "") : "")}
        </td>
        <td>${agent ? agent.name : "–"}</td>
        <td class="hcc-number"><hcc-time .since=${call.since}></hcc-time></td>
      </tr>
    `;
  }
}

customElements.define("hcc-board", Board);
