// Tells managers what is on this desktop: which patient, which form. Not a picture of it.
import { patientOf } from "./state.js";

const PAUSE_MILLIS = 500;
const FORMS = [
  ["hcc-patient-form", "patient"],
  ["hcc-transfer", "transfer"],
  ["hcc-dial-box", "dial"],
  ["hcc-order-form", "order"],
  ["hcc-wrap-form", "wrap_up"],
];

function present(desk) {
  const at = document.activeElement;
  const form = FORMS.find(([name]) => at?.closest(name))?.[1] ?? "";
  const patient = desk.contextCall ? patientOf({ ...desk.contextCall, patient_id: desk.patientId }) : null;
  return { page: "desktop", form, patient_id: desk.patientId, patient: (patient?.name ?? "").slice(0, 64) };
}

/** Watch `desk`; returns a function that ends it. */
export function reportScreen(desk) {
  let told = "";
  let timer = null;
  const tell = () => {
    timer = null;
    const { me, signedIn } = desk.state;
    if (!signedIn || me.version === undefined || desk.takenOver || desk.socket.status !== "online") return;
    const what = present(desk);
    const key = `${me.since > 0 && signedIn}${JSON.stringify(what)}`;
    if (key === told) return;
    told = key;
    desk.socket.perform("looking_at", what).catch(() => (told = ""));
  };
  const soon = () => (timer ??= setTimeout(tell, PAUSE_MILLIS));
  const again = () => {
    told = "";
    soon();
  };
  desk.addEventListener("update", soon);
  desk.socket.addEventListener("snapshot", again);
  document.addEventListener("focusin", soon);
  return () => {
    clearTimeout(timer);
    desk.removeEventListener("update", soon);
    desk.socket.removeEventListener("snapshot", again);
    document.removeEventListener("focusin", soon);
  };
}
