"""What calls are about and what came of them: the codes; pages and islands have the words."""

from collections.abc import Iterable

BUSINESS_TYPES = ("enquiry", "consultation", "registration", "complaint", "return_visit", "promotion", "other")

UNASKED = "other"
"""What a form says that asked for no type (a desk phone's code): every queue takes it."""

RESULTS = ("resolved", "forwarded", "follow_up", "no_answer", "wrong_number", "other")


def parse(column: str) -> tuple[str, ...]:
    """The types a queue was given, from the comma-separated column; an empty one means all."""
    return tuple(code for code in BUSINESS_TYPES if code in column.split(","))


def is_offered(code: str, queues: Iterable[tuple[str, ...]]) -> bool:
    """Whether a form may say `code` after a call that came by `queues`, given the types of each."""
    some = [*queues]
    return code == UNASKED or not some or any(not types or code in types for types in some)
