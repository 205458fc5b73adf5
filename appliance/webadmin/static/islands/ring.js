// The sound and the desktop notification of an incoming call. The tone is made here: no file to load, no licence.
import { blinkTitle, calmTitle } from "./attention.js";
import { devices, playOn } from "./devices.js";

/** The volume at which the tune is as loud as it was made. */
const LOUDEST = 70;

const PATTERN = [
  [0, 523.25],
  [0.18, 659.25],
  [0.36, 783.99],
  [0.9, 783.99],
  [1.08, 659.25],
];
const TEST_SECONDS = 1.4;
const REPEAT_SECONDS = 2.6;
const TIMES = 30;

let context = null;

/** Browsers allow sound only after a click or key: call this from one. */
export function unlockSound() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
}

function tone(output, at, pitch) {
  const source = context.createOscillator();
  const loudness = context.createGain();
  source.frequency.value = pitch;
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(0.25, at + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.4);
  source.connect(loudness).connect(output);
  source.start(at);
  source.stop(at + 0.45);
}

/** All repetitions at once: timers of a page in the background may come a minute late. */
function playTune(times = TIMES) {
  if (context?.state !== "running") return null;
  playOn(context, "ring");
  const output = context.createGain();
  output.gain.value = devices().volume / LOUDEST;
  output.connect(context.destination);
  for (let time = 0; time < times; time += 1) {
    const from = context.currentTime + 0.02 + time * REPEAT_SECONDS;
    for (const [after, pitch] of PATTERN) tone(output, from + after, pitch);
  }
  return output;
}

/** Let the agent hear the device she chose: the tune where it rings, a plain tone where people speak. */
export async function testTone(kind) {
  unlockSound();
  if (kind === "ring") {
    await context.resume();
    playTune(1);
    return;
  }
  const own = new AudioContext();
  await playOn(own, kind);
  const source = own.createOscillator();
  const loudness = own.createGain();
  loudness.gain.value = 0.1;
  source.frequency.value = 440;
  source.connect(loudness).connect(own.destination);
  source.start();
  source.stop(own.currentTime + TEST_SECONDS);
  source.onended = () => own.close();
}

export class Ringer {
  #rings = false;
  #tune = null;
  #notification = null;

  /** Ring until `stop`; with the page in the background also show `title` and `body` on the desktop. */
  start(title, body, onClick) {
    if (this.#rings) return;
    this.#rings = true;
    this.#tune = playTune();
    blinkTitle(`${title} ${body}`);
    if (!("Notification" in window) || Notification.permission !== "granted" || document.hasFocus()) return;
    this.#notification = new Notification(title, { body, tag: "hcc-call", requireInteraction: true });
    this.#notification.onclick = () => {
      window.focus();
      onClick();
    };
  }

  stop() {
    this.#rings = false;
    calmTitle();
    this.#tune?.disconnect();
    this.#tune = null;
    this.#notification?.close();
    this.#notification = null;
  }
}

/** Ask once, from a click. */
export async function askForNotifications() {
  if (notificationState() === "default") await Notification.requestPermission();
}

/** granted, default (nobody was asked yet), denied or missing. */
export function notificationState() {
  return "Notification" in window ? Notification.permission : "missing";
}
