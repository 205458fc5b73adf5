// The limits at which the board raises an alarm, for all queues and each of them, and for states.
import { html } from "../../vendor/lit.js";
import { t } from "../strings.js";
import { Dialog } from "./dialog.js";

const MEASURES = [
  ["longest_seconds", "manager.thresholds_longest", 86_400],
  ["waiting", "manager.thresholds_waiting", 10_000],
  ["level_percent", "manager.thresholds_level", 100],
];
const STATES = ["ready", "ringing", "talking", "holding", "wrap_up", "busy", "not_answering"];
const LONGEST = 86_400;

class ThresholdsBox extends Dialog {
  static properties = {
    seat: { attribute: false },
    state: { attribute: false },
    wrong: { state: true },
  };

  render() {
    const { thresholds, queues } = this.state;
    const rows = [
      ["0", t("manager.thresholds_others")],
      ...[...queues.values()].sort((a, b) => a.number.localeCompare(b.number)).map((queue) => [String(queue.id), queue.name]),
    ];
    return this.frame(
      t("manager.thresholds"),
      html`<form class="hcc-dialog-body" novalidate @submit=${(event) => this.#save(event)}>
        <p class="text-secondary">${t("manager.thresholds_hint")}</p>
        <table class="table table-sm hcc-table">
          <thead>
            <tr>
              <th scope="col">${t("manager.thresholds_queue")}</th>
              ${MEASURES.map(([, label]) => html`<th scope="col" class="hcc-number">${t(label)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              ([key, name]) => html`<tr>
                <th scope="row">${name}</th>
                ${MEASURES.map(
                  ([measure, label, most]) => html`<td class="hcc-number">
                    ${this.#field(`${name} ${t(label)}`, thresholds.queues[key]?.[measure], most, key, measure)}
                  </td>`,
                )}
              </tr>`,
            )}
          </tbody>
        </table>
        <table class="table table-sm hcc-table">
          <thead>
            <tr>
              <th scope="col">${t("manager.thresholds_state")}</th>
              <th scope="col" class="hcc-number">${t("manager.thresholds_stay")}</th>
            </tr>
          </thead>
          <tbody>
            ${STATES.map(
              (state) => html`<tr>
                <th scope="row">${t(`state.${state}`)}</th>
                <td class="hcc-number">
                  ${this.#field(`${t(`state.${state}`)} ${t("manager.thresholds_stay")}`, thresholds.states[state], LONGEST, "", state)}
                </td>
              </tr>`,
            )}
          </tbody>
        </table>
        <label class="form-check">
          <input type="checkbox" class="form-check-input" name="sound" .checked=${thresholds.sound} />
          <span class="form-check-label">${t("manager.thresholds_sound")}</span>
        </label>
        <div class="hcc-row">
          <span class="hcc-wrong hcc-grow" role="alert">${this.wrong ? t("manager.thresholds_wrong") : ""}</span>
          <button type="button" class="btn" @click=${() => this.close()}>${t("manager.cancel")}</button>
          <button class="btn btn-primary" data-action="set_thresholds" ?disabled=${this.seat.busy.has("set_thresholds")}>
            ${t("manager.save")}
          </button>
        </div>
      </form>`,
    );
  }

  #field(label, value, most, queue, name) {
    return html`<input
      type="number"
      class="form-control form-control-sm hcc-limit"
      min="1"
      max=${most}
      step="1"
      aria-label=${label}
      data-queue=${queue}
      data-name=${name}
      .value=${value === undefined || value === null ? "" : String(value)}
    />`;
  }

  async #save(event) {
    event.preventDefault();
    const fields = [...this.querySelectorAll("input.hcc-limit")];
    this.wrong = fields.some((field) => !field.checkValidity());
    if (this.wrong) {
      fields.find((field) => !field.checkValidity()).focus();
      return;
    }
    const queues = {};
    const states = {};
    for (const field of fields.filter((one) => one.value !== "")) {
      const { queue, name } = field.dataset;
      if (queue === "") states[name] = Number(field.value);
      else (queues[queue] ??= {})[name] = Number(field.value);
    }
    const sound = this.querySelector("input[name=sound]").checked;
    if (!(await this.seat.perform("set_thresholds", { queues, states, sound }))) return;
    this.seat.notify("success", t("manager.saved"));
    this.close();
  }
}

customElements.define("hcc-thresholds-box", ThresholdsBox);
