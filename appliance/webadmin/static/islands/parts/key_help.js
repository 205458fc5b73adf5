// The sheet of keys, opened by "?".
import { html } from "../../vendor/lit.js";
import { KEYMAP, keyLabel } from "../keymap.js";
import { t } from "../strings.js";
import { Sheet } from "./sheet.js";

const GROUPS = ["call", "state", "work"];

class KeyHelp extends Sheet {
  title() {
    return t("keys.title");
  }

  body() {
    return html`
      ${GROUPS.map(
        (group) => html`
          <h3 class="hcc-group">${t(`keys.group_${group}`)}</h3>
          <dl class="hcc-keys">
            ${KEYMAP.filter(([, , of]) => of === group).map(
              ([key, name]) => html`<div>
                <dt><kbd>${keyLabel(key)}</kbd></dt>
                <dd>${t(`keys.${name}`)}</dd>
              </div>`,
            )}
          </dl>
        `,
      )}
      <p class="text-secondary">${t("keys.hint")}</p>
    `;
  }
}

customElements.define("hcc-key-help", KeyHelp);
