// The desktop's keys: one table for listening, for the help sheet and for the manual.
// Letters always come with Alt or Ctrl; "?" alone opens the sheet, outside of inputs only, like all of them.

export const KEYMAP = [
  ["Enter", "answer", "call"],
  ["Escape", "reject", "call"],
  ["Alt+G", "hang_up", "call"],
  ["Alt+H", "hold", "call"],
  ["Alt+M", "mute", "call"],
  ["Alt+T", "transfer", "call"],
  ["Alt+B", "block", "call"],
  ["Alt+R", "ready", "state"],
  ["Alt+P", "busy", "state"],
  ["Ctrl+K", "search", "work"],
  ["Alt+D", "wrap", "work"],
  ["Alt+S", "save", "work"],
  ["Alt+N", "order", "work"],
  ["?", "help", "work"],
];

/** As printed on the keyboard. */
export function keyLabel(key) {
  return key === "Escape" ? "Esc" : key;
}
