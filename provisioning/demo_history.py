"""Three weeks of invented calls, so that lists, totals and time lines show something at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from appliance import clock, db
from appliance.callcenter.calls.tables import InteractionRow, SegmentRow, WrapUpRow
from appliance.text import lookup_number

DAYS = 21
BUSY_HOURS = (8, 8, 9, 9, 9, 10, 10, 10, 11, 11, 13, 14, 14, 15, 15, 16, 16, 17, 18, 20)
TYPES = ("enquiry", "enquiry", "registration", "registration", "registration", "consultation", "complaint", "other")
RESULTS = ("resolved", "resolved", "resolved", "forwarded", "follow_up")
NOTES = (
    "预约下周二上午专家号，已告知携带医保卡。",
    "咨询出院后用药，已转病房护士解答。",
    "询问体检套餐价格与时间。",
    "投诉候诊时间过长，已登记转门诊部。",
    "更改预约时间至周五下午。",
    "咨询报告领取流程。",
    "",
    "",
)


@dataclass(frozen=True)
class Person:
    id: int
    telephone: str
    vip: bool


@dataclass(frozen=True)
class Staff:
    agent_id: int
    extension: str


@dataclass(frozen=True)
class Desk:
    """Who takes part: queues by the key that leads to them."""

    queues: dict[str, int]
    staff: Sequence[Staff]
    people: Sequence[Person]
    number: str
    """The hospital's."""
    trunk: str


@dataclass
class Line:
    """One call being made up; `now` moves on with each segment."""

    random: Random
    now: int
    rows: list[db.Base] = field(default_factory=list)
    call_id: str = ""

    def stretch(self, kind: str, seconds: float, **more: object) -> int:
        """Add a segment; its length in milliseconds."""
        milliseconds = max(round(seconds * 1000), 300)
        end = self.now + milliseconds
        self.rows.append(SegmentRow(interaction_id=self.call_id, kind=kind, started_at=self.now, ended_at=end, **more))
        self.now = end
        return milliseconds


def history(desk: Desk, random: Random, today: date, zone: ZoneInfo) -> Iterator[db.Base]:
    """Rows of finished calls, up to yesterday evening and this morning so far."""
    now = clock.now_ms()
    for back in range(DAYS, -1, -1):
        day = today - timedelta(days=back)
        calls = 24 if day.weekday() > 4 else 62
        for _ in range(calls):
            hour = random.choice(BUSY_HOURS)
            at = datetime(day.year, day.month, day.day, hour, random.randrange(60), random.randrange(60), tzinfo=zone)
            started = clock.from_datetime(at)
            if started < now - 900_000:
                yield from _call(desk, random, started)


def _call(desk: Desk, random: Random, started: int) -> Iterator[db.Base]:
    draw = random.random()
    line = Line(random, started)
    line.call_id = f"demo{started:x}{random.getrandbits(20):05x}"
    person = random.choice(desk.people) if random.random() < 0.8 else None
    if draw < 0.8:
        yield from _inbound(desk, line, person)
    elif draw < 0.95:
        yield from _outbound(desk, line, person or desk.people[0])
    else:
        yield from _internal(desk, line)


def _interaction(line: Line, started: int, **more: object) -> InteractionRow:
    return InteractionRow(id=line.call_id, started_at=started, ended_at=line.now, **more)


