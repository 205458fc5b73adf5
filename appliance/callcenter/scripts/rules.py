"""Variables of phrase cards. Pure."""

import re
from collections.abc import Mapping

VARIABLES = ("patient", "agent", "number", "hospital", "queue")
_NAME = re.compile(r"\{([^{}\s]*)\}")


def unknown(text: str) -> list[str]:
    """Variables in `text` that there are not."""
    return [name for name in _NAME.findall(text) if name not in VARIABLES]


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with what is known put in; what is not known stays as it stands."""
    return _NAME.sub(lambda found: values.get(found[1]) or found[0], text)
