// What to say: cards for the call's queue and the chosen business type, with the names filled in.
import { html, nothing } from "../../vendor/lit.js";
import { Part, icon } from "../look.js";
import { patientOf } from "../state.js";
import { t } from "../strings.js";

const NAME = /\{([a-z]+)\}/;

/** Cards that fit: those of the queue and the type, and those for every one. */
export function fitting(scripts, queue, businessType) {
  return scripts.filter(
    (card) =>
      (card.queue === null || card.queue === queue) &&
      (card.business_type === "" || businessType === "" || card.business_type === businessType),
  );
}

class ScriptCards extends Part {
  render() {
    const call = this.desk.contextCall;
    if (!call || call.direction === "internal") return nothing;
    const cards = fitting(this.desk.lists.setup.scripts, call.queue, this.desk.businessType);
    if (cards.length === 0) return nothing;
    const values = this.#values(call);
    return html`
      <div class="card hcc-scripts">
        <h3 class="hcc-group">${icon("message-2")}${t("script.title")}</h3>
        ${cards.map(
          (card, index) => html`
            <details class="hcc-script" ?open=${index === 0 || card.business_type !== ""} data-script=${card.id}>
              <summary>${card.title}</summary>
              <p>${this.#filled(card.text, values)}</p>
            </details>
          `,
        )}
      </div>
    `;
  }

  #values(call) {
    const { me, agents, queues } = this.desk.state;
    return {
      patient: this.desk.patientName ?? patientOf(call)?.name,
      agent: agents.get(me.id)?.name ?? me.name,
      number: me.number,
      hospital: this.desk.lists.setup.hospital,
      queue: queues.get(call.queue)?.name,
    };
  }

  /** What is not known is marked, so that nobody reads braces aloud. */
  #filled(text, values) {
    return text.split(NAME).map((piece, index) => {
      if (index % 2 === 0) return piece;
      return values[piece] ? html`<b>${values[piece]}</b>` : html`<mark>${t(`script.${piece}`)}</mark>`;
    });
  }
}

customElements.define("hcc-script-cards", ScriptCards);
