"""What the call centre itself says to callers, in both languages. Keys are stable; texts are spoken in advance.

The sound of each lies in the image under `<speech directory>/system/<language>/<key>.wav`.
"""

import dataclasses

from appliance.callcenter.prompts.reading import chinese_number, english_number
from appliance.callcenter.prompts.voices import CHINESE_VOICE, ENGLISH_VOICE

FIGURE_VOICE = "zm_yunxi"

_BY_FIGURE_VOICE = ("digit-", "unit-", "number-of-agent", "agent-at-service")
"""What is heard next to figures has the same speaker."""

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
            return FIGURE_VOICE if self.key.startswith(_BY_FIGURE_VOICE) else CHINESE_VOICE
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
    SystemPrompt(
        "switching-over",
        "电话系统正在切换，请您一分钟后再拨，谢谢。",
        "The telephone system is being switched over. Please call again in a minute.",
    ),
    SystemPrompt("number-invalid", "对不起，您拨打的号码有误。", "The number you dialled is not valid."),
    SystemPrompt("number-not-in-service", "对不起，您拨打的号码未开通。", "This number is not in service."),
    SystemPrompt("queue-position-more", "您前面还有二十多位患者在等候。", _MANY),
    SystemPrompt("queue-next", "您是下一位，请不要挂机。", "You are next. Please stay on the line."),
    SystemPrompt("queue-wait-more", "预计等候超过半小时。", "The expected wait is more than half an hour."),
    SystemPrompt("number-of-agent", "工号。", "Agent"),
    SystemPrompt("agent-at-service", "为您服务。", "at your service."),
    SystemPrompt(
        "rating-ask",
        "请为本次服务评分，非常满意请按五，满意请按四，一般请按三，不满意请按二，非常不满意请按一。",
        "Please rate this call: five for very good, four for good, three for fair, two for bad, one for very bad.",
    ),
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
    SystemPrompt(
        "callback-offer",
        "您也可以挂机等候，轮到您时我们给您回电，不会失去排队位置。需要回电请按",
        "You may also hang up and keep your place: we will call you back. For a call back, press",
    ),
    SystemPrompt("callback-number", "我们将回拨这个号码：", "We will call this number:"),
    SystemPrompt(
        "callback-confirm",
        "确认请按一，换一个号码请按二，继续等候请按星号键。",
        "To confirm, press one. For another number, press two. To go on waiting, press star.",
    ),
    SystemPrompt(
        "callback-type", "请输入您的电话号码，以井号键结束。", "Please key in your number, followed by the hash key."
    ),
    SystemPrompt("callback-wrong-number", "这个号码不能回拨。", "This number cannot be called back."),
    SystemPrompt(
        "callback-accepted",
        "已为您登记，轮到您时我们会回拨。请保持电话畅通，再见。",
        "Your place is kept. We will call you when it is your turn. Goodbye.",
    ),
    SystemPrompt(
        "callback-failed", "暂时无法登记回电，请继续等候。", "The call back could not be noted. Please go on waiting."
    ),
    SystemPrompt(
        "callback-greeting",
        "您好，这里是医院服务热线，您预约了回电。现在接通请按一，不再需要请按二。",
        "Hello, this is the hospital. You asked us to call back. To talk now, press one. If not, press two.",
    ),
    SystemPrompt("goodbye", "感谢您的来电，再见。", "Thank you for calling. Goodbye."),
    SystemPrompt("recording-notice", "为保证服务质量，您的通话将被录音。", "This call will be recorded for quality."),
    SystemPrompt(
        "caller-blocked", "您好，您的号码暂时无法接通本机构。", "Calls from your number are not accepted here."
    ),
    SystemPrompt("outside-not-allowed", "对不起，本机不能拨打此类号码。", "This telephone may not call such numbers."),
    SystemPrompt("outside-night", "对不起，现在是夜间，不能拨打外线。", "Outside calls are not possible at this hour."),
    SystemPrompt("outside-limit", "对不起，外线通话已达到上限。", "The limit of outside calls has been reached."),
    SystemPrompt(
        "outside-blocked", "本机外线已暂停，请联系班长。", "Outside calls are stopped here. Ask your manager."
    ),
    SystemPrompt(
        "room-pin", "欢迎参加电话会议，请输入会议密码，按井号键结束。", "Enter the conference PIN, then hash."
    ),
    SystemPrompt("room-pin-wrong", "密码有误，请重新输入。", "That PIN is not correct. Please try again."),
    SystemPrompt("room-refused", "密码多次有误，再见。", "The PIN was wrong too often. Goodbye."),
    SystemPrompt("room-closed", "会议尚未开始或已经结束。", "The conference is not open now."),
    SystemPrompt("room-locked", "会议已锁定，不能加入。", "The conference is locked."),
    SystemPrompt("room-full", "会议人数已满。", "The conference is full."),
    SystemPrompt("room-joined", "您已加入会议。", "You have joined the conference."),
    SystemPrompt("room-alone", "目前只有您一位与会者，请稍候。", "You are the only participant. Please wait."),
    SystemPrompt("room-muted", "您已被静音。", "You are muted."),
    SystemPrompt("room-unmuted", "您可以发言了。", "You can speak now."),
    SystemPrompt("room-recorded", "会议正在录音。", "The conference is being recorded."),
    SystemPrompt(
        "room-removed", "主持人已请您离开会议，再见。", "The moderator has ended your participation. Goodbye."
    ),
    SystemPrompt("room-ended", "会议已结束，再见。", "The conference has ended. Goodbye."),
    SystemPrompt(
        "room-invitation", "邀请您参加电话会议，加入请按一。", "You are invited to a conference. To join, press one."
    ),
    SystemPrompt("code-signed-in", "您已签入。", "You are signed in."),
    SystemPrompt("code-signed-out", "您已签出。", "You are signed out."),
    SystemPrompt("code-ready", "您已就绪。", "You are ready."),
    SystemPrompt("code-busy", "您已示忙。", "You are busy."),
    SystemPrompt("code-saved", "小结已保存。", "The form is saved."),
    SystemPrompt("code-wrap-up", "请先保存话后小结。", "Please save the wrap-up form first."),
    SystemPrompt("code-not-signed-in", "您还没有签入。", "You are not signed in."),
    SystemPrompt("code-enter-agent", "请输入工号，按井号键结束。", "Enter your agent number, then press hash."),
    SystemPrompt("code-enter-pin", "请输入密码，按井号键结束。", "Enter your PIN, then press hash."),
    SystemPrompt("code-wrong", "工号或密码有误。", "The agent number or the PIN is wrong."),
    SystemPrompt("code-refused", "现在不能进行这项操作。", "This is not possible now."),
    SystemPrompt("code-invalid", "功能码有误，请重新拨号。", "This code is not valid. Please dial again."),
    SystemPrompt("remote-call", "您好，热线有来电，来电号码是。", "Hello. A call for you, from number"),
    SystemPrompt("remote-key", "接听请按一，拒接请按二。", "Press one to take the call, two to refuse it."),
    SystemPrompt("unit-ten", "十。", "ten"),
    SystemPrompt("unit-hundred", "百。", "hundred"),
    SystemPrompt("unit-thousand", "千。", "thousand"),
)

WAIT_MINUTES = (1, 2, 3, 5, 8, 10, 15, 20, 30)
"""Expected waits are said rounded up to one of these."""


def _wait(minutes: int) -> SystemPrompt:
    spoken = "两" if minutes == 2 else chinese_number(minutes)
    english = f"about {english_number(minutes)} minute{'s' if minutes > 1 else ''}."
    return SystemPrompt(f"queue-wait-{minutes}", f"预计等候{spoken}分钟左右。", f"The expected wait is {english}")


SYSTEM_PROMPTS: tuple[SystemPrompt, ...] = (
    *_FIXED,
    *(SystemPrompt(f"digit-{digit}", f"{chinese_number(digit)}。", english_number(digit)) for digit in range(10)),
    *(_position(ahead) for ahead in range(1, LONGEST_POSITION + 1)),
    *(_wait(minutes) for minutes in WAIT_MINUTES),
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


def queue_wait(seconds: int) -> SystemPrompt:
    """How long a caller hears that it will take."""
    known = (minutes for minutes in WAIT_MINUTES if seconds <= minutes * 60)
    return _BY_KEY[f"queue-wait-{next(known, 'more')}"]
