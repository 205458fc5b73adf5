// A wallboard: <hcc-wallboard data-token="…">. Figures only; it comes back by itself, for ever.
import { html, nothing } from "../vendor/lit.js";
import { everySecond, now, setServerTime } from "./clock.js";
import { GROUP_ORDER, waitOf } from "./figures.js";
import { Island } from "./island.js";
import { icon } from "./look.js";
import { language, t } from "./strings.js";

const ROWS = 6;
const TURN_SECONDS = 12;
const SILENCE_MILLIS = 12_000;
const RETRY_MILLIS = [500, 1000, 2000, 4000];
const REVOKED = 4404;
const TONE = { in_service: "blue", idle: "green", on_break: "red", closed: "grey" };

class Wallboard extends Island {
  #wall = null;
  #heardAt = 0;
  #socket = null;
  #failures = 0;
  #status = "connecting";
  #retry = null;
  #endTick = null;

  connectedCallback() {
    super.connectedCallback();
    this.#open();
    this.#endTick = everySecond(() => this.#tick());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#endTick();
    clearTimeout(this.#retry);
    this.#drop();
  }

  #open() {
    this.#drop();
    const url = new URL(`/desk/wall/${this.dataset.token}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
    socket.onclose = (event) => this.#closed(event.code);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #hear(message) {
    setServerTime(message.now);
    this.#wall = message.wall;
    this.#heardAt = performance.now();
    this.#failures = 0;
    this.#status = "online";
    this.requestUpdate();
  }

  #closed(code) {
    this.#drop();
    this.#status = code === REVOKED ? "gone" : "offline";
    const wait = RETRY_MILLIS[Math.min(this.#failures, RETRY_MILLIS.length - 1)];
    this.#failures += 1;
    // A link that was revoked is asked for now and then all the same: the database may just have been restored.
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), code === REVOKED ? 60_000 : wait);
    this.requestUpdate();
  }

  /** Once a second; a connection that says nothing is dead, whatever the browser believes. */
  #tick() {
    if (this.#socket && performance.now() - this.#heardAt > SILENCE_MILLIS) this.#closed(1006);
    this.requestUpdate();
  }

  render() {
    const wall = this.#wall;
    return html`
      <header>
        <h1>${this.dataset.hospital} <small>${this.dataset.name}</small></h1>
        <span class="hcc-wall-clock">${new Date(now()).toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit" })}</span>
        <button type="button" class="hcc-wall-full" aria-label=${t("wall.full_screen")} @click=${() => this.#fullScreen()}>
          ${icon("external-link")}
        </button>
      </header>
      ${this.#banner()} ${wall && this.#status !== "gone" ? this.#body(wall) : nothing}
    `;
  }

  #fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {});
  }

  #banner() {
    if (this.#status === "gone") return html`<p class="hcc-wall-banner" role="alert">${t("wall.gone")}</p>`;
    if (this.#status === "online" || this.#wall === null) return nothing;
    const at = new Date(now() - (performance.now() - this.#heardAt));
    return html`<p class="hcc-wall-banner" role="alert">
      ${icon("wifi-off")}${t("wall.reconnecting", { time: at.toLocaleTimeString(language()) })}
    </p>`;
  }

  #body(wall) {
    if (wall.queues.length === 0) return html`<p class="hcc-wall-banner">${t("wall.no_queues")}</p>`;
    const pages = Math.ceil(wall.queues.length / ROWS);
    const page = Math.floor(now() / 1000 / TURN_SECONDS) % pages;
    return html`
      ${this.#totals(wall)}
      <section class="hcc-wall-queues" data-rows=${Math.min(ROWS, wall.queues.length)}>
        ${wall.queues.slice(page * ROWS, (page + 1) * ROWS).map((queue) => this.#queue(queue))}
      </section>
      <footer>
        ${GROUP_ORDER.map(
          (group) => html`<span class="hcc-wall-count hcc-wall-${TONE[group]}" data-group=${group}>
            ${t(`manager.group_${group}`)} <b>${wall.counts[group]}</b>
          </span>`,
        )}
        <span class="hcc-wall-count">${t("wall.talking")} <b>${wall.talking}</b></span>
        ${pages > 1 ? html`<span class="hcc-wall-page-number">${t("wall.page", { page: page + 1, pages })}</span>` : nothing}
      </footer>
    `;
  }

  #totals(wall) {
    const sum = (name) => wall.queues.reduce((total, queue) => total + queue[name], 0);
    const oldest = Math.min(...wall.queues.map((queue) => queue.longest_since ?? Infinity));
    const offered = sum("answered_today") + sum("abandoned_today");
    const level = offered ? `${Math.round((100 * sum("in_level_today")) / offered)}%` : "–";
    const any = (name) => wall.queues.some((queue) => queue.alarms.includes(name));
    return html`<dl class="hcc-wall-totals">
      ${this.#total("waiting", sum("waiting"), any("waiting"))}
      ${this.#total("longest", oldest === Infinity ? "–" : html`<hcc-time .since=${oldest}></hcc-time>`, any("longest"))}
      ${this.#total("level", level, any("level"))} ${this.#total("answered", sum("answered_today"), false)}
      ${this.#total("abandoned", sum("abandoned_today"), false)}
    </dl>`;
  }

  #total(name, value, alarm) {
    return html`<div class=${alarm ? "hcc-wall-alarm" : ""} data-total=${name}>
      <dt>${t(`wall.${name}`)}</dt>
      <dd>${value}</dd>
    </div>`;
  }

  #queue(queue) {
    const offered = queue.answered_today + queue.abandoned_today;
    const level = offered ? `${Math.round((100 * queue.in_level_today) / offered)}%` : "–";
    const alarm = (name) => (queue.alarms.includes(name) ? "hcc-wall-alarm" : "");
    const wait = waitOf(queue.expected_wait_seconds);
    return html`<div class="hcc-wall-queue" data-queue=${queue.number}>
      <h2>${queue.name}</h2>
      <span class=${alarm("waiting")}><b>${queue.waiting}</b> <small>${t("wall.waiting")}</small></span>
      <span class=${alarm("longest")}>
        <b>${queue.longest_since ? html`<hcc-time .since=${queue.longest_since}></hcc-time>` : "–"}</b>
        <small>${t("wall.longest")}</small>
      </span>
      <span data-wait><b>${t(wait.text, wait)}</b> <small>${t("manager.wait")}</small></span>
      <span class=${alarm("level")}><b>${level}</b> <small>${t("wall.level")}</small></span>
      <span><b>${queue.ready}/${queue.signed_in}</b> <small>${t("wall.ready")}</small></span>
    </div>`;
  }
}

customElements.define("hcc-wallboard", Wallboard);
