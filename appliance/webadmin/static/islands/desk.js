// The agent's desk: joins connection, state and phone, and carries out what the buttons ask for.
import { DeskLists } from "./lists.js";
import { BrowserPhone } from "./phone.js";
import { Ringer, askForNotifications, unlockSound } from "./ring.js";
import { DeskSocket, tabId } from "./socket.js";
import { LiveState, otherNumber, patientOf } from "./state.js";
import { t } from "./strings.js";

const NOTICE_MILLIS = 6000;
const VERSIONED = new Set(["ready", "busy", "sign_out"]);
const PASSES_ON = new Set(["consult", "transfer", "invite", "complete", "leave"]);
const SHARE_MILLIS = 700;
const VANISHED_MILLIS = 2500;
const LAST_CALL = "hcc-last-call";

/** Event "update" after anything that is drawn has changed. */
export class Desk extends EventTarget {
  state = new LiveState();
  socket = new DeskSocket("desktop", tabId());
  phone = new BrowserPhone(() => this.socket.status === "online");
  lists = new DeskLists();
  notices = [];
  /** What the half-written form says the call is about, "" = nothing yet: phrase cards follow it. */
  businessType = "";
  /** The patient whose record is open in the second column, or null. */
  lookedAt = null;
  /** A verb in flight, so that its button is not pressed twice. */
  busy = new Set();
  /** The call the wrap-up form and the patient pane still speak of after its end. */
  lastCall = JSON.parse(sessionStorage.getItem(LAST_CALL) ?? "null");

  /** Whom the agent chose for a call that is over already: {call, patient}. */
  #chosen = null;
  #ringer = new Ringer();
  /** A call whose form is owed and that this screen never saw, as the server's records have it. */
  #owedCall = null;
  #noticeNumber = 0;
  #vanished = null;
  #leaving = false;
  #sharing = null;
  #unshared = null;

