// Over the board's lists: the four counts as filters, search, queue, and the manager's tools.
import { html, nothing } from "../../vendor/lit.js";
import { GROUP_ORDER } from "../figures.js";
import { icon } from "../look.js";
import { t } from "../strings.js";

const TONE = { in_service: "blue", idle: "green", on_break: "red", closed: "grey" };

/** `filter` is {text, queue, group}; `choose` takes a changed one. */
export function filterBar(board, filter, counts, choose) {
  const queues = [...board.state.queues.values()].sort((a, b) => a.number.localeCompare(b.number));
  return html`<div class="hcc-tools" role="search">
    <div class="hcc-groups" role="group" aria-label=${t("board.agents")}>
      ${GROUP_ORDER.map(
        (group) => html`<button
          type="button"
          class="hcc-group hcc-tone-${TONE[group]}"
          data-group=${group}
          aria-pressed=${filter.group === group}
          @click=${() => choose({ ...filter, group: filter.group === group ? "" : group })}
        >
          ${t(`manager.group_${group}`)} <strong>${counts[group]}</strong>
        </button>`,
      )}
    </div>
    <input
      type="search"
      class="form-control form-control-sm hcc-search"
      placeholder=${t("manager.search")}
      aria-label=${t("manager.search")}
      .value=${filter.text}
      @input=${(event) => choose({ ...filter, text: event.target.value })}
    />
    <select
      class="form-select form-select-sm hcc-queue-choice"
      aria-label=${t("board.queue")}
      @change=${(event) => choose({ ...filter, queue: Number(event.target.value) })}
    >
      <option value="0">${t("manager.all_queues")}</option>
      ${queues.map((queue) => html`<option value=${queue.id} ?selected=${queue.id === filter.queue}>${queue.name}</option>`)}
    </select>
    <span class="hcc-grow"></span>
    ${board.tools()}
  </div>`;
}

export function managerTools(seat, bell, { manages, open, ring }) {
  return html`
    ${manages ? phoneChoice(seat) : nothing}
    ${
      manages
        ? html`<button type="button" class="btn btn-sm" data-action="messages" @click=${() => open("message")}>
            ${icon("message")}${t("manager.message")}
          </button>`
        : nothing
    }
    <button type="button" class="btn btn-sm" data-action="thresholds" @click=${() => open("thresholds")}>
      ${icon("adjustments")}${t("manager.thresholds")}
    </button>
    <button type="button" class="btn btn-sm" data-action="sound" aria-pressed=${bell.on} @click=${ring}>
      ${icon(bell.on ? "volume" : "volume-off")}${t(bell.on ? "manager.sound_off" : "manager.sound_on")}
    </button>
  `;
}

function phoneChoice(seat) {
  const web = seat.phoneChoice === "web";
  const ready = seat.phoneReady;
  return html`<span class="hcc-own-phone">
    <span
      class="hcc-dot hcc-dot-${ready ? "green" : "red"}"
      data-phone=${ready}
      title=${t(ready ? "manager.phone_ready" : "manager.phone_off")}
    ></span>
    <select
      class="form-select form-select-sm"
      aria-label=${t("manager.phone")}
      @change=${(event) => seat.choosePhone(event.target.value === "web" ? "web" : "")}
    >
      <option value="web" ?selected=${web}>${t("manager.phone_web")}</option>
      <option value="extension" ?selected=${!web}>${t("manager.phone_extension")}</option>
    </select>
    ${
      web
        ? nothing
        : html`<input
            class="form-control form-control-sm"
            inputmode="numeric"
            maxlength="8"
            size="5"
            placeholder=${t("manager.phone_number")}
            aria-label=${t("manager.phone_number")}
            .value=${seat.phoneChoice}
            @change=${(event) => seat.choosePhone(event.target.value.trim())}
          />`
    }
  </span>`;
}
