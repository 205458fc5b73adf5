// What the appliance put right by itself today, for managers; nothing is drawn when there was nothing.
import { html, nothing } from "../../vendor/lit.js";
import { icon } from "../look.js";
import { t } from "../strings.js";

/** An agent who is signed in with the browser phone, but whose page is not there. */
export function pageGone(agent) {
  const gone = agent.page_online === false && agent.phone === "web" && agent.state !== "signed_out";
  return gone
    ? html`<span class="hcc-badge hcc-tone-red" data-page-gone>${icon("wifi-off")}${t("cause.page_gone")}</span>`
    : nothing;
}

const time = (millis) => new Date(millis).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function repairsLine(repairs) {
  const counts = Object.entries(repairs?.counts ?? {});
  if (counts.length === 0) return nothing;
  return html`<details class="hcc-repairs" data-repairs>
    <summary>
      ${icon("tool")}${t("board.repairs")}
      ${counts.map(([kind, count]) => html`<span class="hcc-badge hcc-tone-grey">${t(`board.repair_${kind}`)} ${count}</span>`)}
    </summary>
    <ul>
      ${repairs.last.map((one) => html`<li>${time(one.at)} ${t(`board.repair_${one.kind}`)} <small>${one.subject}</small></li>`)}
    </ul>
  </details>`;
}