  start() {
    this.socket.addEventListener("snapshot", (event) => {
      this.state.takeSnapshot(event.detail);
      this.lists.configure(event.detail.revision);
      this.#follow();
    });
    this.socket.addEventListener("change", (event) => this.#takeChange(event.detail));
    this.socket.addEventListener("status", () => this.#connectionChanged());
    this.phone.addEventListener("status", () => this.#follow());
    this.phone.addEventListener("ring", (event) => performance.mark("hcc-ring", { detail: event.detail.call }));
    this.phone.addEventListener("ended", (event) => {
      if (event.detail.reason === "lost") this.notify("error", t("call.lost"));
    });
    this.lists.addEventListener("update", () => this.changed());
    this.lists.refresh();
    this.socket.start();
    this.phone.checkMicrophone(false);
    addEventListener("beforeunload", this.#guard);
    addEventListener("pagehide", this.#leave);
    addEventListener("pointerdown", unlockSound);
    addEventListener("keydown", unlockSound);
  }

  stop() {
    removeEventListener("beforeunload", this.#guard);
    removeEventListener("pagehide", this.#leave);
    removeEventListener("pointerdown", unlockSound);
    removeEventListener("keydown", unlockSound);
    this.#ringer.stop();
    this.phone.use(null);
    this.socket.stop();
  }

  /** Ask the server; a refusal is shown to the user. Resolves with the answer, or null when refused. */
  async perform(verb, args = {}) {
    this.busy.add(verb);
    this.changed();
    if (PASSES_ON.has(verb)) this.#shareNow();
    // What a manager did meanwhile, unseen, must not be undone by a click that was meant for something else.
    const { version } = this.state.me ?? {};
    const asked = VERSIONED.has(verb) && version !== undefined ? { version, ...args } : args;
    try {
      return await this.socket.perform(verb, asked);
    } catch (error) {
      this.notify("error", error.message);
      return null;
    } finally {
      this.busy.delete(verb);
      this.changed();
    }
  }

  /** True when the desk belongs to another window. */
  get takenOver() {
    if (this.socket.status === "other_tab") return true;
    const { me, signedIn } = this.state;
    return signedIn && me.tab !== "" && me.tab !== tabId();
  }

  /** The call the columns speak of: the present one, or the one whose notes are still owed. */
  get contextCall() {
    const { me, myCall } = this.state;
    if (myCall) return myCall;
    return [this.lastCall, this.#owedCall].find((call) => call && call.id === me?.wrap_up?.call) ?? null;
  }

  /** Id of the call the wrap-up form is about, or null. */
  get formCall() {
    const { me, myCall } = this.state;
    if (me?.wrap_up) return me.wrap_up.call;
    const talks = ["talking", "holding"].includes(myCall?.phase) && !myCall.part;
    return talks && myCall.direction !== "internal" ? myCall.id : null;
  }

  /** Work orders made from that call. */
  get ordersOfCall() {
    return this.lists.orders.filter((order) => order.call !== "" && order.call === this.formCall);
  }

  /** Id of the patient on the screen: the call's, or whoever was looked up. */
  get shownPatient() {
    return this.contextCall ? this.patientId : this.lookedAt;
  }

  /** Her name as far as the call knows it, or null. */
  get patientName() {
    const id = this.patientId;
    return this.contextCall?.patients?.find((patient) => patient.id === id)?.name ?? null;
  }

  /** Id of the patient that call is about, or null. */
  get patientId() {
    const call = this.contextCall;
    if (!call) return null;
    if (this.#chosen?.call === call.id) return this.#chosen.patient;
    return call.patient_id ?? patientOf(call)?.id ?? null;
  }

  async choosePatient(patient) {
    const call = this.contextCall;
    if (!call) return;
    this.#chosen = { call: call.id, patient };
    this.changed();
    if (this.state.myCall) await this.perform("choose_patient", { patient_id: patient });
  }

  /** True while a call of the agent's own making rings at the other end. */
  get dialling() {
    const { me, myCall: call } = this.state;
    if (call?.phase !== "ringing") return false;
    if (call.direction === "internal") return call.caller === (me.extension || me.number);
    return call.direction === "outbound" && (this.phone.answered || this.phone.call !== call.id);
  }

  /** True while a call waits for the agent to take it. */
  get offered() {
    return this.state.myCall?.phase === "ringing" && !this.phone.answered && !this.dialling && !this.takenOver;
  }

  async signIn(phone, number = "") {
    unlockSound();
    askForNotifications();
    if (phone === "web") await this.phone.checkMicrophone(true);
    await this.perform("sign_in", number ? { phone, number } : { phone });
  }

  /** The phone says goodbye while its account still exists. */
  async signOut() {
    this.#leaving = true;
    await this.phone.signOff();
    await this.perform("sign_out");
    this.#leaving = false;
    if (!this.state.signedIn) this.#remember(null);
    this.#follow();
  }

  async takeOver() {
    unlockSound();
    if (this.socket.status === "other_tab") this.socket.restart(tabId({ renew: true }));
    else await this.perform("take_over", { tab: tabId() });
  }

  /** On the browser phone; a desk phone is answered by hand. */
  answer() {
    unlockSound();
    this.phone.answer(this.state.me.call);
  }

  /** A call from a queue goes to the next agent; one for this agent herself is declined by her phone. */
  reject() {
    const { me } = this.state;
    if (me.state === "ringing" || me.state === "reserved" || me.phone !== "web") this.perform("reject");
    else this.phone.hangUp();
  }

  /** Without a connection the phone alone can still end the talk. */
  hangUp() {
    if (this.socket.status === "online") this.perform("hang_up");
    else this.phone.hangUp();
  }

  /** Keep what is written so far with the call, for whoever takes it over; a moment after the last key. */
  shareNotes(form) {
    clearTimeout(this.#sharing);
    this.#unshared = form;
    this.#sharing = setTimeout(() => this.#shareNow(), SHARE_MILLIS);
  }

  #shareNow() {
    const { myCall: call } = this.state;
    const form = this.#unshared;
    this.#unshared = null;
    if (form && call && !call.part) this.socket.perform("note", form).catch(() => {});
  }

  /** `order` is the work order it speaks of; `offer` {text, run} a button beside it. */
  notify(level, text, order = null, offer = null) {
    const notice = { id: ++this.#noticeNumber, level, text, order, offer };
    this.notices = [...this.notices.slice(-3), notice];
    setTimeout(() => this.dismiss(notice.id), level === "error" ? NOTICE_MILLIS * 2 : NOTICE_MILLIS);
    this.changed();
  }

  dismiss(id) {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("update"));
  }

  #takeChange(change) {
    this.state.takeChange(change);
    if ("notice" in change) this.notify(change.notice.level, noticeText(change.notice), change.notice.order ?? null);
    if (change.notice?.order) this.lists.ordersChanged();
    if ("call_gone" in change) this.lists.refreshSoon();
    this.#follow();
  }

  #connectionChanged() {
    if (this.socket.status === "online") this.phone.refresh();
    if (this.socket.status === "signed_out" || this.takenOver) this.phone.use(null);
    this.#follow();
  }

  /** Bring phone, bell and memory in line with what the server says. */
  #follow() {
    const { me, myCall, known } = this.state;
    if (known) this.#equipPhone(me);
    if (myCall && myCall.id !== this.lastCall?.id) performance.mark("hcc-call", { detail: myCall.id });
    if (myCall) this.#remember(myCall);
    this.#findOwed(me);
    this.#ringOrNot(myCall);
    this.#endVanished(me);
    this.changed();
  }

  /** While nobody owns the desk (call control has just come back) a phone in use stays in use. */
  #equipPhone(me) {
    const ours = this.state.signedIn && me.phone === "web" && !this.takenOver && !this.#leaving;
    if (!ours) this.phone.use(null);
    else if (me.sip) this.phone.use(me.sip);
  }

  /** A form may be owed for a call from before this page, or from another computer. */
  async #findOwed(me) {
    const owed = me?.wrap_up?.call;
    if (!owed || owed === this.lastCall?.id || owed === this.#owedCall?.id) return;
    this.#owedCall = { id: owed, direction: "inbound", caller: "", called: "", patients: [], path: [] };
    const found = await this.lists.callOf(owed);
    if (found && this.#owedCall?.id === owed) this.#owedCall = found;
    this.changed();
  }

  #remember(call) {
    this.lastCall = call;
    if (call) sessionStorage.setItem(LAST_CALL, JSON.stringify(call));
    else sessionStorage.removeItem(LAST_CALL);
  }

  #ringOrNot(call) {
    if (!this.offered) {
      this.#ringer.stop();
      return;
    }
    const who = this.state.nameOf(call) ?? t("call.unregistered");
    this.#ringer.start(t("call.incoming"), `${who} ${otherNumber(call)}`, () => this.changed());
  }

  /** A session for a call that the server no longer has at this desk is over, whatever the phone thinks. */
  #endVanished(me) {
    const gone = this.phone.call && this.socket.status === "online" && me && me.call !== this.phone.call;
    if (!gone) {
      clearTimeout(this.#vanished);
      this.#vanished = null;
    } else {
      this.#vanished ??= setTimeout(() => this.phone.hangUp("gone"), VANISHED_MILLIS);
    }
  }

  #guard = (event) => {
    if (this.phone.answered) event.preventDefault();
  };

  /** Nobody shall talk to a page that is gone: say goodbye instead of falling silent. */
  #leave = () => this.phone.use(null);
}

/** What the server tells: a text, or a key of ours with what belongs into it. */
function noticeText(notice) {
  return notice.text ?? t(`notice.${notice.code}`, notice);
}
