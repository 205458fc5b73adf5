"""What the call centre itself says to callers, in both languages. Keys are stable; texts are spoken in advance.

The sound of each lies in the image under `<speech directory>/system/<language>/<key>.wav`.
"""

import dataclasses

from appliance.callcenter.prompts.reading import chinese_number, english_number
from appliance.callcenter.prompts.speech import CHINESE_VOICE, ENGLISH_VOICE

FIGURE_VOICE = "zm_yunxi"

LONGEST_POSITION = 20
"""Up to this many callers ahead are counted aloud."""
_LONGEST_ENGLISH_POSITION = 10
_MANY = "More than ten people are ahead of you."


@dataclasses.dataclass(frozen=True, slots=True)
class SystemPrompt:
    key: str
    zh: str
    en: str

    def text(self, language: str) -> str:
        """The words in `language` ("zh_CN" or "en")."""
        return self.zh if language.startswith("zh") else self.en

    def voice(self, language: str) -> str:
        """Who says it. Single syllables are swallowed by the female voices, so figures have a speaker of their own."""
        if language.startswith("zh"):
            return FIGURE_VOICE if self.key.startswith(("digit-", "unit-")) else CHINESE_VOICE
        return ENGLISH_VOICE


def _position(ahead: int) -> SystemPrompt:
    """English stops counting at ten: it is seldom heard, and every text costs time when the image is built."""
    spoken = "两" if ahead == 2 else chinese_number(ahead)
    callers = {1: "is one person"}.get(ahead, f"are {english_number(ahead)} people")
    english = f"There {callers} ahead of you." if ahead <= _LONGEST_ENGLISH_POSITION else _MANY
    return SystemPrompt(f"queue-position-{ahead}", f"您前面还有{spoken}位患者在等候。", english)


_FIXED = (
    SystemPrompt(
        "fallback", "系统繁忙，正在为您转接值班人员，请稍候。", "The system is busy. Connecting you to duty staff."
    ),
    SystemPrompt("number-invalid", "对不起，您拨打的号码有误。", "The number you dialled is not valid."),
    SystemPrompt("number-not-in-service", "对不起，您拨打的号码未开通。", "This number is not in service."),
    SystemPrompt("queue-position-more", "您前面还有二十多位患者在等候。", _MANY),
    SystemPrompt("queue-next", "您是下一位，请不要挂机。", "You are next. Please stay on the line."),
    SystemPrompt("queue-busy", "话务员正忙，请不要挂机。", "All agents are busy. Please hold."),
    SystemPrompt("queue-unstaffed", "现在没有人员值班，请稍后再拨。", "Nobody is on duty now. Please call later."),
    SystemPrompt(
        "closed", "现在是非工作时间，请在工作时间来电。", "We are closed now. Please call during office hours."
    ),
    SystemPrompt("key-invalid", "按键有误，请重新输入。", "Sorry, that key is not valid. Please try again."),
    SystemPrompt("key-timeout", "没有收到您的按键，请重新输入。", "We did not receive a key. Please try again."),
    SystemPrompt("press-zero", "需要人工服务，请随时按零。", "For a person, press zero at any time."),
    SystemPrompt("transferring", "正在为您转接，请稍候。", "Transferring your call. Please wait."),
    SystemPrompt("agent-unavailable", "您要找的人员暂时无法接听。", "The person you are calling is not available."),
    SystemPrompt("goodbye", "感谢您的来电，再见。", "Thank you for calling. Goodbye."),
    SystemPrompt("recording-notice", "为保证服务质量，您的通话将被录音。", "This call will be recorded for quality."),
    SystemPrompt("unit-ten", "十。", "ten"),
    SystemPrompt("unit-hundred", "百。", "hundred"),
    SystemPrompt("unit-thousand", "千。", "thousand"),
)

SYSTEM_PROMPTS: tuple[SystemPrompt, ...] = (
    *_FIXED,
    *(SystemPrompt(f"digit-{digit}", f"{chinese_number(digit)}。", english_number(digit)) for digit in range(10)),
    *(_position(ahead) for ahead in range(1, LONGEST_POSITION + 1)),
)
_BY_KEY = {prompt.key: prompt for prompt in SYSTEM_PROMPTS}


def system_prompt(key: str) -> SystemPrompt:
    """The prompt with this key. Raises KeyError."""
    return _BY_KEY[key]


def queue_position(ahead: int) -> SystemPrompt:
    """What a caller hears who has `ahead` callers before her."""
    if ahead <= 0:
        return _BY_KEY["queue-next"]
    return _BY_KEY[f"queue-position-{ahead}" if ahead <= LONGEST_POSITION else "queue-position-more"]
