// The page of another system about the present call: a button, or opened once when the call is answered.
import { html, nothing } from "../../vendor/lit.js";
import { Part, icon } from "../look.js";
import { t } from "../strings.js";

let opened = "";

class PopLink extends Part {
  render() {
    const { me, myCall } = this.desk.state;
    const pop = me?.pop;
    if (!pop || !myCall) return nothing;
    if (pop.opens && myCall.phase === "talking" && opened !== myCall.id) {
      opened = myCall.id;
      window.open(pop.url, "_blank", "noopener");
    }
    return html`<a class="btn btn-outline-primary w-100 mb-2" data-action="pop" href=${pop.url} target="_blank" rel="noopener"
      >${icon("external-link")}${t("call.pop")}</a
    >`;
  }
}

customElements.define("hcc-pop-link", PopLink);
