// The agent's own lists: promised calls, open work orders, today's calls. More lists are more lines in SECTIONS.
import { html, nothing } from "../../vendor/lit.js";
import { now } from "../clock.js";
import { Part, icon } from "../look.js";
import { readable } from "../state.js";
import { t } from "../strings.js";

const DIRECTION_ICON = { inbound: "phone-incoming", outbound: "phone-outgoing", internal: "phone-call" };

/** [name, how many, how it is drawn] */
const SECTIONS = [
  ["again", (lists) => lists.again, (pane, item) => pane.promise(item)],
  ["orders", (lists) => lists.orders, (pane, item) => pane.order(item)],
  ["calls", (lists) => lists.calls, (pane, item) => pane.call(item)],
];

/** "09:05" today, "11-23 09:05" on other days. */
function when(millis) {
  const at = new Date(millis);
  const two = (number) => String(number).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const today = new Date(now()).toDateString() === at.toDateString();
  return today ? time : `${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

class ListsPane extends Part {
  render() {
    const { lists } = this.desk;
    if (lists.failed && !lists.known) {
      return html`<div class="hcc-empty" role="alert">
        <p>${t("lists.failed")}</p>
        <button type="button" class="btn" @click=${() => lists.refresh()}>${icon("refresh")}${t("patient.retry")}</button>
      </div>`;
    }
    return html`<div class="hcc-lists">
      ${SECTIONS.map(([name, items, draw]) => this.#section(name, items(lists), draw))}
    </div>`;
  }

  #section(name, items, draw) {
    return html`
      <section data-list=${name} aria-labelledby="hcc-list-${name}">
        <h3 class="hcc-group" id="hcc-list-${name}">
          ${t(`lists.${name}`)} <span class="text-secondary">${items.length || ""}</span>
        </h3>
        ${
          items.length
            ? html`<ul class="hcc-list">
                ${items.map((item) => html`<li>${draw(this, item)}</li>`)}
              </ul>`
            : html`<p class="text-secondary hcc-list-none">${t(`lists.${name}_none`)}</p>`
        }
      </section>
    `;
  }

  promise(item) {
    const late = item.at < now();
    return html`
      <span class="hcc-list-time ${late ? "hcc-late" : ""}">${when(item.at)}</span>
      ${this.#dial(item)}
      <button
        type="button"
        class="btn btn-sm"
        title=${t("lists.done_hint")}
        @click=${() => this.#done(item)}
      >
        ${icon("check")}${t("lists.done")}
      </button>
      ${item.notes ? html`<span class="hcc-list-more">${item.notes}</span>` : nothing}
    `;
  }

  order(item) {
    const state = item.overdue ? "overdue" : item.status;
    const tone = { overdue: "red", answered: "green", accepted: "blue" }[state] ?? "grey";
    return html`
      <a href="/orders/${item.id}" target="_blank" rel="noopener">#${item.id}</a>
      <span class="hcc-list-name">${item.department}${item.patient ? ` · ${item.patient}` : ""}</span>
      <span class="hcc-badge hcc-tone-${tone}">${t(`order.state.${state}`)}</span>
      <span class="hcc-list-more">${item.text}</span>
    `;
  }

  call(item) {
    return html`
      <a class="hcc-list-time" href="/calls/${item.id}" target="_blank" rel="noopener">${when(item.at)}</a>
      <span title=${t(`call.direction.${item.direction}`)}>${icon(DIRECTION_ICON[item.direction] ?? "phone-call")}</span>
      ${this.#dial(item)}
      <span class="hcc-list-more">${item.business_type ? t(`wrap.type.${item.business_type}`) : t("lists.no_form")}</span>
    `;
  }

  #dial(item) {
    if (!item.number) return html`<span class="hcc-list-name">${t("call.anonymous")}</span>`;
    return html`<button
      type="button"
      class="btn btn-link hcc-list-dial"
      title=${t("lists.dial", { number: item.number })}
      ?disabled=${this.desk.busy.has("dial") || !this.desk.state.signedIn || this.desk.state.me.call !== ""}
      @click=${() => this.#call(item)}
    >
      ${icon("phone")}${item.patient || readable(item.number)}
    </button>`;
  }

  #call(item) {
    const patient = item.patient_id === null ? {} : { patient_id: item.patient_id };
    this.desk.perform("dial", { number: item.number, ...patient });
  }

  async #done(item) {
    const undo = () => this.desk.lists.calledAgain(item.id, false);
    try {
      await this.desk.lists.calledAgain(item.id);
      this.desk.notify("success", t("lists.was_done"), null, { text: t("lists.undo"), run: undo });
    } catch (error) {
      this.desk.notify("error", error.message || t("lists.failed"));
    }
  }
}

customElements.define("hcc-lists-pane", ListsPane);
