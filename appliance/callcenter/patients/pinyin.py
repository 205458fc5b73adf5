"""Names as they are typed to search for them."""

from pypinyin import Style, lazy_pinyin


def pinyin(name: str) -> str:
    """`张三` -> `zhangsan`, for searching."""
    return "".join(lazy_pinyin(name, errors="default")).lower().replace(" ", "")


def pinyin_initials(name: str) -> str:
    """`张三` -> `zs`."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="default")).lower().replace(" ", "")
