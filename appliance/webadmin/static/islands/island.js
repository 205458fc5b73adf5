// What every island begins with: it speaks the page's language and shows the page's icons.
import { InPage, setSprite } from "./look.js";
import { setLanguage } from "./strings.js";

export class Island extends InPage {
  connectedCallback() {
    setSprite(this.dataset.icons);
    setLanguage(this.dataset.language ?? document.documentElement.lang.replace("zh-CN", "zh_CN"));
    super.connectedCallback();
  }
}
