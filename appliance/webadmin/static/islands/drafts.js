// Half-written call notes, kept in this browser so that neither a reload nor a crash loses a word.

const PREFIX = "hcc-draft-";
const KEEP_MILLIS = 24 * 3600 * 1000;

export function keepDraft(call, form) {
  if (call) localStorage.setItem(PREFIX + call, JSON.stringify({ at: Date.now(), form }));
}

export function readDraft(call) {
  const kept = call ? localStorage.getItem(PREFIX + call) : null;
  return kept === null ? null : JSON.parse(kept).form;
}

export function dropDraft(call) {
  localStorage.removeItem(PREFIX + call);
}

/** Notes speak of patients: none stays on the computer longer than a day. */
export function dropOldDrafts() {
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
    const { at } = JSON.parse(localStorage.getItem(key));
    if (Date.now() - at > KEEP_MILLIS) localStorage.removeItem(key);
  }
}
