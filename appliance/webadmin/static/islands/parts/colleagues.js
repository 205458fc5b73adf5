// Who else is there right now.
import { html, nothing } from "../../vendor/lit.js";
import { Part, STATE_LOOK, stateText } from "../look.js";
import { t } from "../strings.js";

class Colleagues extends Part {
  render() {
    const { me, agents } = this.desk.state;
    const others = [...agents.values()]
      .filter((agent) => agent.id !== me.id && agent.state !== "signed_out")
      .sort((a, b) => a.number.localeCompare(b.number));
    if (others.length === 0) return nothing;
    return html`
      <div class="card hcc-colleagues">
        <h3 class="hcc-title">${t("pane.colleagues")}</h3>
        <ul>
          ${others.map(
            (agent) => html`
              <li>
                <span class="hcc-dot hcc-dot-${STATE_LOOK[agent.state].tone}"></span>
                <span class="hcc-target-name">${agent.name} <small class="text-secondary">${agent.number}</small></span>
                <span class="hcc-target-note">${stateText(agent)} <hcc-time .since=${agent.since} .limit=${agent.limit_at}></hcc-time></span>
              </li>
            `,
          )}
        </ul>
      </div>
    `;
  }
}

customElements.define("hcc-colleagues", Colleagues);
