"""The voices that the box can speak with. Apart from the engines: programs that do not speak name them too."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Voice:
    """A voice as staff choose it."""

    key: str
    zh: str
    en: str
    chinese: bool


VOICES = (
    Voice("zf_xiaobei", "晓贝（女声）", "Xiaobei (female, Mandarin)", chinese=True),
    Voice("zf_xiaoni", "晓妮（女声）", "Xiaoni (female, Mandarin)", chinese=True),
    Voice("zf_xiaoxiao", "晓晓（女声）", "Xiaoxiao (female, Mandarin)", chinese=True),
    Voice("zf_xiaoyi", "晓伊（女声）", "Xiaoyi (female, Mandarin)", chinese=True),
    Voice("zm_yunxi", "云希（男声）", "Yunxi (male, Mandarin)", chinese=True),
    Voice("zm_yunjian", "云健（男声）", "Yunjian (male, Mandarin)", chinese=True),
    Voice("af_heart", "Heart（英语女声）", "Heart (female, English)", chinese=False),
    Voice("am_michael", "Michael（英语男声）", "Michael (male, English)", chinese=False),
)
CHINESE_VOICE = VOICES[0].key
ENGLISH_VOICE = "af_heart"
