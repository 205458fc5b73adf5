"""How figures, dates, telephone numbers and signs in a text are said aloud, in Chinese and in English."""

import re
import unicodedata
from collections.abc import Callable

_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_ENGLISH_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_ENGLISH_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LONGEST_SPOKEN_INTEGER = 8
_DIGITS_READ_SINGLY = 5
_TWENTY = 20
_HUNDRED = 100

# Words before which 2 is said 两, and before which a long figure is an amount rather than a number to note down.
_COUNTED = "位|个|名|天|周|次|点|小时|分钟|元|片|粒|盒|支|瓶|间|份|岁|步|毫升|毫克|克|人|公里|米"


def has_chinese(text: str) -> bool:
    """Whether `text` is to be read as Chinese: one Chinese character is enough."""
    return any("㐀" <= character <= "鿿" for character in text)


def chinese_digits(figures: str) -> str:
    """Each digit by its own name: "0571" → 零五七一."""
    return "".join(_DIGITS[int(figure)] for figure in figures if figure.isdecimal())


def _chinese_section(number: int) -> str:
    """0–9999 with inner zeros said once; nothing for 0."""
    spoken, gap = "", False
    for place in (3, 2, 1, 0):
        figure = number // 10**place % 10
        if figure:
            spoken += ("零" if gap and spoken else "") + _DIGITS[figure] + _PLACES[place]
        gap = figure == 0
    return spoken


def chinese_number(number: int) -> str:
    """The cardinal `number` (0 to 99,999,999): 20 → 二十, 105 → 一百零五, 12000 → 一万二千."""
    if number == 0:
        return _DIGITS[0]
    high, low = divmod(number, 10_000)
    spoken = _chinese_section(high) + "万" if high else ""
    if high and 0 < low < 1_000:
        spoken += "零"
    spoken += _chinese_section(low)
    return spoken.removeprefix("一") if spoken.startswith("一十") else spoken


def english_number(number: int) -> str:
    """The cardinal `number` (0 to 9999) in words, without hyphens."""
    if number < _TWENTY:
        return _ENGLISH_ONES[number]
    if number < _HUNDRED:
        tens, ones = divmod(number, 10)
        return _ENGLISH_TENS[tens] + (f" {_ENGLISH_ONES[ones]}" if ones else "")
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    high, low = divmod(number, size)
    return f"{_ENGLISH_ONES[high]} {name}" + (f" {english_number(low)}" if low else "")


def english_digits(figures: str) -> str:
    """Each digit by its own name: "112" → one one two."""
    return " ".join(_ENGLISH_ONES[int(figure)] for figure in figures if figure.isdecimal())


def _chinese_figure(match: re.Match[str]) -> str:
    """A bare run of digits, with the counted word behind it (if any) in group 2."""
    figures, counted = match[1], match[2] or ""
    if len(figures) > 1 and figures.startswith("0"):
        return chinese_digits(figures) + counted
    if len(figures) >= _DIGITS_READ_SINGLY and (not counted or len(figures) > _LONGEST_SPOKEN_INTEGER):
        return chinese_digits(figures) + counted
    if figures == "2" and counted:
        return "两" + counted
    return chinese_number(int(figures)) + counted


def _chinese_clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    spoken = ("两" if hour == 2 else chinese_number(hour)) + "点"
    if minute == 0:
        return spoken
    return spoken + ("零" if minute < 10 else "") + chinese_number(minute) + "分"


def _english_clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if minute == 0:
        return f"{english_number(hour)} o'clock"
    return f"{english_number(hour)} {'oh ' if minute < 10 else ''}{english_number(minute)}"


def _chinese_date(match: re.Match[str]) -> str:
    return f"{chinese_digits(match[1])}年{chinese_number(int(match[2]))}月{chinese_number(int(match[3]))}日"


def _grouped(match: re.Match[str], digits: Callable[[str], str]) -> str:
    """A telephone number: digit by digit, a short pause where the writer put a dash."""
    return ", ".join(digits(group) for group in re.findall(r"[0-9]+", match[0]))


