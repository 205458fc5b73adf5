// A conference room, live: <hcc-room data-number="6900" data-language="zh_CN">. Everything shown comes from the server.
import { html, nothing, repeat } from "../vendor/lit.js";
import { everySecond } from "./clock.js";
import { Island } from "./island.js";
import { icon } from "./look.js";
import { DeskSocket, tabId } from "./socket.js";
import { t } from "./strings.js";

const ERROR_MILLIS = 8000;

class Room extends Island {
  #socket = null;
  #endTick = null;
  #room = null;
  #known = false;
  #error = "";
  #asking = false;
  #busy = false;

  connectedCallback() {
    super.connectedCallback();
    this.#socket = new DeskSocket("room", tabId());
    this.#socket.addEventListener("snapshot", (event) => this.#take(event.detail.rooms, true));
    this.#socket.addEventListener("change", (event) => this.#take("room" in event.detail ? [event.detail.room] : []));
    this.#socket.addEventListener("status", () => this.requestUpdate());
    this.#socket.start();
    this.#endTick = everySecond(() => this.requestUpdate());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#endTick();
    this.#socket.stop();
  }

  #take(rooms, whole = false) {
    const mine = rooms.find((room) => room.number === this.dataset.number);
    if (whole) this.#room = mine ?? null;
    else if (mine) this.#room = mine;
    this.#known = true;
    this.requestUpdate();
  }

  async #ask(verb, args = {}) {
    this.#busy = true;
    this.requestUpdate();
    try {
      await this.#socket.perform(verb, { room: this.dataset.number, ...args });
      return true;
    } catch (error) {
      this.#error = error.message;
      setTimeout(() => {
        this.#error = "";
        this.requestUpdate();
      }, ERROR_MILLIS);
      return false;
    } finally {
      this.#busy = false;
      this.requestUpdate();
    }
  }

  render() {
    const { status } = this.#socket;
    if (status === "signed_out" || status === "forbidden") {
      return html`<div class="card hcc-empty" role="alert"><p class="hcc-empty-title">${t(`banner.${status}`)}</p></div>`;
    }
    if (!this.#known) return html`<div class="hcc-loading" role="status"><span class="spinner-border"></span></div>`;
    if (!this.#room) return html`<div class="card hcc-empty"><p class="hcc-empty-title">${t("room.unknown")}</p></div>`;
    return html`
      ${status === "online" ? nothing : html`<div class="hcc-room-note" role="alert">${t("board.reconnecting")}</div>`}
      ${this.#error ? html`<div class="hcc-room-note" role="alert">${this.#error}</div>` : nothing}
      <section class="card">${this.#tools(this.#room)} ${this.#members(this.#room)}</section>
      ${this.#invite(this.#room)}
    `;
  }

  #tools(room) {
    if (room.since === null) return html`<div class="hcc-room-tools"><strong>${t("room.empty")}</strong></div>`;
    return html`<div class="hcc-room-tools" role="group" aria-label=${t("room.tools")}>
      <strong>${t("room.inside", { count: room.members.filter((one) => one.joined).length })}</strong>
      <span class="text-secondary">${t("room.lasts")} <hcc-time .since=${room.since}></hcc-time></span>
      ${room.recording ? html`<span class="badge bg-red-lt">${icon("player-record")}${t("room.recording")}</span>` : nothing}
      ${room.locked ? html`<span class="badge bg-yellow-lt">${icon("lock")}${t("room.locked")}</span>` : nothing}
      <span class="spacer"></span>
      ${this.#tool("lock", room.locked ? "lock-open" : "lock", t(room.locked ? "room.unlock" : "room.lock"), () =>
        this.#ask("room_lock", { on: !room.locked }),
      )}
      ${this.#tool("mute-all", "microphone-off", t("room.mute_all"), () => this.#ask("room_mute", { on: true }))}
      ${this.#tool(
        "record",
        room.recording ? "player-stop" : "player-record",
        t(room.recording ? "room.record_stop" : "room.record"),
        () => this.#ask("room_record", { on: !room.recording }),
      )}
      ${this.#end()}
    </div>`;
  }

  /** Ending is asked twice: everybody is hung up. */
  #end() {
    if (!this.#asking) {
      return this.#tool("end", "phone-off", t("room.end"), () => this.#confirmEnd(), "btn-outline-danger");
    }
    return this.#tool("end-sure", "phone-off", t("room.end_sure"), () => this.#endAll(), "btn-danger");
  }

  #setAsking(asking) {
    this.#asking = asking;
    this.requestUpdate();
  }

  #confirmEnd() {
    this.#setAsking(true);
    setTimeout(() => this.#setAsking(false), ERROR_MILLIS);
  }

  #endAll() {
    this.#setAsking(false);
    this.#ask("room_end");
  }

  #tool(action, symbol, text, press, look = "") {
    return html`<button type="button" class="btn btn-sm ${look}" data-action=${action} ?disabled=${this.#busy} @click=${press}>
      ${icon(symbol)}${text}
    </button>`;
  }

  #members(room) {
    if (room.members.length === 0) return html`<p class="hcc-room-none">${t("room.nobody", { number: room.number })}</p>`;
    return html`<div class="table-responsive">
      <table class="table table-vcenter card-table">
        <thead>
          <tr>
            <th>${t("room.who")}</th>
            <th>${t("room.number")}</th>
            <th>${t("room.state")}</th>
            <th>${t("room.since")}</th>
            <th></th>
          </tr>
        </thead>
        <tbody>
          ${repeat(
            room.members,
            (one) => one.call,
            (one) => this.#member(one),
          )}
        </tbody>
      </table>
    </div>`;
  }

  #member(one) {
    return html`<tr data-number=${one.number}>
      <td>
        ${one.name || t("room.stranger")}
        ${one.moderator ? html`<span class="badge bg-blue-lt">${icon("crown")}${t("room.moderator")}</span>` : nothing}
      </td>
      <td>${one.number || t("call.unknown")}</td>
      <td>${this.#state(one)}</td>
      <td><hcc-time .since=${one.since}></hcc-time></td>
      <td><div class="hcc-room-row-tools">
        ${one.joined
          ? this.#tool(
              one.muted ? "unmute" : "mute",
              one.muted ? "microphone" : "microphone-off",
              t(one.muted ? "room.unmute" : "room.mute"),
              () => this.#ask("room_mute", { call: one.call, on: !one.muted }),
            )
          : nothing}
        ${this.#tool("kick", "user-x", t(one.ringing ? "room.take_back" : "room.kick"), () =>
          this.#ask("room_kick", { call: one.call }),
        )}
      </div></td>
    </tr>`;
  }

  #state(one) {
    const state = one.ringing ? "ringing" : !one.joined ? "entering" : one.muted ? "muted" : one.talking ? "talking" : "quiet";
    const symbols = { ringing: "phone-ringing", entering: "dialpad", muted: "microphone-off", talking: "volume", quiet: "ear" };
    return html`<span class="hcc-room-state" data-state=${state}>${icon(symbols[state])}${t(`room.state_${state}`)}</span>`;
  }

  #invite(room) {
    const inside = new Set(room.members.map((one) => one.number));
    const missing = room.invitees.filter((number) => !inside.has(number));
    return html`<section class="card hcc-room-invite">
      <form @submit=${this.#submit}>
        <label class="form-label" for="room-invite">${t("room.invite")}</label>
        <div class="hcc-room-fields">
          <input class="form-control" id="room-invite" name="number" inputmode="tel" maxlength="32" autocomplete="off" />
          <button class="btn btn-primary" ?disabled=${this.#busy}>${icon("phone-plus")}${t("room.call")}</button>
        </div>
        <p class="form-hint">${t("room.invite_hint")}</p>
      </form>
      ${missing.length === 0
        ? nothing
        : html`<div class="hcc-room-missing">
            <span class="text-secondary">${t("room.missing")}</span>
            ${missing.map((number) => this.#tool("invite", "phone-plus", number, () => this.#ask("room_invite", { number })))}
            ${missing.length > 1 ? this.#tool("invite-all", "users-group", t("room.invite_all"), () => this.#all(missing)) : nothing}
          </div>`}
    </section>`;
  }

  #submit = async (event) => {
    event.preventDefault();
    const field = event.target.elements.number;
    const number = field.value.trim();
    if (number && (await this.#ask("room_invite", { number }))) field.value = "";
  };

  async #all(numbers) {
    for (const number of numbers) await this.#ask("room_invite", { number });
  }
}

customElements.define("hcc-room", Room);
