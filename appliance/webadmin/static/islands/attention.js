// The title of a tab that is not looked at blinks while a call rings.

const BLINK_MILLIS = 1000;

let timer = null;
let plain = "";

export function blinkTitle(text) {
  if (timer !== null) return;
  plain = document.title;
  let on = false;
  const show = () => {
    on = !on && !document.hasFocus();
    document.title = on ? text : plain;
  };
  show();
  timer = setInterval(show, BLINK_MILLIS);
}

export function calmTitle() {
  if (timer === null) return;
  clearInterval(timer);
  timer = null;
  document.title = plain;
}
