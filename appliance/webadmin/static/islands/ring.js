// The sound and the desktop notification of an incoming call. The tone is made here: no file to load, no licence.

const PATTERN = [
  [0, 523.25],
  [0.18, 659.25],
  [0.36, 783.99],
  [0.9, 783.99],
  [1.08, 659.25],
];
const REPEAT_MILLIS = 2600;

let context = null;

/** Browsers allow sound only after a click or key: call this from one. */
export function unlockSound() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
}

function chime() {
  if (context?.state !== "running") return;
  for (const [after, pitch] of PATTERN) {
    const at = context.currentTime + 0.02 + after;
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.25, at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.4);
    tone.connect(loudness).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.45);
  }
}

export class Ringer {
  #timer = null;
  #notification = null;

  /** Ring until `stop`; with the page in the background also show `title` and `body` on the desktop. */
  start(title, body, onClick) {
    if (this.#timer !== null) return;
    chime();
    this.#timer = setInterval(chime, REPEAT_MILLIS);
    if (!("Notification" in window) || Notification.permission !== "granted" || document.hasFocus()) return;
    this.#notification = new Notification(title, { body, tag: "hcc-call", requireInteraction: true });
    this.#notification.onclick = () => {
      window.focus();
      onClick();
    };
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#notification?.close();
    this.#notification = null;
  }
}

/** Ask once, from a click. */
export function askForNotifications() {
  if ("Notification" in window && Notification.permission === "default") Notification.requestPermission();
}
