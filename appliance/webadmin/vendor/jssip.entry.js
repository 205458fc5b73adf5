// JsSIP is published as CommonJS only: give the browser one module.
import JsSIP from "jssip";

export default JsSIP;
