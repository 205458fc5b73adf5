// Pause reasons as managers set them up; the causes that the rules set have texts of their own.
import { language, t } from "./strings.js";

let known = new Map();

/** Called with the snapshot's list. */
export function setReasons(list) {
  known = new Map(list.map((reason) => [reason.code, reason]));
}

/** Those an agent can choose, in order. */
export function pauseReasons() {
  return [...known.values()].filter((reason) => reason.active);
}

export function reasonOf(code) {
  return known.get(code) ?? null;
}

export function causeText(code) {
  const reason = known.get(code);
  return reason ? reason[language() === "en" ? "en" : "zh_CN"] : t(`cause.${code}`);
}