def _inbound(desk: Desk, line: Line, person: Person | None) -> Iterator[db.Base]:
    random, started = line.random, line.now
    caller = person.telephone if person else f"1990009{random.randrange(10000):04}"
    key = random.choice(tuple(desk.queues))
    path = [["menu", "主菜单", key]]
    line.stretch("ivr", random.uniform(8, 35))
    common = {
        "direction": "inbound",
        "caller": caller,
        "called": desk.number,
        "remote_lookup": lookup_number(caller),
        "trunk": desk.trunk,
        "patient_id": person.id if person else None,
        "flow_path": msgspec.json.encode(path).decode(),
    }
    draw = random.random()
    if draw < 0.07:
        yield _interaction(line, started, outcome="self-service", hung_up_by="caller", **common)
        yield from line.rows
        return
    queue = desk.queues[key]
    wait = line.stretch("wait", random.expovariate(1 / (6 if person and person.vip else 22)), queue_id=queue)
    if draw < 0.15:
        line.stretch("wait", random.uniform(15, 90), queue_id=queue)
        line.rows[-1].result = "abandoned"  # type: ignore[attr-defined]
        waited = line.now - started
        yield _interaction(
            line, started, outcome="abandoned", hung_up_by="caller", queue_id=queue, wait_ms=waited, **common
        )
        yield from line.rows
        return
    staff = random.choice(desk.staff)
    if random.random() < 0.06:
        other = random.choice(desk.staff)
        wait += line.stretch("ring", 15, queue_id=queue, agent_id=other.agent_id, result="no-answer")
    wait += line.stretch("ring", random.uniform(1.5, 9), queue_id=queue, agent_id=staff.agent_id, result="answered")
    answered = line.now
    talk = _talk(line, staff)
    yield _interaction(
        line,
        started,
        outcome="answered",
        hung_up_by=random.choice(("caller", "caller", "agent")),
        queue_id=queue,
        agent_id=staff.agent_id,
        answered_at=answered,
        wait_ms=wait,
        talk_ms=talk,
        **common,
    )
    yield from _wrap_up(line, staff)


def _talk(line: Line, staff: Staff) -> int:
    random = line.random
    talk = line.stretch("talk", random.lognormvariate(4.6, 0.6), agent_id=staff.agent_id)
    if random.random() < 0.12:
        talk += line.stretch("hold", random.uniform(8, 60), agent_id=staff.agent_id)
        talk += line.stretch("talk", random.uniform(15, 120), agent_id=staff.agent_id)
    return talk


def _wrap_up(line: Line, staff: Staff) -> Iterator[db.Base]:
    """The segments so far, and what the agent wrote. The wrap-up is after the end of the call."""
    random = line.random
    line.stretch("wrap", random.uniform(5, 30), agent_id=staff.agent_id)
    yield from line.rows
    yield WrapUpRow(
        interaction_id=line.call_id,
        agent_id=staff.agent_id,
        business_type=random.choice(TYPES),
        outcome=random.choice(RESULTS),
        notes=random.choice(NOTES),
        saved_at=line.now,
    )


def _outbound(desk: Desk, line: Line, person: Person) -> Iterator[db.Base]:
    random, started = line.random, line.now
    staff = random.choice(desk.staff)
    common = {
        "direction": "outbound",
        "caller": staff.extension,
        "called": person.telephone,
        "remote_lookup": lookup_number(person.telephone),
        "trunk": desk.trunk,
        "patient_id": person.id,
        "agent_id": staff.agent_id,
    }
    ring = line.stretch("ring", random.uniform(6, 25), party=person.telephone)
    if random.random() < 0.3:
        outcome = random.choice(("no-answer", "busy", "rejected"))
        yield _interaction(line, started, outcome=outcome, hung_up_by="agent", wait_ms=ring, **common)
        yield from line.rows
        return
    answered = line.now
    talk = _talk(line, staff)
    yield _interaction(
        line,
        started,
        outcome="answered",
        hung_up_by="caller",
        answered_at=answered,
        wait_ms=ring,
        talk_ms=talk,
        **common,
    )
    yield from _wrap_up(line, staff)


def _internal(desk: Desk, line: Line) -> Iterator[db.Base]:
    random, started = line.random, line.now
    one, other = random.sample(list(desk.staff), 2)
    ring = line.stretch("ring", random.uniform(2, 8), party=other.extension)
    answered = line.now
    talk = line.stretch("talk", random.uniform(12, 150), party=other.extension)
    yield _interaction(
        line,
        started,
        direction="internal",
        caller=one.extension,
        called=other.extension,
        outcome="answered",
        hung_up_by="caller",
        answered_at=answered,
        wait_ms=ring,
        talk_ms=talk,
    )
    yield from line.rows
