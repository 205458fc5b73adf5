"""The pair's codes as words in a reader's language, for templates."""

from collections.abc import Mapping

from appliance.callcenter.forms import phrase
from appliance.callcenter.pair.failovers import Point
from appliance.callcenter.pair.monthly import Result
from appliance.callcenter.pair.progress import Stage
from appliance.ha import wording
from appliance.ha.agent.status import Status
from appliance.ha.decision.readiness import NotReady

POINTS = {
    Point.STEPPED_DOWN: phrase("The box before stepped down"),
    Point.NOBODY_LED: phrase("The lease had run out or was given back"),
    Point.CAMPAIGNED: phrase("This box asked for the lease"),
    Point.WON: phrase("Lease won"),
    Point.PROMOTING: phrase("Database becomes primary"),
    Point.OPENING: phrase("Database takes writes"),
    Point.SERVICES: phrase("Telephony and pages start"),
    Point.SERVING: phrase("Service address is here: calls are answered"),
    Point.FIRST_CALL: phrase("First call"),
}
STAGES = {
    Stage.ASKED: phrase("Asked for"),
    Stage.DRAINING: phrase("Waiting for calls to end"),
    Stage.LEAVING: phrase("The active box steps down"),
    Stage.TAKING_OVER: phrase("The other box takes over"),
    Stage.DONE: phrase("Done"),
}
RESULTS = {
    Result.RUNNING: phrase("Running"),
    Result.DONE: phrase("Passed"),
    Result.FAILED: phrase("Failed"),
    Result.SKIPPED: phrase("Left out"),
}


def states(language: str) -> Mapping[str, str]:
    return {state: words.text(language) for state, words in wording.STATES.items()}


def causes(language: str) -> Mapping[str, str]:
    return {cause: words.text(language) for cause, words in wording.CAUSES.items()}


def sentence(status: Status, language: str) -> str:
    return wording.sentence(status.why, status.arguments, status.sentence, language)


def advice(reason: NotReady, language: str) -> tuple[str, str]:
    """What is so, and what to do."""
    what, do = wording.ADVICE[reason]
    return what.text(language), do.text(language)
