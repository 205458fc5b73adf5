// Keyboard shortcuts: never while typing, never in the middle of composing Chinese characters.

const BUTTONLIKE = "[type=radio], [type=checkbox], [type=button], [type=submit]";
const TYPING = `input:not(${BUTTONLIKE}), textarea, select, [contenteditable]`;
const OWN_ENTER = "button, a, input, summary, [role=button], [role=option], [role=radio]";

function nameOf(event) {
  const parts = [];
  if (event.ctrlKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  if (event.metaKey) parts.push("Meta");
  // The physical key: Alt with a letter types special characters on some keyboards.
  const letter = /^Key([A-Z])$/.exec(event.code);
  parts.push(letter ? letter[1] : event.key);
  return parts.join("+");
}

/** `actions` maps names like "Enter" or "Alt+H" to functions returning false when there is nothing to do. */
export function listen(actions) {
  const heard = (event) => {
    if (event.isComposing || event.keyCode === 229 || event.repeat || event.defaultPrevented) return;
    const action = actions[nameOf(event)];
    const at = event.target instanceof Element ? event.target : document.body;
    if (!action || at.closest(TYPING) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && at.closest(OWN_ENTER)) return;
    if (event.key === "Escape" && at.closest("[role=menu]")) return;
    if (action() !== false) event.preventDefault();
  };
  document.addEventListener("keydown", heard);
  return () => document.removeEventListener("keydown", heard);
}
