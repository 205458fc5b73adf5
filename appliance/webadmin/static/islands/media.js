// May this page hear the agent speak? One word for the lamp.

/** ready, ask, denied, missing or insecure. With `ask` the browser puts its question to the user. */
export async function mediaState(ask, constraints) {
  if (!window.isSecureContext || !navigator.mediaDevices) return "insecure";
  const permission = await navigator.permissions?.query({ name: "microphone" }).catch(() => null);
  if (permission?.state === "denied") return "denied";
  if (permission?.state === "granted" && !ask) return await present();
  if (!ask) return "ask";
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    for (const track of stream.getTracks()) track.stop();
    return "ready";
  } catch (error) {
    return error.name === "NotFoundError" ? "missing" : "denied";
  }
}

async function present() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.some((device) => device.kind === "audioinput") ? "ready" : "missing";
}
