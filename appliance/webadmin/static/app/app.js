// Small behaviours of the pages: the lamp, copying, forms that send themselves, and asking before work is lost.

const LAMP_MILLISECONDS = 15_000;
const NOTICE_MILLISECONDS = 6_000;

async function askStatus() {
  try {
    const answer = await fetch("/status.json", { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) return "off";
    const { desk, pbx, alarms } = await answer.json();
    showAlarms(alarms);
    if (!desk) return "desk";
    return pbx ? "on" : "pbx";
  } catch {
    return "off";
  }
}

function showAlarms(alarms) {
  const banner = document.getElementById("alarms");
  if (!banner || !alarms) return;
  banner.hidden = alarms.length === 0;
  banner.querySelector("span").textContent = alarms.length > 1 ? `${alarms[0]} (+${alarms.length - 1})` : (alarms[0] ?? "");
}

async function refreshLamp(lamp) {
  if (document.hidden) return;
  const state = await askStatus();
  lamp.dataset.state = state;
  lamp.querySelector(".lamp-text").textContent = lamp.dataset[state];
}

/** The menu is longer than a small screen: the entry of this page comes into view. */
function showPlace() {
  document.querySelector(".side-link.here")?.scrollIntoView({ block: "nearest" });
}

function startLamp() {
  const lamp = document.getElementById("lamp");
  if (!lamp) return;
  refreshLamp(lamp);
  setInterval(() => refreshLamp(lamp), LAMP_MILLISECONDS);
  document.addEventListener("visibilitychange", () => refreshLamp(lamp));
}

function copyOnClick(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent.trim();
  navigator.clipboard.writeText(text).then(() => {
    button.textContent = button.dataset.done;
  });
}

function sendOnChange(event) {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
}

/** A named period and two dates exclude one another: whichever was touched last counts. */
function keepPeriod(event) {
  const form = event.target.form;
  if (event.target.matches("[data-period-date]")) form.querySelector("[data-period]").value = "";
}

/** Leaving a form that was changed asks first; sending it does not. */
function guardForms() {
  for (const form of document.querySelectorAll("form[data-guard]")) {
    let changed = false;
    form.addEventListener("input", () => (changed = true));
    form.addEventListener("submit", () => (changed = false));
    window.addEventListener("beforeunload", (event) => {
      if (changed) event.preventDefault();
    });
  }
}

function printOnClick(event) {
  if (event.target.closest("[data-print]")) window.print();
}

function hideNotice() {
  const notice = document.querySelector("[data-notice]");
  if (notice) setTimeout(() => notice.remove(), NOTICE_MILLISECONDS);
}

/** Only one sound at a time. */
function pauseOthers(event) {
  for (const audio of document.querySelectorAll("audio")) {
    if (audio !== event.target) audio.pause();
  }
}

function focusFirstProblem() {
  document.querySelector(".is-invalid")?.focus();
}

startLamp();
showPlace();
guardForms();
hideNotice();
focusFirstProblem();
document.addEventListener("click", copyOnClick);
document.addEventListener("click", printOnClick);
document.addEventListener("change", sendOnChange);
document.addEventListener("change", keepPeriod);
document.addEventListener("play", pauseOthers, true);
