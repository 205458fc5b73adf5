// What the server last said, and nothing else.
import { setReasons } from "./reasons.js";

import { asSeen } from "./as_seen.js";

const SIGNED_OUT = "signed_out";

export class LiveState {
  known = false;
  me = null;
  node = "";
  pbx = true;
  agents = new Map();
  queues = new Map();
  calls = new Map();
  repairs = null;
  thresholds = { queues: {}, states: {}, sound: false };
  /** For managers: who is in which talk, messages with receipts, what agents look at. */
  manages = false;
  supervisions = new Map();
  messages = new Map();
  looking = new Map();

  takeSnapshot(snapshot) {
    const byId = (list) => new Map(list.map((item) => [item.id, item]));
    this.known = true;
    setReasons(snapshot.pause_reasons ?? []);
    this.me = snapshot.me;
    this.node = snapshot.node;
    this.pbx = snapshot.pbx;
    this.agents = byId(snapshot.agents);
    this.queues = byId(snapshot.queues);
    this.calls = byId(snapshot.calls);
    this.repairs = snapshot.repairs ?? null;
    this.thresholds = snapshot.thresholds ?? this.thresholds;
    this.manages = "supervisions" in snapshot;
    this.supervisions = byId(snapshot.supervisions ?? []);
    this.messages = byId(snapshot.messages ?? []);
    this.looking = new Map((snapshot.looking ?? []).map(({ agent, at }) => [agent, at]));
  }

  takeChange(change) {
    if ("agent" in change) this.agents.set(change.agent.id, change.agent);
    if ("queue" in change) this.queues.set(change.queue.id, change.queue);
    if ("call" in change) this.#takeCall(change.call);
    if ("call_gone" in change) this.calls.delete(change.call_gone);
    if ("me" in change) this.me = change.me;
    if ("pbx" in change) this.pbx = change.pbx;
    if ("repairs" in change) this.repairs = change.repairs;
    if ("thresholds" in change) this.thresholds = change.thresholds;
    this.#takeManagers(change);
  }

  #takeManagers(change) {
    if ("supervision" in change) this.supervisions.set(change.supervision.id, change.supervision);
    if ("supervision_gone" in change) this.supervisions.delete(change.supervision_gone);
    if ("message" in change) this.messages.set(change.message.id, change.message);
    if ("looking" in change) this.looking.set(change.looking.agent, change.looking.at);
  }

  #takeCall(call) {
    if (call.phase === "ended") this.calls.delete(call.id);
    else this.calls.set(call.id, call);
  }

  get signedIn() {
    return this.me !== null && this.me.state !== SIGNED_OUT;
  }

  /** The call at this agent's desk, or null. */
  get myCall() {
    if (!this.me?.call) return null;
    return asSeen(this.calls.get(this.me.call) ?? this.me.call_detail, this.me);
  }

  /** The agent at the other end of a call inside, or undefined. */
  colleague(call) {
    if (call.direction !== "internal") return undefined;
    const number = otherNumber(call);
    return [...this.agents.values()].find((one) => [one.extension, one.number].includes(number));
  }

  /** Who is at the other end, as far as it is known; or undefined. */
  nameOf(call) {
    return (patientOf(call) ?? this.colleague(call))?.name;
  }

  get myQueues() {
    const mine = new Set(this.me?.queues ?? []);
    return [...this.queues.values()].filter((queue) => mine.has(queue.id));
  }
}

/** The number of the other side of a call. */
export function otherNumber(call) {
  return call.direction === "outbound" || call.outgoing ? call.called : call.caller;
}

/** Mobile and long numbers in groups, as people read them. */
export function readable(number) {
  if (/^1[3-9]\d{9}$/.test(number)) return `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}`;
  return number;
}

/** The patient chosen for a call, the only candidate, or null. */
export function patientOf(call) {
  const candidates = call.patients ?? [];
  return (
    candidates.find((patient) => patient.id === call.patient_id) ?? (candidates.length === 1 ? candidates[0] : null)
  );
}
