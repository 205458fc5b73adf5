// @ts-check
// WebCTI for web pages, in one file without dependencies: a client and a phone bar.
//
//   <script src="https://ADDRESS/static/webcti/webcti.js"></script>
//   <hcc-phone-bar></hcc-phone-bar>
//   const cti = new WebCTI({ server: "https://ADDRESS", agent: "1001", token: () => fetch("/my-token").then((r) => r.text()) });
//   document.querySelector("hcc-phone-bar").cti = cti;
//   cti.addEventListener("call.ringing", (event) => showPatient(event.detail.call.caller));
//   await cti.connect();
//
// The page's origin must be on the key's list. Tokens are made by your own server: POST /webcti/v1/tokens.
"use strict";

(() => {
  /**
   * @typedef {Object} Options
   * @property {string} server  address of the call centre, such as https://10.1.2.3
   * @property {string} agent  number of the agent who uses the page
   * @property {string | (() => (string | Promise<string>))} token  a token, or what gets one (asked again when it ends)
   * @property {string} [language]  "zh" or "en", of error messages
   */

  /** An error that the call centre told; `code` is stable, `message` is for people. */
  class WebCTIError extends Error {
    /** @param {string} code @param {string} message @param {number} status */
    constructor(code, message, status) {
      super(message);
      this.code = code;
      this.status = status;
    }
  }

  /** An id that is good once: with it a repeated request is not done twice. */
  function requestId() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /**
   * One agent at one page. Tells every event by its type (`call.ringing`, `agent.state` …) and as `event`;
   * `state` when the picture as a whole is new, `online` and `offline`.
   */
  class WebCTI extends EventTarget {
    #closed = false;
    #socket = /** @type {WebSocket | null} */ (null);
    #token = "";
    #wait = 300;
    #lease = 0;

    /** @param {Options} options */
    constructor(options) {
      super();
      this.options = options;
      this.base = options.server.replace(/\/$/, "") + "/webcti/v1";
      this.online = false;
      this.seq = /** @type {number | null} */ (null);
      this.agent = /** @type {any} */ (null);
      this.calls = /** @type {Map<string, any>} */ (new Map());
    }

    /** The agent's present call, or null. */
    get call() {
      return (this.agent && this.calls.get(this.agent.call)) || null;
    }

    async #credential(anew = false) {
      const { token } = this.options;
      if (!this.#token || anew) this.#token = typeof token === "function" ? await token() : token;
      return this.#token;
    }

    /**
     * Ask for something below /webcti/v1.
     * @param {string} method @param {string} path @param {any} [body] @param {Record<string, string>} [headers]
     * @returns {Promise<any>}
     */
    async ask(method, path, body, headers = {}, again = false) {
      const sent = {
        Authorization: `Bearer ${await this.#credential(again)}`,
        "Accept-Language": this.options.language ?? "zh",
        ...(body ? { "Content-Type": "application/json" } : {}),
        ...headers,
      };
      const response = await fetch(this.base + path, {
        method,
        headers: sent,
        body: body ? JSON.stringify(body) : undefined,
        credentials: "omit",
      });
      const document = await response.json();
      if (response.ok) return document;
      if (document.error.code === "key-expired" && !again) return this.ask(method, path, body, headers, true);
      throw new WebCTIError(document.error.code, document.error.message, response.status);
    }

    /**
     * Ask for a verb, such as verb("transfer", { target: "7001" }). Every verb is done once, however often it is sent.
     * @param {string} name @param {Record<string, any>} [values] @returns {Promise<any>}
     */
    async verb(name, values = {}) {
      const body = { agent: this.options.agent, ...values };
      const done = await this.ask("POST", `/verbs/${name}`, body, { "Idempotency-Key": requestId() });
      this.#keep(done.lease_seconds);
      return done.answer;
    }

    /** @param {string} number */
    dial(number) {
      return this.verb("dial", { number });
    }

    /** Renew the lease in good time, as long as the page lives. @param {number | null} seconds */
    #keep(seconds) {
      clearTimeout(this.#lease);
      if (!seconds || this.#closed) return;
      const renew = () =>
        this.ask("POST", `/agents/${this.options.agent}/lease`).then(
          (told) => this.#keep(told.lease_seconds),
          (error) => error.code !== "no-lease" && this.#keep(seconds),
        );
      this.#lease = window.setTimeout(renew, (seconds * 1000) / 3);
    }

    /** Begin to follow events; resolves with the first picture. Comes back by itself when the connection is lost. */
    async connect() {
      this.#closed = false;
      const first = new Promise((resolve) => this.addEventListener("state", resolve, { once: true }));
      this.#open();
      await first;
      this.ask("POST", `/agents/${this.options.agent}/lease`).then(
        (told) => this.#keep(told.lease_seconds),
        () => undefined,
      );
    }

    close() {
      this.#closed = true;
      clearTimeout(this.#lease);
      this.#socket?.close();
    }

    async #open() {
      if (this.#closed) return;
      try {
        const place = this.seq === null ? "" : `&since=${this.seq}`;
        const token = encodeURIComponent(await this.#credential(this.#wait > 300));
        const address = this.base.replace(/^http/, "ws");
        this.#socket = new WebSocket(`${address}/events/ws?token=${token}&agents=${this.options.agent}${place}`);
        this.#socket.onopen = () => this.#set(true);
        this.#socket.onmessage = (message) => this.#take(JSON.parse(message.data));
        this.#socket.onclose = () => this.#later();
      } catch {
        this.#later();
      }
    }

    /** @param {boolean} online */
    #set(online) {
      if (online) this.#wait = 300;
      if (this.online === online) return;
      this.online = online;
      this.#tell(online ? "online" : "offline", {});
    }

    #later() {
      this.#set(false);
      if (this.#closed) return;
      setTimeout(() => this.#open(), this.#wait);
      this.#wait = Math.min(this.#wait * 2, 5000);
    }

    /** @param {{seq: number, type: string, data: any}} event */
    #take(event) {
      this.seq = event.seq;
      if (event.type === "snapshot" || event.type === "resync") {
        const { state } = event.data;
        this.agent = state?.agents.find((/** @type {any} */ one) => one.number === this.options.agent) ?? this.agent;
        this.calls = new Map(state?.calls.map((/** @type {any} */ call) => [call.id, call]) ?? []);
        this.#tell("state", event.data);
        return;
      }
      if (event.data.agent?.number === this.options.agent) this.agent = event.data.agent;
      if (event.data.call) this.calls.set(event.data.call.id, event.data.call);
      if (event.type === "call.ended") this.calls.delete(event.data.call.id);
      this.#tell(event.type, event.data);
      this.#tell("event", event);
    }

    /** @param {string} type @param {any} detail */
    #tell(type, detail) {
      this.dispatchEvent(new CustomEvent(type, { detail }));
    }
  }

  const WORDS = {
    zh: {
      offline: "未连接", sign_in: "签入", sign_out: "签出", ready: "就绪", busy: "示忙", dial: "拨号", hang_up: "挂机",
      hold: "保持", unhold: "取回", transfer: "转接", number: "号码", save: "保存小结",
      signed_out: "未签入", reserved: "来电", ringing: "振铃", talking: "通话中", holding: "保持中", wrap_up: "整理",
      not_answering: "未应答", rest: "小休", meal: "用餐", training: "培训", meeting: "会议", paperwork: "处理事务", other: "其他",
      client_lost: "程序失联", signed_in: "刚签入", enquiry: "咨询", consultation: "专家咨询", registration: "预约挂号",
      complaint: "投诉建议", return_visit: "随访回访", promotion: "宣教推广",
    },
    en: {
      offline: "offline", sign_in: "Sign in", sign_out: "Sign out", ready: "Ready", busy: "Busy", dial: "Dial", hang_up: "Hang up",
      hold: "Hold", unhold: "Retrieve", transfer: "Transfer", number: "Number", save: "Save",
      signed_out: "Signed out", reserved: "Call", ringing: "Ringing", talking: "Talking", holding: "On hold", wrap_up: "Wrap-up",
      not_answering: "Not answering", rest: "Rest", meal: "Meal", training: "Training", meeting: "Meeting",
      paperwork: "Paperwork", other: "Other", client_lost: "Program lost", signed_in: "Just signed in", enquiry: "Enquiry",
      consultation: "Consultation", registration: "Registration", complaint: "Complaint", return_visit: "Return visit",
      promotion: "Promotion",
    },
  };
  const CAUSES = ["rest", "meal", "training", "meeting", "paperwork", "other"];
  const TYPES = ["enquiry", "consultation", "registration", "complaint", "return_visit", "promotion", "other"];
  const ON_CALL = ["talking", "holding"];
  const OCCUPIED = ["reserved", "ringing", ...ON_CALL];
  const MAY_DIAL = ["ready", "busy", "not_answering", "wrap_up"];
  const CSS = `
    :host { display: flex; gap: .5rem; align-items: center; flex-wrap: wrap; padding: .5rem .75rem; background: #f6f8fb;
      border: 1px solid #d5dce6; border-radius: .5rem; font: 14px/1.4 system-ui, "Noto Sans CJK SC", sans-serif; color: #1d273b; }
    .state { min-width: 7rem; font-weight: 600; } .state::before { content: "● "; color: #929dab; }
    .state[data-state=ready]::before { color: #2fb344; } .state[data-state=talking]::before { color: #206bc4; }
    .state[data-state=busy]::before, .state[data-state=wrap_up]::before { color: #f59f00; }
    .call { min-width: 9rem; font-variant-numeric: tabular-nums; }
    button, select, input { font: inherit; padding: .3rem .7rem; border: 1px solid #c3ccd8; border-radius: .375rem; background: #fff; color: inherit; }
    button { cursor: pointer; } button:hover:not(:disabled) { background: #eaf1fb; } :disabled { opacity: .45; cursor: default; }
    input { width: 9rem; } .error { color: #d63939; flex-basis: 100%; } .error:empty { display: none; }`;

  /** A row of buttons for one agent. Set `cti`; the attribute `lang` is "zh" or "en". */
  class PhoneBar extends HTMLElement {
    #cti = /** @type {WebCTI | null} */ (null);
    #root = this.attachShadow({ mode: "open" });
    #error = "";
    /** What the form of the call offers; kept when its time ran out and it is still owed. */
    #types = /** @type {string[]} */ ([]);

    constructor() {
      super();
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      this.#root.adoptedStyleSheets = [sheet];
    }

    get cti() {
      return this.#cti;
    }

    set cti(cti) {
      this.#cti = cti;
      for (const type of ["state", "event", "online", "offline"]) cti?.addEventListener(type, () => this.#draw());
      this.#draw();
    }

    connectedCallback() {
      this.#draw();
    }

    /** @param {string} word */
    #t(word) {
      const words = /** @type {Record<string, string>} */ (WORDS[this.lang.startsWith("en") ? "en" : "zh"]);
      return words[word] ?? word;
    }

    /** @param {string} name @param {Record<string, any>} [values] */
    async #do(name, values) {
      this.#error = "";
      try {
        await this.#cti?.verb(name, values);
      } catch (error) {
        this.#error = error instanceof Error ? error.message : String(error);
      }
      this.#draw();
    }

    #draw() {
      const agent = this.#cti?.agent;
      const call = this.#cti?.call;
      const state = this.#cti?.online ? (agent?.state ?? "signed_out") : "offline";
      const number = /** @type {HTMLInputElement | null} */ (this.#root.querySelector("input"))?.value ?? "";
      const focused = this.#root.activeElement?.getAttribute("data-action");
      const cause = agent?.cause ? ` · ${this.#t(agent.cause)}` : "";
      const signedIn = state !== "signed_out" && state !== "offline";
      const parts = [this.#text("state", this.#t(state) + cause, state)];
      if (!signedIn) parts.push(this.#button("sign_in", state === "signed_out", () => this.#do("sign_in", { phone: "sip" })));
      if (signedIn) {
        const other = call && (call.direction === "outbound" ? call.called : call.caller);
        parts.push(this.#text("call", other ?? ""));
        parts.push(this.#button("ready", !["ready", "wrap_up"].includes(state), () => this.#do("ready")));
        parts.push(this.#choice("busy", CAUSES, (value) => this.#do("busy", { cause: value })));
        parts.push(this.#input(number));
        parts.push(this.#button("dial", MAY_DIAL.includes(state), () => this.#do("dial", { number: this.#number() })));
        parts.push(this.#button("hang_up", ON_CALL.includes(state), () => this.#do("hang_up")));
        const held = state === "holding";
        parts.push(this.#button(held ? "unhold" : "hold", ON_CALL.includes(state), () => this.#do(held ? "unhold" : "hold")));
        parts.push(this.#button("transfer", ON_CALL.includes(state), () => this.#do("transfer", { target: this.#number() })));
        if (state === "wrap_up" || agent?.cause === "wrap_up_missing") {
          const save = (/** @type {string} */ kind) => this.#do("wrap_up", { business_type: kind, outcome: "resolved" });
          if (state === "wrap_up") this.#types = agent?.wrap_up_types ?? [];
          parts.push(this.#choice("save", this.#types.length ? this.#types : TYPES, save));
        }
        parts.push(this.#button("sign_out", !OCCUPIED.includes(state), () => this.#do("sign_out")));
      }
      parts.push(this.#text("error", this.#error));
      this.#root.replaceChildren(...parts);
      if (focused) /** @type {HTMLElement | null} */ (this.#root.querySelector(`[data-action=${focused}]`))?.focus();
    }

    #number() {
      return /** @type {HTMLInputElement} */ (this.#root.querySelector("input")).value.trim();
    }

    /** @param {string} kind @param {string} text @param {string} [state] */
    #text(kind, text, state) {
      const element = document.createElement("span");
      element.className = kind;
      if (state) element.dataset.state = state;
      if (kind === "error") element.setAttribute("role", "alert");
      element.textContent = text;
      return element;
    }

    /** @param {string} name @param {boolean} enabled @param {() => void} action */
    #button(name, enabled, action) {
      const element = document.createElement("button");
      element.type = "button";
      element.dataset.action = name;
      element.textContent = this.#t(name);
      element.disabled = !enabled;
      element.onclick = action;
      return element;
    }

    /** @param {string} name @param {string[]} values @param {(value: string) => void} action */
    #choice(name, values, action) {
      const element = document.createElement("select");
      element.dataset.action = name;
      element.setAttribute("aria-label", this.#t(name));
      element.append(new Option(this.#t(name), ""), ...values.map((value) => new Option(this.#t(value), value)));
      element.onchange = () => element.value && action(element.value);
      return element;
    }

    /** @param {string} value */
    #input(value) {
      const element = document.createElement("input");
      element.dataset.action = "number";
      element.type = "tel";
      element.value = value;
      element.placeholder = this.#t("number");
      element.setAttribute("aria-label", this.#t("number"));
      element.onkeydown = (event) => event.key === "Enter" && this.#do("dial", { number: this.#number() });
      return element;
    }
  }

  customElements.define("hcc-phone-bar", PhoneBar);
  Object.assign(window, { WebCTI, WebCTIError });
})();
