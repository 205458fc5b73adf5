"""Digits somebody keyed in secret: never shown, logged, stored or compared but by a hash."""


class Secret:
    """A text that does not print itself and that no encoder knows."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __len__(self) -> int:
        return len(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not stored")

    def plus(self, digit: str) -> Secret:
        return Secret(self._text + digit)

    def reveal(self) -> str:
        """The text itself, for the one who checks it."""
        return self._text
