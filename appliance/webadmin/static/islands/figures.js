// Counts and alarms of the board, computed each second; the same rules as callcenter/supervision.

/** Which of the four counts an agent in a state belongs to. */
export const GROUPS = {
  ready: "idle",
  reserved: "in_service",
  ringing: "in_service",
  talking: "in_service",
  holding: "in_service",
  wrap_up: "in_service",
  busy: "on_break",
  not_answering: "on_break",
  signed_out: "closed",
};

export const GROUP_ORDER = ["in_service", "idle", "on_break", "closed"];

export function counts(agents) {
  const found = Object.fromEntries(GROUP_ORDER.map((group) => [group, 0]));
  for (const agent of agents) found[GROUPS[agent.state]] += 1;
  return found;
}

/** What is said of a queue's expected wait: the text's name, and whole minutes, rounded up. */
export function waitOf(seconds) {
  if (seconds === null || seconds === undefined) return { text: "manager.wait_nobody" };
  if (seconds === 0) return { text: "manager.wait_none" };
  return { text: "manager.wait_minutes", minutes: Math.ceil(seconds / 60) };
}

/** The limits of a queue: its own, else those of all queues. */
export function limitsOf(thresholds, queue) {
  return thresholds.queues[String(queue)] ?? thresholds.queues["0"] ?? {};
}

/** Which limits the queue exceeds at `now`: longest, waiting, level. */
export function alarmsOf(limits, queue, now) {
  const offered = queue.answered_today + queue.abandoned_today;
  const longest = queue.longest_since ? now - queue.longest_since : 0;
  const found = [];
  if (limits.longest_seconds && longest > limits.longest_seconds * 1000) found.push("longest");
  if (limits.waiting && queue.waiting >= limits.waiting) found.push("waiting");
  if (limits.level_percent && offered > 0 && 100 * queue.in_level_today < limits.level_percent * offered)
    found.push("level");
  return found;
}

export function staysTooLong(thresholds, agent, now) {
  const limit = thresholds.states[agent.state];
  return limit !== undefined && now - agent.since > limit * 1000;
}
