// What a wrap-up form offers.

export const BUSINESS_TYPES = [
  "enquiry",
  "consultation",
  "registration",
  "complaint",
  "return_visit",
  "promotion",
  "other",
];
export const OUTCOMES = ["resolved", "forwarded", "follow_up", "no_answer", "wrong_number", "other"];

/** The types that the call's queue offers; none chosen there = all. */
export function typesOf(queue) {
  const some = queue?.business_types ?? [];
  return some.length ? BUSINESS_TYPES.filter((code) => some.includes(code)) : BUSINESS_TYPES;
}

/** "2026-11-23T09:00" of the computer's clock, `days` from now. */
export function dayAt(days, hour) {
  const day = new Date();
  day.setDate(day.getDate() + days);
  const two = (number) => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}T${two(hour)}:00`;
}
