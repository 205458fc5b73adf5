// A call as one of its parties sees it: who is only asked, or invited, has a phase of her own in it.

/**
 * `call` as it is for the agent `me`: with `phase` and `part` ("asked", "member", or "led" when a colleague does
 * something with it, or in a room), the partner's stay; `outgoing` when she called a colleague.
 */
export function asSeen(call, me) {
  if (!call) return null;
  const outgoing = call.direction === "internal" && [me.extension, me.number].includes(call.caller);
  return { ...asParty(call, me), outgoing };
}

function asParty(call, me) {
  const { consult } = call;
  if (consult && consult.by !== me.id && consult.agent === me.id) {
    const phase = { talking: "talking", held: "holding" }[consult.state] ?? "ringing";
    return { ...call, phase, part: "asked" };
  }
  const member = call.members?.find((one) => one.agent === me.id);
  if (member) return { ...call, phase: member.state, muted: member.muted, part: "member" };
  if (call.customer?.agent === me.id) {
    const led = call.customer.room || call.phase === "holding" || consult || call.members?.length > 0;
    return { ...call, muted: call.customer.muted, ...(led ? { part: "led" } : {}) };
  }
  return call;
}
