// Microphone, loudspeaker, ring device and volume; with a level and a test tone to hear that it works.
import { html, nothing } from "../../vendor/lit.js";
import { LevelMeter, chooseDevices, devices, knownDevices } from "../devices.js";
import { askForNotifications, notificationState, testTone } from "../ring.js";
import { t } from "../strings.js";
import { Sheet } from "./sheet.js";

class DeviceSheet extends Sheet {
  static properties = { known: { state: true }, level: { state: true }, failed: { state: true }, note: { state: true } };

  #meter = new LevelMeter();
  #look = () => this.#list();

  constructor() {
    super();
    this.known = { microphones: [], speakers: [] };
    this.level = 0;
    this.failed = false;
  }

  title() {
    return t("device.title");
  }

  async opened() {
    navigator.mediaDevices?.addEventListener("devicechange", this.#look);
    await this.#listen();
    await this.#list();
  }

  closed() {
    navigator.mediaDevices?.removeEventListener("devicechange", this.#look);
    this.#meter.stop();
  }

  body() {
    const { volume } = devices();
    return html`
      <div class="hcc-form">
        ${this.#select("microphone", this.known.microphones)}
        <div>
          <meter class="hcc-level" min="0" max="1" .value=${this.level} aria-label=${t("device.level")}></meter>
          ${this.failed ? html`<div class="hcc-wrong" role="alert">${t("device.no_microphone")}</div>` : nothing}
        </div>
        ${this.#select("speaker", this.known.speakers, () => testTone("speaker"))}
        ${this.#select("ring", this.known.speakers, () => testTone("ring"))}
        <div>
          <label class="form-label" for="hcc-volume">${t("device.volume", { volume })}</label>
          <input
            class="form-range"
            id="hcc-volume"
            type="range"
            min="0"
            max="100"
            step="5"
            .value=${String(volume)}
            @input=${(event) => this.#choose({ volume: Number(event.target.value) })}
          />
        </div>
        <div class="hcc-form-buttons">
          <span>${t(`device.notify_${notificationState()}`)}</span>
          ${
            notificationState() === "default"
              ? html`<button type="button" class="btn btn-sm" @click=${this.#ask}>${t("device.allow")}</button>`
              : nothing
          }
        </div>
        <p class="text-secondary">${t("device.hint")}</p>
      </div>
    `;
  }

  #select(kind, options, tone = null) {
    const chosen = devices()[kind];
    return html`
      <div>
        <label class="form-label" for="hcc-${kind}">${t(`device.${kind}`)}</label>
        <div class="hcc-again">
          <select
            class="form-select"
            id="hcc-${kind}"
            @change=${(event) => this.#choose({ [kind]: event.target.value }, kind === "microphone")}
          >
            <option value="" ?selected=${chosen === ""}>${t("device.usual")}</option>
            ${options.map((one) => html`<option value=${one.id} ?selected=${chosen === one.id}>${one.label}</option>`)}
          </select>
          ${tone ? html`<button type="button" class="btn" data-test=${kind} @click=${tone}>${t("device.test")}</button>` : nothing}
        </div>
      </div>
    `;
  }

  #choose(change, listenAnew = false) {
    chooseDevices(change);
    this.requestUpdate();
    if (listenAnew) this.#listen();
  }

  async #listen() {
    try {
      await this.#meter.start((level) => (this.level = level));
      this.failed = false;
    } catch {
      this.failed = true;
      this.level = 0;
    }
  }

  async #list() {
    this.known = await knownDevices();
  }

  #ask = async () => {
    await askForNotifications();
    this.requestUpdate();
  };
}

customElements.define("hcc-device-sheet", DeviceSheet);
