// The texts of the islands in the user's language.
import en from "./strings.en.js";
import managerEn from "./strings.manager.en.js";
import managerChinese from "./strings.manager.zh_CN.js";
import talkEn from "./strings.talk.en.js";
import talkChinese from "./strings.talk.zh_CN.js";
import workEn from "./strings.work.en.js";
import workChinese from "./strings.work.zh_CN.js";
import chinese from "./strings.zh_CN.js";

const texts = {
  zh_CN: { ...chinese, ...managerChinese, ...talkChinese, ...workChinese },
  en: { ...en, ...managerEn, ...talkEn, ...workEn },
};

let chosen = texts.zh_CN;

/** `code`: "zh_CN" or "en"; anything else reads as Chinese. */
export function setLanguage(code) {
  chosen = texts[code] ?? texts.zh_CN;
}

export function language() {
  return chosen === texts.en ? "en" : "zh-CN";
}

/** The text of `key` with `{name}` replaced from `values`; an unknown key shows itself. */
export function t(key, values = {}) {
  const text = chosen[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
