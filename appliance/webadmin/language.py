"""Texts on the screen: message ids are English, `locale/` holds the Chinese catalogue."""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from tornado.locale import GettextLocale, Locale

FOLDER = Path(__file__).parent / "locale"
DEFAULT = "zh_CN"
NAMES = {"zh_CN": "简体中文", "en": "English"}


@cache
def language(code: str) -> Locale:
    """The texts of `code`; anything unknown reads as the default language.

    Catalogues are compiled in memory: a few milliseconds once, and no binary file can be out of date.
    """
    if code not in NAMES:
        return language(DEFAULT)
    file = FOLDER / code / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return GettextLocale(code, gettext.NullTranslations())
    with file.open("rb") as source:
        catalogue = read_po(source, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GettextLocale(code, gettext.GNUTranslations(compiled))
