// Writing to agents, and who has read what.
import { html, nothing, repeat } from "../../vendor/lit.js";
import { icon } from "../look.js";
import { language, t } from "../strings.js";
import { Dialog } from "./dialog.js";

class MessageBox extends Dialog {
  static properties = {
    seat: { attribute: false },
    state: { attribute: false },
    /** "all", "queue:3" or "agent:5". */
    to: { state: true },
    first: {},
  };

  constructor() {
    super();
    this.to = null;
  }

  render() {
    const { agents, queues } = this.state;
    const sorted = (map) => [...map.values()].sort((a, b) => a.number.localeCompare(b.number));
    const to = this.to ?? this.first ?? "all";
    const options = [
      ["all", t("manager.message_all")],
      ...sorted(queues).map((queue) => [`queue:${queue.id}`, t("manager.message_queue", queue)]),
      ...sorted(agents).map((agent) => [`agent:${agent.id}`, t("manager.message_agent", agent)]),
    ];
    return this.frame(
      t("manager.message"),
      html`<div class="hcc-dialog-body">
        <form @submit=${(event) => this.#send(event, to)}>
          <label class="form-label" for="hcc-message-to">${t("manager.message_to")}</label>
          <select id="hcc-message-to" class="form-select" @change=${(event) => (this.to = event.target.value)}>
            ${options.map(([value, text]) => html`<option value=${value} ?selected=${value === to}>${text}</option>`)}
          </select>
          <label class="form-label" for="hcc-message-text">${t("manager.message_text")}</label>
          <textarea id="hcc-message-text" class="form-control" rows="3" maxlength="500" required></textarea>
          <div class="hcc-row">
            <span class="hcc-grow"></span>
            <button class="btn btn-primary" data-action="send_message" ?disabled=${this.seat.busy.has("send_message")}>
              ${icon("message")}${t("manager.send")}
            </button>
          </div>
        </form>
        <section>
          <h3 class="hcc-title">${t("manager.messages")}</h3>
          ${this.#sent()}
        </section>
      </div>`,
    );
  }

  async #send(event, to) {
    event.preventDefault();
    const field = this.querySelector("textarea");
    const [kind, id] = to.split(":");
    const answer = await this.seat.perform("send_message", { to: kind, id: Number(id ?? 0), text: field.value });
    if (!answer) return;
    field.value = "";
    this.seat.notify("success", t("manager.sent", { count: answer.recipients }));
  }

  #sent() {
    const messages = [...this.state.messages.values()].reverse();
    if (messages.length === 0) return html`<p class="text-secondary">${t("manager.no_messages")}</p>`;
    return html`<ul class="hcc-list">
      ${repeat(
        messages,
        (message) => message.id,
        (message) => this.#one(message),
      )}
    </ul>`;
  }

  #one(message) {
    const readers = Object.entries(message.read);
    const missing = readers.filter(([, at]) => at === 0).map(([id]) => this.state.agents.get(Number(id))?.name ?? id);
    const time = new Date(message.at).toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit" });
    return html`<li class="hcc-sent" data-message=${message.id}>
      <span class="text-secondary">${time}</span>
      <span class="hcc-grow">${message.body}
        ${missing.length > 0 ? html`<small class="text-secondary">${t("manager.unread_by", { names: missing.join("、") })}</small>` : nothing}
      </span>
      <span class="hcc-badge hcc-tone-${missing.length === 0 ? "green" : "grey"}">
        ${t("manager.read_count", { read: readers.length - missing.length, all: readers.length })}
      </span>
    </li>`;
  }
}

customElements.define("hcc-message-box", MessageBox);
