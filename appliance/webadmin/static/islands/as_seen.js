// A call as one of its parties sees it: who is only asked, or invited, has a phase of her own in it.

/** `call` with `phase` and `part` ("asked" or "member") as they are for the agent `me`; the partner's stay. */
export function asSeen(call, me) {
  if (!call) return null;
  const { consult } = call;
  if (consult && consult.by !== me.id && consult.agent === me.id) {
    const phase = { talking: "talking", held: "holding" }[consult.state] ?? "ringing";
    return { ...call, phase, part: "asked" };
  }
  const member = call.members?.find((one) => one.agent === me.id);
  if (member) return { ...call, phase: member.state, muted: member.muted, part: "member" };
  return call;
}
