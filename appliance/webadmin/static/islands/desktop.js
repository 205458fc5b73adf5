// The agent's desktop: <hcc-desktop data-language="zh_CN">.
import { html, nothing } from "../vendor/lit.js";
import { Desk } from "./desk.js";
import { dropOldDrafts } from "./drafts.js";
import { KEYMAP } from "./keymap.js";
import { listen } from "./keys.js";
import { reportScreen } from "./looking.js";
import { Island } from "./island.js";
import { icon } from "./look.js";
import { otherNumber } from "./state.js";
import { t } from "./strings.js";
import "./parts/block_sheet.js";
import "./parts/call_pane.js";
import "./parts/cut_talk.js";
import "./parts/from_manager.js";
import "./parts/device_sheet.js";
import "./parts/key_help.js";
import "./parts/patient_pane.js";
import "./parts/script_cards.js";
import "./parts/top_bar.js";
import "./parts/work_pane.js";

const LEVEL = { info: "info", success: "success", warning: "warning", error: "danger" };

class Desktop extends Island {
  #desk = null;
  #endKeys = null;
  #endReport = null;
  #redraw = () => this.requestUpdate();

  connectedCallback() {
    super.connectedCallback();
    dropOldDrafts();
    this.#desk = new Desk();
    this.#desk.addEventListener("update", this.#redraw);
    this.#endKeys = listen(this.#keys());
    this.#endReport = reportScreen(this.#desk);
    this.#desk.start();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#endKeys();
    this.#endReport();
    this.#desk.stop();
  }

  render() {
    const desk = this.#desk;
    const status = desk.socket.status;
    if (status === "signed_out" || status === "forbidden") return this.#closed(status);
    if (desk.takenOver) return this.#dead();
    if (!desk.state.known)
      return html`<div class="hcc-loading" role="status"><span class="spinner-border"></span></div>`;
    if (desk.state.me === null) return this.#closed("forbidden");
    return html`
      ${this.#banners()}
      <hcc-from-manager .desk=${desk}></hcc-from-manager>
      <hcc-cut-talk .desk=${desk}></hcc-cut-talk>
      <hcc-top-bar .desk=${desk} @devices=${() => this.#open("hcc-device-sheet")}></hcc-top-bar>
      <div class="hcc-columns" @block=${() => this.#open("hcc-block-sheet")}>
        <section class="hcc-column">
          <h2 class="visually-hidden">${t("pane.call")}</h2>
          <hcc-call-pane .desk=${desk}></hcc-call-pane>
          <hcc-script-cards .desk=${desk}></hcc-script-cards>
          ${this.#shortcuts()}
        </section>
        <section class="hcc-column">
          <h2 class="visually-hidden">${t("pane.patient")}</h2>
          <hcc-patient-pane .desk=${desk}></hcc-patient-pane>
        </section>
        <section class="hcc-column">
          <h2 class="visually-hidden">${t("pane.work")}</h2>
          <hcc-work-pane .desk=${desk}></hcc-work-pane>
        </section>
      </div>
      <hcc-key-help></hcc-key-help>
      <hcc-device-sheet></hcc-device-sheet>
      <hcc-block-sheet .desk=${desk}></hcc-block-sheet>
      ${this.#announcement()} ${this.#notices()}
    `;
  }

