// What a page of another system does: shows the phone bar, dials on click, pops when the phone rings.
"use strict";

const agent = new URLSearchParams(location.search).get("agent") ?? "1001";
const script = document.createElement("script");
script.src = `${window.CALL_CENTRE}/static/webcti/webcti.js`;
script.onload = start;
document.head.append(script);

async function start() {
  const token = () => fetch(`token?agent=${agent}`).then((answer) => answer.text());
  const cti = new WebCTI({ server: window.CALL_CENTRE, agent, token, language: "zh" });
  document.querySelector("hcc-phone-bar").cti = cti;
  cti.addEventListener("call.ringing", (event) => pop(event.detail.call));
  cti.addEventListener("event", (event) => log(event.detail));
  for (const link of document.querySelectorAll("[data-dial]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      cti.dial(link.dataset.dial).catch((error) => log({ seq: "!", type: error.message }));
    });
  }
  await cti.connect();
}

function pop(call) {
  document.querySelector("#pop").hidden = false;
  document.querySelector("#caller").textContent = call.direction === "inbound" ? call.caller : call.called;
  document.querySelector("#patient").textContent = call.patients.map((one) => one.name).join("、") || "未登记";
  document.querySelector("#queue").textContent = call.queue ?? "—";
}

function log(event) {
  const line = document.createElement("li");
  line.textContent = `${event.seq} ${event.type}`;
  document.querySelector("#log").prepend(line);
}
