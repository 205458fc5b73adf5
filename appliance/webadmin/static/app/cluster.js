// Keeps the page of the pair up to date, and honest: what could not be asked anew is shown as old. Goes on while the box
// behind the address changes.

const USUAL_MILLISECONDS = 2_000;
const BUSY_MILLISECONDS = 700;
const ANSWER_MILLISECONDS = 4_000;
const STALE_MILLISECONDS = 5_000;
const SWITCHING_MILLISECONDS = 1_500;
const AGE_MILLISECONDS = 500;

const live = document.getElementById("cluster-live");
const stale = document.getElementById("cluster-stale");
const said = document.getElementById("cluster-said");
const form = document.getElementById("switch-over");
let answeredAt = Date.now();

async function ask() {
  const answer = await fetch(live.dataset.address, {
    headers: { "HX-Request": "true" },
    cache: "no-store",
    signal: AbortSignal.timeout(isBusy() ? ANSWER_MILLISECONDS / 2 : ANSWER_MILLISECONDS),
  });
  if (answer.status === 401 || answer.status === 403) {
    location.reload();
    return;
  }
  if (answer.ok) show(await answer.text());
}

function show(html) {
  answeredAt = Date.now();
  const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
  live.innerHTML = html;
  if (focused) document.getElementById(focused)?.focus();
  const verdict = live.querySelector("[data-said]")?.dataset.said ?? "";
  if (said.textContent !== verdict) said.textContent = verdict;
}

function isBusy() {
  return live.querySelector("[data-busy='1']") !== null;
}

function showAge() {
  const age = Date.now() - answeredAt;
  const isStale = age > (isBusy() ? SWITCHING_MILLISECONDS : STALE_MILLISECONDS);
  live.classList.toggle("is-stale", isStale);
  stale.hidden = !isStale;
  const text = isBusy() ? stale.dataset.switching : stale.dataset.text;
  if (isStale) stale.textContent = text.replace("%s", Math.round(age / 1000));
}

async function follow() {
  try {
    if (!document.hidden) await ask();
  } catch {
    // no answer: the box may be changing; asked again in a moment
  }
  setTimeout(follow, isBusy() ? BUSY_MILLISECONDS : USUAL_MILLISECONDS);
}

/** The active box may be gone before it can answer: what is not a refusal is followed. */
async function switchOver(event) {
  event.preventDefault();
  const sent = new URLSearchParams(new FormData(form));
  form.hidden = true;
  live.hidden = false;
  answeredAt = Date.now();
  const showing = setInterval(showAge, AGE_MILLISECONDS);
  const refusal = await refusalOf(sent);
  if (refusal) {
    clearInterval(showing);
    stale.hidden = true;
    form.hidden = false;
    live.hidden = true;
    const shown = document.getElementById("switch-refused");
    shown.textContent = refusal;
    shown.hidden = false;
    return;
  }
  history.replaceState(null, "", live.dataset.address.replace("/live", ""));
  follow();
}

async function refusalOf(sent) {
  const request = { method: "POST", body: sent, headers: { Accept: "application/json" } };
  try {
    const answer = await fetch(location.pathname, { ...request, signal: AbortSignal.timeout(ANSWER_MILLISECONDS) });
    return answer.status >= 400 && answer.status < 500 ? (await answer.json()).error.message : "";
  } catch {
    return "";
  }
}

if (form) form.addEventListener("submit", switchOver);
if (live && !("waits" in live.dataset)) {
  setTimeout(follow, isBusy() ? BUSY_MILLISECONDS : USUAL_MILLISECONDS);
  setInterval(showAge, AGE_MILLISECONDS);
  document.addEventListener("visibilitychange", () => (answeredAt = document.hidden ? answeredAt : Date.now()));
}
