// The server's clock. Everything shown with a running time is computed from it, never from the PC's own clock.

let offset = Date.now() - performance.now();
let bestTrip = Infinity;

/** Take over `serverMillis`; `roundTrip` milliseconds lie between asking and hearing (0 = unknown). */
export function setServerTime(serverMillis, roundTrip = 0) {
  if (roundTrip > 0) {
    // A slow answer says less about the clock than the best one so far, which slowly loses its worth.
    bestTrip = Math.min(bestTrip * 1.1, 10_000);
    if (roundTrip > bestTrip) return;
    bestTrip = roundTrip;
  }
  offset = serverMillis + roundTrip / 2 - performance.now();
}

export function forgetServerTime() {
  bestTrip = Infinity;
}

/** Milliseconds since 1970 by the server's clock. */
export function now() {
  return performance.now() + offset;
}

/** "0:07", "12:30", "1:02:03". */
export function duration(millis) {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

const subscribers = new Set();
let timer = null;

function tick() {
  for (const subscriber of subscribers) subscriber();
  timer = setTimeout(tick, 1000 - (now() % 1000) + 5);
}

/** Call `subscriber` about once a second of the server's clock; returns a function that ends it. */
export function everySecond(subscriber) {
  subscribers.add(subscriber);
  if (timer === null) timer = setTimeout(tick, 1000 - (now() % 1000) + 5);
  return () => {
    subscribers.delete(subscriber);
    if (subscribers.size === 0) {
      clearTimeout(timer);
      timer = null;
    }
  };
}

/** Shows a running time: `since` counts up from then, `until` counts down to then. */
export class RunningTime extends HTMLElement {
  #from = null;
  #to = null;
  #limit = null;
  #end = null;

  set since(millis) {
    this.#from = millis;
    this.#show();
  }

  set until(millis) {
    this.#to = millis;
    this.#show();
  }

  /** From then on the time is marked as too long; null = never. */
  set limit(millis) {
    this.#limit = millis ?? null;
    this.#show();
  }

  connectedCallback() {
    this.#end = everySecond(() => this.#show());
    this.#show();
  }

  disconnectedCallback() {
    this.#end?.();
  }

  #show() {
    let text = "–";
    if (this.#to !== null) text = duration(this.#to - now() + 999);
    else if (this.#from !== null) text = duration(now() - this.#from);
    if (this.textContent !== text) this.textContent = text;
    this.classList.toggle("hcc-over", this.#limit !== null && now() > this.#limit);
  }
}

customElements.define("hcc-time", RunningTime);
