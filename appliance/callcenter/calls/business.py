"""What calls are about and what came of them: the codes; pages and islands have the words."""

BUSINESS_TYPES = ("enquiry", "consultation", "registration", "complaint", "return_visit", "promotion", "other")

RESULTS = ("resolved", "forwarded", "follow_up", "no_answer", "wrong_number", "other")


def offered(chosen: str) -> tuple[str, ...]:
    """Business types a queue offers, from the comma-separated column; none chosen = all."""
    known = chosen.split(",")
    return tuple(code for code in BUSINESS_TYPES if code in known) or BUSINESS_TYPES
