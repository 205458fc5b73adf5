// The live board: <hcc-board data-language="zh_CN">. Managers see every call and act from here, agents only look.
import { html, nothing } from "../vendor/lit.js";
import { AlarmBell } from "./alarm.js";
import { everySecond, now } from "./clock.js";
import { GROUPS, alarmsOf, counts, limitsOf, staysTooLong } from "./figures.js";
import { Island } from "./island.js";
import { icon } from "./look.js";
import "./parts/agent_card.js";
import { agentTiles, callTable, queueTable, waitingList } from "./parts/board_lists.js";
import { filterBar, managerTools } from "./parts/board_tools.js";
import "./parts/message_box.js";
import { repairsLine } from "./parts/repairs.js";
import { helpQueue, supervisionBar } from "./parts/supervision_bar.js";
import "./parts/thresholds_box.js";
import { Seat } from "./seat.js";
import { DeskSocket, tabId } from "./socket.js";
import { LiveState, otherNumber, patientOf } from "./state.js";
import { t } from "./strings.js";

const LATE = 3;
const EVERYTHING = { text: "", queue: 0, group: "" };

class Board extends Island {
  state = new LiveState();

  #socket = null;
  #seat = null;
  #bell = new AlarmBell();
  #endTick = null;
  #filter = EVERYTHING;
  #opened = null;

  connectedCallback() {
    super.connectedCallback();
    this.#socket = new DeskSocket("board", tabId());
    this.#seat = new Seat(this.#socket, Number(this.dataset.user ?? 0));
    this.#seat.addEventListener("update", () => this.requestUpdate());
    this.#socket.addEventListener("snapshot", (event) => this.#take("takeSnapshot", event.detail));
    this.#socket.addEventListener("change", (event) => this.#take("takeChange", event.detail));
    this.#socket.addEventListener("status", () => this.#connected());
    this.#socket.start();
    this.#endTick = everySecond(() => this.requestUpdate());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#endTick();
    this.#seat.stop();
    this.#socket.stop();
  }

