// The sound of a new alarm on the board; silent until the user has switched it on by a click.

const PATTERN = [
  [0, 880],
  [0.22, 659.25],
  [0.44, 880],
];
const KEPT = "hcc-board-sound";

let context = null;

export class AlarmBell {
  #known = new Set();

  /** True while the user wants to hear alarms and the browser plays them. */
  get on() {
    return localStorage.getItem(KEPT) === "on" && context?.state === "running";
  }

  /** Call this from a click: browsers allow sound only then. */
  async toggle() {
    const on = !this.on;
    localStorage.setItem(KEPT, on ? "on" : "off");
    if (!on) return;
    context ??= new AudioContext();
    await context.resume();
    this.#play();
  }

  /** `alarms` are names of what is wrong right now; a new one sounds. */
  follow(alarms, sounding) {
    const fresh = [...alarms].some((name) => !this.#known.has(name));
    this.#known = new Set(alarms);
    if (fresh && sounding && this.on) this.#play();
  }

  #play() {
    for (const [after, pitch] of PATTERN) {
      const at = context.currentTime + 0.02 + after;
      const source = context.createOscillator();
      const loudness = context.createGain();
      source.frequency.value = pitch;
      loudness.gain.setValueAtTime(0, at);
      loudness.gain.linearRampToValueAtTime(0.2, at + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
      source.connect(loudness).connect(context.destination);
      source.start(at);
      source.stop(at + 0.22);
    }
  }
}