def _english_figure(match: re.Match[str]) -> str:
    figures = match[0]
    if len(figures) >= _DIGITS_READ_SINGLY or (len(figures) > 1 and figures.startswith("0")):
        return english_digits(figures)
    return english_number(int(figures))


Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_DATE = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})[-/.](1[0-2]|0?[1-9])[-/.](3[01]|[12][0-9]|0?[1-9])(?![0-9])")
_TELEPHONE = re.compile(r"(?<![0-9.])\+?[0-9]{2,4}(?:-[0-9]{3,8}){1,3}(?![0-9])")
_CLOCK = re.compile(r"(?<![0-9:])([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?(?![0-9:])")

# Order matters: each rule leaves words behind, so the narrow ones come first.
_CHINESE: tuple[Rule, ...] = (
    (_DATE, _chinese_date),
    (re.compile(r"(?<![0-9])([0-9]{4})(?=年)"), lambda match: chinese_digits(match[1])),
    (_CLOCK, _chinese_clock),
    (_TELEPHONE, lambda match: _grouped(match, chinese_digits)),
    (re.compile(r"(?<=拨打|呼叫|电话)([0-9]+)"), lambda match: chinese_digits(match[1])),
    (re.compile(r"(?<=[0-9分点日月天])\s*[-~～—]\s*(?=[0-9零一二三四五六七八九十两])"), lambda _: "至"),
    (re.compile(r"[¥￥]\s*([0-9]+(?:\.[0-9]+)?)"), lambda match: f"{match[1]}元"),
    (re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%"), lambda match: f"百分之{match[1]}"),
    (
        re.compile(r"([0-9]{1,8})\.([0-9]+)"),
        lambda match: f"{chinese_number(int(match[1]))}点{chinese_digits(match[2])}",
    ),
    (re.compile(rf"([0-9]+)\s*({_COUNTED})?"), _chinese_figure),
)
_ENGLISH: tuple[Rule, ...] = (
    (re.compile(r"(?<=:[0-5][0-9])\s*[-~–]\s*(?=[0-9])"), lambda _: " to "),
    (_CLOCK, _english_clock),
    (_TELEPHONE, lambda match: _grouped(match, english_digits)),
    (re.compile(r"(?<=[0-9])\s*[-~–]\s*(?=[0-9])"), lambda _: " to "),
    (re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%"), lambda match: f"{match[1]} percent"),
    (re.compile(r"([0-9]{1,4})\.([0-9]+)"), lambda match: f"{match[1]} point {english_digits(match[2])}"),
    (re.compile(r"[0-9]+"), _english_figure),
)
_CHINESE_SIGNS = {
    "*": "星号", "#": "井号", "&": "和", "+": "加", "=": "等于", "°C": "摄氏度", "@": "艾特", "、": ", ",
    "。": ". ", "《": " ", "》": " ", "【": " ", "】": " ", "「": " ", "」": " ", "…": ". ", "·": " ", "/": ", ",
}  # fmt: skip
_ENGLISH_SIGNS = {"*": " star ", "#": " hash ", "&": " and ", "+": " plus ", "=": " equals ", "@": " at ", "/": " "}
_UNSPOKEN = re.compile(r"[^0-9A-Za-z㐀-鿿 ,.!?;:'-]")


def spoken(text: str) -> str:
    """`text` with nothing left in it but Chinese characters, Latin words and plain punctuation (, . ! ? ; : ' -)."""
    plain = unicodedata.normalize("NFKC", text)
    chinese = has_chinese(plain)
    for pattern, say in _CHINESE if chinese else _ENGLISH:
        plain = pattern.sub(say, plain)
    for sign, word in (_CHINESE_SIGNS if chinese else _ENGLISH_SIGNS).items():
        plain = plain.replace(sign, word)
    return re.sub(r"\s+", " ", _UNSPOKEN.sub(" ", plain)).strip()