  #banners() {
    const { socket, state, phone } = this.#desk;
    const web = state.signedIn && state.me.phone === "web";
    return html`
      ${socket.status === "offline" ? this.#banner("danger", "wifi-off", t("banner.offline")) : nothing}
      ${state.pbx ? nothing : this.#banner("danger", "phone-off", t("banner.pbx"))}
      ${web && ["denied", "missing"].includes(phone.media) ? this.#banner("warning", "microphone-off", t("banner.microphone")) : nothing}
      ${
        web && phone.media === "ask"
          ? this.#banner(
              "warning",
              "microphone",
              html`${t("banner.microphone_ask")}
                <button type="button" class="btn btn-sm" @click=${() => phone.checkMicrophone(true)}>
                  ${t("banner.microphone_allow")}
                </button>`,
            )
          : nothing
      }
    `;
  }

  #banner(tone, symbol, text) {
    return html`<div class="alert alert-${tone} hcc-banner" role="alert">
      ${icon(symbol)}
      <div>${text}</div>
    </div>`;
  }

  #closed(reason) {
    return html`
      <div class="card hcc-dead">
        <span class="hcc-empty-icon">${icon("lock")}</span>
        <p class="hcc-empty-title">${t(`banner.${reason}`)}</p>
        ${reason === "signed_out" ? html`<a class="btn btn-primary" href="/login">${t("banner.sign_in_again")}</a>` : nothing}
      </div>
    `;
  }

  #dead() {
    return html`
      <div class="card hcc-dead" role="alertdialog" aria-labelledby="hcc-dead-title">
        <span class="hcc-empty-icon">${icon("device-desktop")}</span>
        <h2 class="hcc-title" id="hcc-dead-title">${t("dead.title")}</h2>
        <p class="text-secondary">${t("dead.text")}</p>
        <button type="button" class="btn btn-primary" data-action="take_over" @click=${() => this.#desk.takeOver()}>
          ${t("dead.button")}
        </button>
      </div>
    `;
  }

  #shortcuts() {
    return html`
      <button
        type="button"
        class="btn btn-link hcc-shortcuts"
        data-action="help"
        @click=${() => this.#open("hcc-key-help")}
      >
        ${icon("keyboard")}${t("keys.title")} <kbd>?</kbd>
      </button>
    `;
  }

  #open(sheet) {
    this.querySelector(sheet)?.open();
  }

  #offer(notice) {
    const take = () => {
      this.#desk.dismiss(notice.id);
      notice.offer.run();
    };
    return html`<button type="button" class="btn btn-sm" @click=${take}>${notice.offer.text}</button>`;
  }

  /** Screen readers hear of a call at once. */
  #announcement() {
    const { offered, state } = this.#desk;
    const call = state.myCall;
    const who = offered ? (state.nameOf(call) ?? t("call.unregistered")) : "";
    return html`<div class="visually-hidden" aria-live="assertive">
      ${offered ? t("call.ring_announcement", { who, number: otherNumber(call) }) : nothing}
    </div>`;
  }

  #notices() {
    return html`
      <div class="hcc-notices" aria-live="polite">
        ${this.#desk.notices.map(
          (notice) => html`
            <div class="alert alert-${LEVEL[notice.level] ?? "info"} hcc-notice" data-level=${notice.level}>
              <div>
                ${
                  notice.order
                    ? html`<a href="/orders/${notice.order}" target="_blank" rel="noopener">${notice.text}</a>`
                    : notice.text
                }
                ${notice.offer ? this.#offer(notice) : nothing}
              </div>
              <button
                type="button"
                class="btn-close"
                aria-label=${t("notice.close")}
                @click=${() => this.#desk.dismiss(notice.id)}
              ></button>
            </div>
          `,
        )}
      </div>
    `;
  }

  #keys() {
    const desk = this.#desk;
    const inCall = () => ["talking", "holding"].includes(desk.state.myCall?.phase);
    const press = (action) => {
      const button = this.querySelector(`[data-action="${action}"]`);
      if (!button || button.disabled) return false;
      button.click();
      return true;
    };
    const work = () => this.querySelector("hcc-work-pane");
    const actions = {
      answer: () => desk.offered && press("answer"),
      reject: () => desk.offered && press("reject"),
      hang_up: () => press("hang_up"),
      hold: () => inCall() && press("hold"),
      mute: () => inCall() && press("mute"),
      transfer: () => inCall() && press("transfer"),
      block: () => press("propose_block"),
      ready: () => press("ready"),
      busy: () => this.querySelector("hcc-top-bar")?.openBusyMenu(),
      search: () => this.querySelector("hcc-patient-pane")?.focusSearch(),
      wrap: () => work()?.focusForm(),
      save: () => work()?.saveForm(),
      order: () => work()?.focusOrder(),
      help: () => this.#open("hcc-key-help"),
    };
    return Object.fromEntries(KEYMAP.map(([key, name]) => [key, actions[name]]));
  }
}

customElements.define("hcc-desktop", Desktop);
