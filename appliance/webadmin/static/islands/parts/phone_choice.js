// Which telephone to sign in with; a remote agent types the number she is at.
import { html, nothing } from "../../vendor/lit.js";
import { Part } from "../look.js";
import { t } from "../strings.js";

class PhoneChoice extends Part {
  static properties = { phone: { state: true }, number: { state: true } };

  /** What signing in needs: {phone, number}. */
  get choice() {
    const { me } = this.desk.state;
    const phone = this.phone ?? (me.phone === "outside" && !me.remote ? "web" : me.phone);
    return { phone, number: phone === "outside" ? (this.number ?? me.outside_number ?? "") : "" };
  }

  render() {
    const { me } = this.desk.state;
    const { phone, number } = this.choice;
    const options = [
      ["web", t("bar.phone_web")],
      ["sip", me.extension ? t("bar.phone_sip", me) : t("bar.phone_sip_none")],
      ...(me.remote ? [["outside", t("remote.phone")]] : []),
    ];
    return html`
      <select
        class="form-select hcc-phone-choice"
        aria-label=${t("bar.phone")}
        @change=${(event) => (this.phone = event.target.value)}
      >
        ${options.map(([value, text]) => html`<option value=${value} ?selected=${value === phone}>${text}</option>`)}
      </select>
      ${
        phone === "outside"
          ? html`<input
            class="form-control hcc-outside-number"
            type="tel"
            inputmode="tel"
            maxlength="20"
            autocomplete="tel"
            aria-label=${t("remote.number")}
            placeholder=${t("remote.number")}
            .value=${number}
            @input=${(event) => (this.number = event.target.value.trim())}
          />`
          : nothing
      }
    `;
  }
}

customElements.define("hcc-phone-choice", PhoneChoice);
