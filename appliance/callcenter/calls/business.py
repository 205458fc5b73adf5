"""What calls are about and what came of them: the codes; pages and islands have the words."""

BUSINESS_TYPES = ("enquiry", "consultation", "registration", "complaint", "return_visit", "promotion", "other")

RESULTS = ("resolved", "forwarded", "follow_up", "no_answer", "wrong_number", "other")
