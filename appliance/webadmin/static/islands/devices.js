// Which microphone and loudspeakers this browser uses for calls and for ringing; remembered on this computer.

const KEY = "hcc-devices";
const PLAIN = { microphone: "", speaker: "", ring: "", volume: 70 };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

let chosen = read();

function read() {
  try {
    return { ...PLAIN, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { ...PLAIN };
  }
}

export function devices() {
  return chosen;
}

/** `change`: any of microphone, speaker, ring (device ids, "" = the system's own) and volume (0 to 100). */
export function chooseDevices(change) {
  chosen = { ...chosen, ...change };
  localStorage.setItem(KEY, JSON.stringify(chosen));
  dispatchEvent(new Event("hcc-devices"));
}

/** For getUserMedia. A microphone that was unplugged is replaced by the system's own. */
export function soundConstraints() {
  const device = chosen.microphone ? { deviceId: { ideal: chosen.microphone } } : {};
  return { audio: { ...SOUND, ...device }, video: false };
}

/** Let an audio element or context play on the chosen device ("speaker" or "ring"); without it on the system's own. */
export async function playOn(player, kind) {
  const device = chosen[kind];
  if (!player.setSinkId || (player.sinkId || "") === device) return;
  await player.setSinkId(device).catch(() => player.setSinkId("").catch(() => {}));
}

/** Microphones and loudspeakers there are: [{id, label}]. Names are known only once the microphone was allowed. */
export async function knownDevices() {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const of = (kind) =>
    all
      .filter((one) => one.kind === kind && one.deviceId !== "" && one.deviceId !== "default")
      .map((one, index) => ({ id: one.deviceId, label: one.label || `${index + 1}` }));
  return { microphones: of("audioinput"), speakers: of("audiooutput") };
}

/** Measures the chosen microphone: `heard(0…1)` several times a second until `stop()`. */
export class LevelMeter {
  #stream = null;
  #context = null;
  #timer = null;

  async start(heard) {
    this.stop();
    const stream = await navigator.mediaDevices.getUserMedia(soundConstraints());
    this.#stream = stream;
    this.#context = new AudioContext();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    this.#context.createMediaStreamSource(stream).connect(analyser);
    const wave = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(wave);
      const power = wave.reduce((sum, value) => sum + value * value, 0) / wave.length;
      // -60 dB … 0 dB become 0 … 1.
      heard(Math.min(1, Math.max(0, 1 + (10 * Math.log10(power + 1e-9)) / 60)));
    }, 100);
  }

  stop() {
    clearInterval(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#context?.close();
    this.#stream = this.#context = this.#timer = null;
  }
}
