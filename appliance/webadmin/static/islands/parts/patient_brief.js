// A patient in one line: enough to tell people apart.
import { html, nothing } from "../../vendor/lit.js";
import { now } from "../clock.js";
import { vipBadge } from "../look.js";
import { t } from "../strings.js";

const SEX = { male: "patient.male", female: "patient.female" };
const RELATIONS = new Set(["self", "spouse", "child", "parent", "other"]);

/** Full years since the ISO date `birthDate`, or null. */
export function ageOf(birthDate) {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(birthDate ?? "");
  if (!match) return null;
  const today = new Date(now());
  const [year, month, day] = match.slice(1).map(Number);
  const before = today.getMonth() + 1 < month || (today.getMonth() + 1 === month && today.getDate() < day);
  return today.getFullYear() - year - (before ? 1 : 0);
}

export function briefLine(patient) {
  const age = ageOf(patient.birth_date);
  const facts = [
    SEX[patient.sex] && t(SEX[patient.sex]),
    age !== null && t("patient.age", { age }),
    RELATIONS.has(patient.relation) ? t(`patient.relation.${patient.relation}`) : patient.relation,
    patient.department,
    patient.card_number,
  ].filter(Boolean);
  return html`
    <span class="hcc-brief-name">${patient.name} ${vipBadge(patient.vip)}</span>
    ${facts.length ? html`<span class="hcc-brief-facts">${facts.join(" · ")}</span>` : nothing}
  `;
}
