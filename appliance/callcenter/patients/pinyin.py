"""Names as they are typed to search for them."""

from appliance.callcenter.patients.readings import syllables

SURNAMES = {
    "万俟": ("mo", "qi"),
    "尉迟": ("yu", "chi"),
    "单于": ("chan", "yu"),
    "乐": ("yue",),
    "仇": ("qiu",),
    "任": ("ren",),
    "佴": ("nai",),
    "冼": ("xian",),
    "单": ("shan",),
    "区": ("ou",),
    "召": ("shao",),
    "员": ("yun",),
    "折": ("she",),
    "曾": ("zeng",),
    "朴": ("piao",),
    "查": ("zha",),
    "盖": ("ge",),
    "种": ("chong",),
    "秘": ("bi",),
    "繁": ("po",),
    "缪": ("miao",),
    "翟": ("zhai",),
    "解": ("xie",),
    "逄": ("pang",),
    "隗": ("wei",),
}
"""Surnames that are read otherwise than the same characters elsewhere, with their syllables."""


def pinyin(name: str) -> str:
    """`张三` -> `zhangsan`, `曾明` -> `zengming`, for searching."""
    surname, rest = _apart(name)
    return _plain("".join(surname) + "".join(syllable for syllable, _ in syllables(rest)))


def pinyin_initials(name: str) -> str:
    """`张三` -> `zs`. What is no Chinese stays whole."""
    surname, rest = _apart(name)
    firsts = (part[0] if chinese else part for part, chinese in syllables(rest))
    return _plain("".join(syllable[0] for syllable in surname) + "".join(firsts))


def _apart(name: str) -> tuple[tuple[str, ...], str]:
    """The syllables of a listed surname that it begins with, and what is left. One character alone is no name."""
    for length in (2, 1):
        if name[:length] in SURNAMES and len(name) > length:
            return SURNAMES[name[:length]], name[length:]
    return (), name


def _plain(text: str) -> str:
    return text.lower().replace(" ", "")
