// A recording: <hcc-player data-src data-peaks data-milliseconds data-download data-language>.
// `data-peaks` is JSON [[left…], [right…]] with values 0…100: the caller above, the agent below.
import { html, nothing, svg } from "../vendor/lit.js";
import { duration } from "./clock.js";
import { Island } from "./island.js";
import { icon } from "./look.js";
import { t } from "./strings.js";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const STEP_SECONDS = 5;
const WIDTH = 1000;
const HALF = 40;

/** One side of the wave as a filled outline; `sign` -1 draws upwards. */
function outline(peaks, sign) {
  const step = WIDTH / Math.max(peaks.length, 1);
  const points = peaks.map(
    (peak, index) => `${((index + 0.5) * step).toFixed(1)},${(HALF + sign * Math.max(peak * 0.38, 0.4)).toFixed(1)}`,
  );
  return `0,${HALF} ${points.join(" ")} ${WIDTH},${HALF}`;
}

class Player extends Island {
  static properties = {
    position: { state: true },
    playing: { state: true },
    failed: { state: true },
    speed: { state: true },
    length: { state: true },
  };

  #audio = new Audio();
  #peaks = [[], []];
  #frame = 0;

  constructor() {
    super();
    this.position = 0;
    this.playing = false;
    this.failed = false;
    this.speed = 1;
    this.length = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#peaks = JSON.parse(this.dataset.peaks || "[[],[]]");
    this.length = Number(this.dataset.milliseconds ?? 0) / 1000;
    this.#audio.preload = "none";
    this.#audio.src = this.dataset.src;
    this.#audio.preservesPitch = true;
    this.#audio.onloadedmetadata = () => {
      if (Number.isFinite(this.#audio.duration)) this.length = this.#audio.duration;
    };
    this.#audio.ontimeupdate = () => (this.position = this.#audio.currentTime);
    this.#audio.onplay = () => this.#started();
    this.#audio.onpause = () => (this.playing = false);
    this.#audio.onended = () => (this.position = 0);
    this.#audio.onerror = () => (this.failed = true);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    cancelAnimationFrame(this.#frame);
    this.#audio.pause();
    this.#audio.removeAttribute("src");
  }

  render() {
    return html`
      <div class="hcc-player" role="group" aria-label=${t("player.hint")} @keydown=${this.#key}>
        <div class="hcc-player-bar">
          <button
            type="button"
            class="btn btn-icon btn-primary"
            data-action="play"
            aria-label=${t(this.playing ? "player.pause" : "player.play")}
            @click=${this.#toggle}
          >
            ${icon(this.playing ? "player-pause" : "player-play")}
          </button>
          <span class="hcc-player-time">${duration(this.position * 1000)} / ${duration(this.length * 1000)}</span>
          <ul class="hcc-player-legend">
            <li><span class="hcc-swatch hcc-swatch-caller"></span>${t("player.caller")}</li>
            <li><span class="hcc-swatch hcc-swatch-agent"></span>${t("player.agent")}</li>
          </ul>
          <label class="hcc-player-speed">
            ${t("player.speed")}
            <select class="form-select form-select-sm" @change=${this.#chooseSpeed}>
              ${SPEEDS.map((speed) => html`<option value=${speed} ?selected=${speed === this.speed}>${speed}×</option>`)}
            </select>
          </label>
          ${
            this.dataset.download
              ? html`<a class="btn btn-sm" href=${this.dataset.download} download
                  >${icon("download")}${t("player.download")}</a
                >`
              : nothing
          }
        </div>
        ${this.failed ? html`<p class="hcc-wrong" role="alert">${t("player.failed")}</p>` : this.#wave()}
      </div>
    `;
  }

  #wave() {
    const played = this.length > 0 ? Math.min(this.position / this.length, 1) * WIDTH : 0;
    const [left, right] = this.#peaks;
    return html`
      <svg
        class="hcc-wave"
        viewBox="0 0 ${WIDTH} ${2 * HALF}"
        preserveAspectRatio="none"
        role="slider"
        tabindex="0"
        aria-label=${t("player.position")}
        aria-valuemin="0"
        aria-valuemax=${Math.round(this.length)}
        aria-valuenow=${Math.round(this.position)}
        aria-valuetext="${duration(this.position * 1000)} / ${duration(this.length * 1000)}"
        @pointerdown=${this.#seekTo}
        @pointermove=${(event) => event.buttons === 1 && this.#seekTo(event)}
      >
        ${svg`
          <rect class="hcc-wave-played" x="0" y="0" width=${played.toFixed(1)} height=${2 * HALF}></rect>
          <polygon class="hcc-wave-caller" points=${outline(left, -1)}></polygon>
          <polygon class="hcc-wave-agent" points=${outline(right, 1)}></polygon>
          <line class="hcc-wave-middle" x1="0" x2=${WIDTH} y1=${HALF} y2=${HALF}></line>
          <line class="hcc-wave-head" x1=${played.toFixed(1)} x2=${played.toFixed(1)} y1="0" y2=${2 * HALF}></line>
        `}
      </svg>
    `;
  }

  #started() {
    this.playing = true;
    const follow = () => {
      this.position = this.#audio.currentTime;
      if (this.playing) this.#frame = requestAnimationFrame(follow);
    };
    this.#frame = requestAnimationFrame(follow);
  }

  #toggle = () => {
    if (this.#audio.paused) this.#audio.play().catch(() => {});
    else this.#audio.pause();
  };

  #chooseSpeed = (event) => {
    this.speed = Number(event.target.value);
    this.#audio.playbackRate = this.speed;
  };

  #seekTo = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    this.#seek((this.length * (event.clientX - box.left)) / box.width);
  };

  #seek(seconds) {
    this.position = Math.min(Math.max(seconds, 0), this.length);
    this.#audio.currentTime = this.position;
  }

  #key = (event) => {
    if (event.target.closest("select, a")) return;
    const moves = { ArrowLeft: -STEP_SECONDS, ArrowRight: STEP_SECONDS };
    if (event.key in moves) this.#seek(this.position + moves[event.key]);
    else if (event.key === "Home") this.#seek(0);
    else if (event.key === "End") this.#seek(this.length);
    else if (event.key === " " && !event.target.closest("button")) this.#toggle();
    else return;
    event.preventDefault();
  };
}

customElements.define("hcc-player", Player);