  #take(how, document) {
    this.state[how](document);
    if (how === "takeSnapshot" && this.state.manages) this.#seat.equip();
    if ("supervision_gone" in document) this.#seat.gone(document);
    this.requestUpdate();
  }

  #connected() {
    if (this.#socket.status === "online" && this.state.manages) this.#seat.equip();
    this.requestUpdate();
  }

  render() {
    const status = this.#socket.status;
    if (status === "signed_out" || status === "forbidden") return this.#closed(status);
    if (!this.state.known) {
      return html`<div class="hcc-loading" role="status"><span class="spinner-border"></span></div>`;
    }
    const shown = this.#shown();
    const looks = this.#looks();
    return html`
      ${status === "online" ? nothing : this.#banner(t("board.reconnecting"))}
      ${this.state.pbx ? nothing : this.#banner(t("banner.pbx"))}
      ${this.state.manages ? supervisionBar(this.#seat, this.state) : nothing}
      ${this.#figures(looks)}
      ${filterBar(this, this.#filter, counts(this.state.agents.values()), (filter) => this.#choose(filter))}
      ${this.state.manages ? helpQueue(this.#seat, this.state, this.#actions()) : nothing} ${this.#lists(shown, looks)}
      ${repairsLine(this.state.repairs)} ${this.#windows()} ${this.#notices()}
    `;
  }

  #lists({ agents, queues, calls }, looks) {
    const { state } = this;
    const waiting = calls.filter((call) => call.phase === "waiting");
    const others = calls.filter((call) => call.phase !== "waiting");
    const tiles = agentTiles(agents, {
      all: [...state.agents.values()],
      calls: state.calls,
      look: (agent) => ({ late: looks.agents.has(agent.id), supervision: this.#supervisionOf(agent) }),
      open: state.manages ? (agent) => this.#open({ agent: agent.id }) : null,
      clear: () => this.#choose(EVERYTHING),
    });
    return html`<div class="hcc-board">
      <div class="hcc-board-left">
        ${this.#card(t("board.agents"), "headset", tiles)}
        ${this.#card(t("board.calls"), "phone-call", callTable(others, state.agents, state.queues))}
      </div>
      <div class="hcc-board-right">
        ${this.#card(
          t("board.queues"),
          "users-group",
          queueTable(queues, (queue) => looks.queues.get(queue.id)),
        )}
        ${this.#card(t("board.waiting_callers"), "hourglass", waitingList(waiting, state.queues))}
      </div>
    </div>`;
  }

  // --- what is shown ---

  #choose(filter) {
    this.#filter = filter;
    this.requestUpdate();
  }

  /** Agents, queues and calls that pass the filter, each in an order that stays. */
  #shown() {
    const { agents, queues, calls } = this.state;
    const { text, queue, group } = this.#filter;
    const wanted = text.trim().toLowerCase();
    const matches = (...words) => words.some((word) => (word ?? "").toLowerCase().includes(wanted));
    const byNumber = (a, b) => a.number.localeCompare(b.number);
    const callOf = (agent) => calls.get(agent.call);
    return {
      agents: [...agents.values()]
        .filter((agent) => !group || GROUPS[agent.state] === group)
        .filter((agent) => !queue || agent.queues.includes(queue))
        .filter((agent) => matches(agent.name, agent.number, agent.extension, ...words(callOf(agent))))
        .sort(byNumber),
      queues: [...queues.values()].filter((one) => !queue || one.id === queue).sort(byNumber),
      calls: [...calls.values()]
        .filter((call) => !queue || call.queue === queue)
        .filter((call) => matches(agents.get(call.agent)?.name, ...words(call)))
        .sort((a, b) => a.started - b.started),
    };
  }

  /** What exceeds its limits right now; a new one sounds. */
  #looks() {
    const { thresholds } = this.state;
    const at = now();
    const queues = new Map(
      [...this.state.queues.values()].map((queue) => [
        queue.id,
        { late: this.#lateness(queue), alarms: alarmsOf(limitsOf(thresholds, queue.id), queue, at) },
      ]),
    );
    const late = [...this.state.agents.values()].filter((agent) => staysTooLong(thresholds, agent, at));
    const names = [...queues].flatMap(([id, { alarms }]) => alarms.map((alarm) => `${id} ${alarm}`));
    names.push(...late.map((agent) => `agent ${agent.id} ${agent.since}`));
    names.push(...[...this.state.agents.values()].filter((agent) => agent.help).map((agent) => `help ${agent.id}`));
    this.#bell.follow(names, thresholds.sound);
    return { queues, agents: new Set(late.map((agent) => agent.id)) };
  }

  #supervisionOf(agent) {
    return [...this.state.supervisions.values()].find((one) => one.agent === agent.id && one.state === "up");
  }

  // --- frames ---

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

  /** The manager's buttons, at the right of the filters. */
  tools() {
    const thresholds = this.dataset.manages === "yes";
    const { manages } = this.state;
    if (!manages && !thresholds) return nothing;
    return managerTools(this.#seat, this.#bell, {
      manages,
      open: (what) => this.#open({ [what]: true }),
      ring: async () => {
        await this.#bell.toggle();
        this.requestUpdate();
      },
    });
  }

  #actions() {
    return {
      open: (agent) => this.#open({ agent: agent.id }),
      write: (agent) => this.#open({ message: `agent:${agent.id}` }),
    };
  }

  #open(what) {
    this.#opened = what;
    this.requestUpdate();
  }

  #windows() {
    const { state } = this;
    const opened = this.#opened ?? {};
    const done = () => this.#open(null);
    const agent = state.agents.get(opened.agent);
    if (agent) {
      return html`<hcc-agent-card
        .seat=${this.#seat}
        .agent=${agent}
        .call=${state.calls.get(agent.call)}
        .screen=${state.looking.get(agent.id)}
        .queues=${[...state.queues.values()].sort((a, b) => a.number.localeCompare(b.number))}
        @done=${done}
        @write=${() => this.#open({ message: `agent:${agent.id}` })}
      ></hcc-agent-card>`;
    }
    if (opened.message) {
      const first = opened.message === true ? "all" : opened.message;
      return html`<hcc-message-box .seat=${this.#seat} .state=${fresh(state)} first=${first} @done=${done}></hcc-message-box>`;
    }
    if (opened.thresholds) {
      return html`<hcc-thresholds-box .seat=${this.#seat} .state=${state} @done=${done}></hcc-thresholds-box>`;
    }
    return nothing;
  }

  #notices() {
    return html`<div class="hcc-notices" aria-live="polite">
      ${this.#seat.notices.map(
        (notice) => html`<div class="alert alert-${notice.level} hcc-notice" data-level=${notice.level}>
          <div>${notice.text}</div>
          <button
            type="button"
            class="btn-close"
            aria-label=${t("notice.close")}
            @click=${() => this.#seat.dismiss(notice.id)}
          ></button>
        </div>`,
      )}
    </div>`;
  }

  // --- figures ---

  #figures(looks) {
    const queues = [...this.state.queues.values()];
    const agents = [...this.state.agents.values()];
    const sum = (name) => queues.reduce((total, queue) => total + queue[name], 0);
    const oldest = Math.min(...queues.map((queue) => queue.longest_since ?? Infinity));
    const [answered, abandoned] = [sum("answered_today"), sum("abandoned_today")];
    const offered = answered + abandoned;
    const percent = (part) => (offered === 0 ? "–" : `${Math.round((100 * part) / offered)}%`);
    const signedIn = agents.filter((agent) => agent.state !== "signed_out");
    const free = signedIn.filter((agent) => agent.state === "ready").length;
    const seconds = Math.max(20, ...queues.map((queue) => queue.service_level_seconds));
    const late = Math.max(...[...looks.queues.values()].map((look) => look.late), 0);
    const talking = [...this.state.calls.values()].filter((call) => ["talking", "holding"].includes(call.phase));
    return html`
      <dl class="hcc-kpis">
        ${this.#figure("waiting", sum("waiting"), "", late)}
        ${this.#figure("longest", oldest === Infinity ? "–" : html`<hcc-time .since=${oldest}></hcc-time>`, "", late)}
        ${this.#figure("level", percent(sum("in_level_today")), t("board.level_hint", { seconds }))}
        ${this.#figure("answered", answered)}
        ${this.#figure("abandoned", abandoned, offered ? t("board.abandoned_rate", { percent: percent(abandoned) }) : "")}
        ${this.#figure("calls_now", talking.length)}
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
}

/** By what words a call is found. */
function words(call) {
  return call ? [otherNumber(call), patientOf(call)?.name] : [""];
}

/** The same state as another object, so that a window that shows it is drawn anew. */
function fresh(state) {
  const { agents, queues, messages } = state;
  return { agents, queues, messages };
}

customElements.define("hcc-board", Board);
