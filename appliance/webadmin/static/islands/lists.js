// What the pages' program knows for this desk: phrase cards and departments, and the agent's own lists.
import { getJson, postJson } from "./requests.js";

const SETUP = "/desktop/setup.json";
const LISTS = "/desktop/lists.json";
const AFTER_CALL_MILLIS = 1500;

/** Event "update" when something arrived. Failures leave what was there; `failed` says so. */
export class DeskLists extends EventTarget {
  setup = { hospital: "", scripts: [], departments: [] };
  calls = [];
  again = [];
  orders = [];
  known = false;
  failed = false;
  /** Rises when orders changed: the patient's panel shows them too. */
  orderNews = 0;

  #configured = null;
  #later = null;

  /** Cards and departments, once for each configuration. */
  async configure(revision = 0) {
    if (revision === this.#configured) return;
    this.#configured = revision;
    try {
      this.setup = await getJson(SETUP);
    } catch {
      this.#configured = null;
    }
    this.#tell();
  }

  async refresh() {
    try {
      const found = await getJson(LISTS);
      this.calls = found.calls;
      this.again = found.again;
      this.orders = found.orders;
      this.known = true;
      this.failed = false;
    } catch {
      this.failed = true;
    }
    this.#tell();
  }

  /** A call's record is stored a moment after its end. */
  refreshSoon() {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.refresh(), AFTER_CALL_MILLIS);
  }

  /** Raises RequestError. */
  async createOrder(order) {
    const made = await postJson("/orders/quick.json", order);
    this.ordersChanged();
    return made;
  }

  ordersChanged() {
    this.orderNews += 1;
    return this.refresh();
  }

  async calledAgain(id, done = true) {
    await postJson(`/desktop/again/${id}${done ? "" : "?undo=1"}`, {});
    await this.refresh();
  }

  /** Number, time and patient of a call that is not on this screen any more, or null. */
  async callOf(id) {
    return getJson(`/desktop/call/${encodeURIComponent(id)}.json`).catch(() => null);
  }

  #tell() {
    this.dispatchEvent(new Event("update"));
  }
}
