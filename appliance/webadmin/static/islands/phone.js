// The browser phone: registers, takes what the server sends, gives sound. It never calls anybody by itself.
import JsSIP from "../vendor/jssip.js";
import { playOn, soundConstraints } from "./devices.js";
import { mediaState } from "./media.js";

const CANDIDATE_MILLIS = 300;
const LOST_MILLIS = 3000;
const WATCH_MILLIS = 1000;
const SIGN_OFF_MILLIS = 600;
const RETRY_MILLIS = 1500;

/**
 * Events: "status" after any change of `status` or `media`; "ring" and "ended" with {call, reason} as detail.
 * `status`: off, registering, registered, failed. `media`: see media.js.
 */
export class BrowserPhone extends EventTarget {
  status = "off";
  media = "off";

  #agent = null;
  #account = "";
  #session = null;
  #call = "";
  #accepted = false;
  #answerWhenHere = "";
  #watch = null;
  #memory = {};
  #deskOnline = () => true;
  #audio = new Audio();

  /** `deskOnline` says whether the desk's own connection lives: a part of telling a lost call. */
  constructor(deskOnline) {
    super();
    this.#deskOnline = deskOnline;
    this.#audio.autoplay = true;
    addEventListener("hcc-devices", () => playOn(this.#audio, "speaker"));
  }

  /** The call whose INVITE is here, or "". */
  get call() {
    return this.#session ? this.#call : "";
  }

  /** From the moment the agent (or the page for her) has answered. */
  get answered() {
    return this.#accepted;
  }

  /** Register with the account {user, secret, domain}, or sign off with null. The same account again does nothing. */
  use(account) {
    const name = account ? `${account.user}:${account.secret}@${account.domain}` : "";
    if (name === this.#account) return;
    this.#account = name;
    this.#agent?.stop();
    this.#agent = null;
    this.#setStatus("off");
    if (account) this.#register(account);
  }

  /** Unregister; resolves when that is done, or after a moment when nobody answers. */
  async signOff() {
    const agent = this.#agent;
    if (!agent?.isRegistered()) return;
    const done = new Promise((resolve) => agent.once("unregistered", resolve));
    this.use(null);
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, SIGN_OFF_MILLIS))]);
  }

  /** Try again now, after the network has come back. */
  refresh() {
    if (this.#agent && !this.#agent.isRegistered() && this.#agent.isConnected()) this.#agent.register();
  }

  /** Take the call `call`; when its INVITE has not arrived yet, as soon as it does. */
  answer(call) {
    if (this.#session && this.#call === call) this.#accept();
    else this.#answerWhenHere = call;
    this.dispatchEvent(new Event("status"));
  }

  hangUp(reason = "local") {
    const session = this.#session;
    if (!session) return;
    this.#forget(reason);
    try {
      session.terminate();
    } catch {
      // Already over for the library; what matters is that it is over on the screen.
    }
  }

  /** Ask for the microphone (`ask` shows the browser's question) and note what came of it. */
  async checkMicrophone(ask) {
    this.#setMedia(await mediaState(ask, soundConstraints()));
  }

  #register(account) {
    const url = new URL("/sip", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(url.href)],
      uri: `sip:${account.user}@${account.domain || location.hostname}`,
      password: account.secret,
      user_agent: "HCC desktop",
      register_expires: 120,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
    });
    this.#agent = agent;
    const present = (status) => agent === this.#agent && this.#setStatus(status);
    agent.on("registered", () => present("registered"));
    agent.on("unregistered", () => present("registering"));
    agent.on("registrationFailed", () => {
      present("failed");
      setTimeout(() => agent === this.#agent && this.refresh(), RETRY_MILLIS);
    });
    agent.on("disconnected", () => present("registering"));
    agent.on("newRTCSession", ({ originator, session, request }) => {
      if (originator === "remote") this.#take(session, request);
    });
    this.#setStatus("registering");
    agent.start();
  }

  #take(session, request) {
    if (this.#session && !this.#session.isEnded()) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.#session = session;
    this.#accepted = false;
    this.#call = request.getHeader("X-HCC-Call") ?? "";
    session.on("ended", ({ originator }) => this.#over(session, originator));
    session.on("failed", ({ cause }) => this.#over(session, cause));
    session.on("getusermediafailed", () => this.checkMicrophone(false));
    session.on("peerconnection", ({ peerconnection }) => this.#listen(peerconnection));
    session.on("icecandidate", this.#limitGathering());
    this.#tell("ring", "");
    const wanted = request.getHeader("X-HCC-Auto-Answer") === "1" || this.#answerWhenHere === this.#call;
    if (wanted) this.#accept();
  }

  /** Several networks make gathering slow: after the first candidate wait only a moment for more. */
  #limitGathering() {
    let timer = null;
    return ({ ready }) => {
      timer ??= setTimeout(ready, CANDIDATE_MILLIS);
    };
  }

  #accept() {
    this.#answerWhenHere = "";
    if (this.#accepted) return;
    this.#accepted = true;
    this.#session.answer({ mediaConstraints: soundConstraints(), pcConfig: { iceServers: [] } });
    this.#memory = {};
    this.#watch ??= setInterval(() => this.#look(), WATCH_MILLIS);
  }

  #listen(connection) {
    connection.addEventListener("track", (event) => {
      this.#audio.srcObject = event.streams[0] ?? new MediaStream([event.track]);
      playOn(this.#audio, "speaker");
      this.#audio.play().catch(() => {});
    });
  }

  /** Once a second in a call: does sound come in, and is there still anybody to talk to? */
  async #look() {
    const connection = this.#session?.connection;
    if (!connection) return;
    const ice = connection.iceConnectionState;
    const received = await packetsReceived(connection);
    if (connection !== this.#session?.connection) return;
    const at = performance.now();
    const memory = this.#memory;
    if (received > (memory.received ?? 0)) memory.heardAt = at;
    memory.received = received;
    const broken = ice === "disconnected" || ice === "failed";
    memory.brokenAt = broken ? (memory.brokenAt ?? at) : undefined;
    if (broken) this.#setMedia("broken");
    else if (received > 0) this.#setMedia(at - (memory.heardAt ?? at) > LOST_MILLIS ? "one_way" : "flowing");
    const cut = ice === "failed" || !this.#agent?.isConnected() || !this.#deskOnline();
    // The library keeps such a session for ever: over a dead server it never hears of its end.
    if (broken && cut && at - memory.brokenAt > LOST_MILLIS) this.hangUp("lost");
  }

  #over(session, reason) {
    if (session === this.#session) this.#forget(reason);
  }

  #forget(reason) {
    this.#tell("ended", reason);
    this.#session = null;
    this.#accepted = false;
    this.#call = "";
    clearInterval(this.#watch);
    this.#watch = null;
    this.#audio.srcObject = null;
    this.checkMicrophone(false);
  }

  #tell(kind, reason) {
    this.dispatchEvent(new CustomEvent(kind, { detail: { call: this.#call, reason } }));
    this.dispatchEvent(new Event("status"));
  }

  #setStatus(status) {
    if (this.status === status) return;
    this.status = status;
    this.dispatchEvent(new Event("status"));
  }

  #setMedia(media) {
    if (this.media === media) return;
    this.media = media;
    this.dispatchEvent(new Event("status"));
  }
}

async function packetsReceived(connection) {
  const report = await connection.getStats().catch(() => []);
  let packets = 0;
  report.forEach((entry) => {
    if (entry.type === "inbound-rtp" && entry.kind === "audio") packets += entry.packetsReceived ?? 0;
  });
  return packets;
}
