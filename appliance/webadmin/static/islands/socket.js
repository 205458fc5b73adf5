// The connection to the desk program: says hello, keeps the place in the stream of changes, comes back by itself.
import { forgetServerTime, setServerTime } from "./clock.js";
import { t } from "./strings.js";

const PING_MILLIS = 5000;
const PONG_MILLIS = 4000;
const ANSWER_MILLIS = 18_000;
const BACK_OFF_MILLIS = [200, 400, 800, 1500, 3000];

const FINAL = { 4401: "signed_out", 4403: "forbidden", 4409: "other_tab" };

export class RefusedError extends Error {
  constructor({ code, message }) {
    super(message);
    this.code = code;
  }
}

/**
 * Events: "status" (see `status`), "snapshot" and "change" with the server's document as detail.
 * `status` is connecting, online, offline, or one of the final ones signed_out, forbidden, other_tab.
 */
export class DeskSocket extends EventTarget {
  status = "connecting";

  #page;
  #tab;
  #socket = null;
  #seq = null;
  #run = "";
  #failures = 0;
  #pingAt = 0;
  #heardAt = 0;
  #retry = null;
  #heart = null;
  #numbers = 0;
  #asked = new Map();

  constructor(page, tab) {
    super();
    this.#page = page;
    this.#tab = tab;
  }

  start() {
    this.#heart = setInterval(() => this.#beat(), 1000);
    addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
    this.#open();
  }

  stop() {
    clearInterval(this.#heart);
    clearTimeout(this.#retry);
    removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
    this.#drop();
  }

  /** Begin again under another tab id, after the old one lost the desk. */
  restart(tab) {
    this.stop();
    this.#tab = tab;
    this.#seq = null;
    this.#setStatus("connecting");
    this.start();
  }

  /** Ask for `verb`; resolves with the server's answer, rejects with RefusedError. */
  perform(verb, args = {}) {
    if (this.status !== "online") {
      return Promise.reject(new RefusedError({ code: "offline", message: t("error.offline") }));
    }
    const id = ++this.#numbers;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, { code: "timeout", message: t("error.timeout") }), ANSWER_MILLIS);
      this.#asked.set(id, { resolve, reject, timer });
      this.#send({ id, verb, arguments: args });
    });
  }

  #hurry = () => {
    if (document.visibilityState === "hidden" || this.status !== "offline") return;
    clearTimeout(this.#retry);
    this.#open();
  };

  #open() {
    this.#drop();
    const url = new URL("/desk/ws", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#pingAt = 0;
    socket.onopen = () => {
      this.#heardAt = performance.now();
      this.#send({ hello: { page: this.#page, tab: this.#tab, seq: this.#seq, run: this.#run } });
    };
    socket.onmessage = (event) => [JSON.parse(event.data)].flat().forEach((message) => this.#hear(message));
    socket.onclose = (event) => this.#closed(event.code);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #send(document) {
    this.#socket?.send(JSON.stringify(document));
  }

  #hear(message) {
    this.#heardAt = performance.now();
    if ("pong" in message) {
      const trip = message.pong > 0 ? performance.now() - message.pong : 0;
      setServerTime(message.now, trip);
    } else if ("reply" in message) {
      this.#settle(message.reply, message.error, message.ok);
    } else if ("snapshot" in message) {
      setServerTime(message.now);
      this.#run = message.run;
    }
    if (message.seq !== undefined) this.#seq = Math.max("snapshot" in message ? 0 : (this.#seq ?? 0), message.seq);
    this.#failures = 0;
    this.#setStatus("online");
    for (const kind of ["snapshot", "change"]) {
      if (kind in message) this.dispatchEvent(new CustomEvent(kind, { detail: message[kind] }));
    }
  }

  #settle(id, error, answer) {
    const asked = this.#asked.get(id);
    if (!asked) return;
    this.#asked.delete(id);
    clearTimeout(asked.timer);
    if (error) asked.reject(new RefusedError(error));
    else asked.resolve(answer);
  }

  /** Once a second, or rarer in a hidden tab: an answer that came meanwhile counts, however late this runs. */
  #beat() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const at = performance.now();
    const unanswered = this.#pingAt > 0 && this.#heardAt < this.#pingAt;
    if (unanswered && at - this.#pingAt > PONG_MILLIS) {
      this.#drop();
      this.#closed(1006);
    } else if (!unanswered && at - this.#pingAt >= PING_MILLIS) {
      this.#pingAt = at;
      this.#send({ ping: Math.round(at) });
    }
  }

  #closed(code) {
    this.#socket = null;
    for (const id of [...this.#asked.keys()]) this.#settle(id, { code: "offline", message: t("error.offline") });
    forgetServerTime();
    if (code === 4400) this.#seq = null;
    if (FINAL[code]) {
      this.stop();
      this.#setStatus(FINAL[code]);
      return;
    }
    this.#setStatus("offline");
    const wait = BACK_OFF_MILLIS[Math.min(this.#failures, BACK_OFF_MILLIS.length - 1)];
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#open(), wait * (0.75 + Math.random() / 2));
    if (this.#failures === 3) this.#askWhy();
  }

  /** A refused upgrade tells a script nothing; a plain request does. */
  async #askWhy() {
    const response = await fetch("/desk/live.json", { cache: "no-store" }).catch(() => null);
    if (response === null || this.status !== "offline") return;
    if (response.status === 401 || response.status === 403) {
      this.stop();
      this.#setStatus(response.status === 401 ? "signed_out" : "forbidden");
    }
  }

  #setStatus(status) {
    if (this.status === status) return;
    this.status = status;
    this.dispatchEvent(new Event("status"));
  }
}

/** This browser tab's id: survives a reload, differs between tabs. */
export function tabId({ renew = false } = {}) {
  const kept = sessionStorage.getItem("hcc-tab");
  if (kept && !renew) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const fresh = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem("hcc-tab", fresh);
  return fresh;
}
