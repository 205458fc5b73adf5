// The shift manager's seat: her phone, the talk she is in, and what she asks for.
import { BrowserPhone } from "./phone.js";
import { t } from "./strings.js";

const PHONE = "hcc-manager-phone";
const NOTICE_MILLIS = 6000;

/** Event "update" after anything that is drawn has changed. */
export class Seat extends EventTarget {
  busy = new Set();
  notices = [];
  user = 0;
  /** "web" or an extension's number. */
  phoneChoice = localStorage.getItem(PHONE) ?? "web";
  phone;

  #socket;
  #number = 0;

  constructor(socket, user) {
    super();
    this.#socket = socket;
    this.user = user;
    this.phone = new BrowserPhone(() => socket.status === "online");
    this.phone.addEventListener("status", () => this.#changed());
  }

  stop() {
    this.phone.use(null);
  }

  /** After each (re)connection: the account lives in the telephone system's memory only. */
  async equip() {
    if (this.phoneChoice !== "web") return;
    const answer = await this.perform("manager_phone", { on: true });
    if (answer?.sip) this.phone.use(answer.sip);
  }

  async choosePhone(choice) {
    this.phoneChoice = choice;
    localStorage.setItem(PHONE, choice);
    if (choice === "web") {
      await this.phone.checkMicrophone(true);
      await this.equip();
    } else {
      this.phone.use(null);
    }
    this.#changed();
  }

  get phoneReady() {
    return this.phoneChoice === "web" ? this.phone.status === "registered" : /^\d{2,8}$/.test(this.phoneChoice);
  }

  /** Ask the server; a refusal is shown. Resolves with the answer, or null when refused. */
  async perform(verb, args = {}) {
    this.busy.add(verb);
    this.#changed();
    try {
      return await this.#socket.perform(verb, args);
    } catch (error) {
      this.notify("danger", error.message);
      return null;
    } finally {
      this.busy.delete(verb);
      this.#changed();
    }
  }

  supervise(call, mode, reason) {
    return this.perform("supervise", { call, mode, phone: this.phoneChoice, reason });
  }

  /** A supervision is over: say why, if it was mine and not my own doing. */
  gone({ user, why }) {
    if (user !== this.user || why === "left" || why === "hung_up") return;
    this.notify(why === "taken_over" || why === "ended" ? "info" : "warning", t(`manager.gone_${why}`));
  }

  notify(level, text) {
    const notice = { id: ++this.#number, level, text };
    this.notices = [...this.notices.slice(-3), notice];
    setTimeout(() => this.dismiss(notice.id), NOTICE_MILLIS);
    this.#changed();
  }

  dismiss(id) {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("update"));
  }
}
