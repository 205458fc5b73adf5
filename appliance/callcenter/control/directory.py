"""The configuration as call control uses it: read from the database at once, never changed, replaced as a whole."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.acd.model import QueueRules, Strategy
from appliance.callcenter.acd.policy import parse_needs, parse_steps
from appliance.callcenter.blacklist import store as blacklist_store
from appliance.callcenter.blacklist.rules import Blacklist
from appliance.callcenter.call_limits import store as limit_store
from appliance.callcenter.call_limits.model import Rules as OutsideRules
from appliance.callcenter.callbacks.model import CallbackRules, Mode
from appliance.callcenter.calls.business import parse as parse_types
from appliance.callcenter.calls.contacts import StickyRules
from appliance.callcenter.extensions.tables import ExtensionRow
from appliance.callcenter.ivr.model import Flow
from appliance.callcenter.ivr.model import parse as parse_flow
from appliance.callcenter.ivr.tables import FlowRow, FlowVersionRow
from appliance.callcenter.people.tables import AgentRow, QueueAgentRow, UserRow
from appliance.callcenter.prompts.tables import PromptRow
from appliance.callcenter.queues.tables import QueueRow
from appliance.callcenter.reasons import store as reasons_store
from appliance.callcenter.reasons.model import PauseReason
from appliance.callcenter.rooms import store as room_store
from appliance.callcenter.rooms.model import RoomEntry
from appliance.callcenter.settings import store as settings_store
from appliance.callcenter.settings.model import Settings
from appliance.callcenter.skills.store import agent_skills
from appliance.callcenter.skills.tables import SkillRow
from appliance.callcenter.trunks.tables import DidRow, TrunkRow
from appliance.pbx.numbers import NumberingPlan

NO_CALLBACK = CallbackRules()
NOT_STICKY = StickyRules()
DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class AgentEntry:
    id: int
    user_id: int
    number: str
    name: str
    language: str
    phone: str
    extension: str
    queues: frozenset[int]
    role: str = "agent"
    remote: bool = False
    """May sign in with a number outside."""
    skills: dict[int, int] = field(default_factory=dict)
    """Skill → level."""


@dataclass(frozen=True, slots=True)
class QueueEntry:
    id: int
    name: str
    number: str
    service_level_seconds: int
    rules: QueueRules
    announce_wait: bool = True
    announce_agent: bool = False
    rating: bool = False
    callback: CallbackRules = NO_CALLBACK
    sticky: StickyRules = NOT_STICKY
    business_types: tuple[str, ...] = ()
    """What wrap-up forms offer after calls from here; empty = all."""


@dataclass(frozen=True, slots=True)
class TrunkEntry:
    name: str
    caller_number: str
    outbound_strip: int
    outbound_prefix: str
    max_calls: int


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything that can be looked up during a call, by the key that calls have in hand."""

    revision: int = 0
    zone: ZoneInfo = DEFAULT_ZONE
    settings: Settings = field(default_factory=Settings)
    agents: dict[int, AgentEntry] = field(default_factory=dict)
    queues: dict[int, QueueEntry] = field(default_factory=dict)
    queues_by_number: dict[str, QueueEntry] = field(default_factory=dict)
    extensions: dict[str, ExtensionRow] = field(default_factory=dict)
    extension_ids: dict[int, str] = field(default_factory=dict)
    agents_by_extension: dict[str, int] = field(default_factory=dict)
    trunks: dict[str, TrunkEntry] = field(default_factory=dict)
    dids: dict[str, DidRow] = field(default_factory=dict)
    flows: dict[int, tuple[int, Flow]] = field(default_factory=dict)
    prompts: dict[str, str] = field(default_factory=dict)
    blacklist: Blacklist = field(default_factory=Blacklist)
    outside: OutsideRules = field(default_factory=OutsideRules)
    rooms: dict[str, RoomEntry] = field(default_factory=dict)
    pause_reasons: dict[str, PauseReason] = field(default_factory=dict)
    prompt_names: dict[int, str] = field(default_factory=dict)
    skills: dict[str, int] = field(default_factory=dict)
    """Skill name → id."""

    def is_internal(self, number: str) -> bool:
        """Whether an extension, a queue or a conference room has the number."""
        return number in self.extensions or number in self.queues_by_number or number in self.rooms

    @property
    def room_ids(self) -> dict[int, str]:
        """Room id → number."""
        return {room.id: room.number for room in self.rooms.values()}

    @property
    def numbering(self) -> NumberingPlan:
        return NumberingPlan(self.settings.extension_digits, self.settings.outside_prefix)

    def did(self, number: str) -> DidRow | None:
        """The entry for a called number, however the carrier writes it: whole, or with an area code before."""
        exact = self.dids.get(number)
        if exact is not None:
            return exact
        digits = number.lstrip("+")
        ending = [known for known in self.dids if len(known) >= 4 and digits.endswith(known)]
        return self.dids[max(ending, key=len)] if ending else None


async def load(session: AsyncSession) -> Directory:
    """Read everything in one transaction."""
    extensions = (await session.scalars(select(ExtensionRow))).all()
    numbers = {row.id: row.number for row in extensions}
    agents = await _agents(session, numbers)
    prompts = {row.id: row for row in (await session.scalars(select(PromptRow))).all()}
    settings = await settings_store.load(session)
    queues = await _queues(session, ZoneInfo(settings.time_zone))
    return Directory(
        revision=await settings_store.revision(session),
        zone=ZoneInfo(settings.time_zone),
        settings=settings,
        agents=agents,
        queues=queues,
        queues_by_number={queue.number: queue for queue in queues.values()},
        extensions={row.number: row for row in extensions},
        extension_ids=numbers,
        agents_by_extension={agent.extension: agent.id for agent in agents.values() if agent.extension},
        trunks=await _trunks(session),
        dids={row.number: row for row in (await session.scalars(select(DidRow).where(DidRow.active))).all()},
        flows=await _flows(session),
        prompts={row.name: row.file for row in prompts.values() if row.status == "ready"},
        blacklist=await blacklist_store.load(session),
        outside=await limit_store.load(session),
        rooms=await room_store.load(session),
        pause_reasons=await reasons_store.every(session),
        prompt_names={key: row.name for key, row in prompts.items()},
        skills={row.name: row.id for row in (await session.scalars(select(SkillRow))).all()},
    )


async def _agents(session: AsyncSession, numbers: dict[int, str]) -> dict[int, AgentEntry]:
    members: dict[int, set[int]] = {}
    for member in (await session.scalars(select(QueueAgentRow))).all():
        members.setdefault(member.agent_id, set()).add(member.queue_id)
    skills = await agent_skills(session)
    rows = await session.execute(
        select(AgentRow, UserRow).join(UserRow, UserRow.id == AgentRow.user_id).where(AgentRow.active, UserRow.active)
    )
    return {
        agent.id: AgentEntry(
            agent.id,
            user.id,
            agent.number,
            user.name,
            user.language,
            agent.phone,
            numbers.get(agent.extension_id or 0, ""),
            frozenset(members.get(agent.id, ())),
            user.role,
            agent.remote,
            skills.get(agent.id, {}),
        )
        for agent, user in rows.all()
    }


async def _queues(session: AsyncSession, zone: ZoneInfo) -> dict[int, QueueEntry]:
    rows: Iterable[QueueRow] = (await session.scalars(select(QueueRow))).all()
    return {
        row.id: QueueEntry(
            row.id,
            row.name,
            row.number,
            row.service_level_seconds,
            _rules(row, zone),
            row.announce_wait,
            row.announce_agent,
            row.rating,
            _callback_rules(row),
            StickyRules(row.sticky_tried_days, row.sticky_talked_days, row.sticky_wait_seconds * 1000),
            parse_types(row.business_types),
        )
        for row in rows
    }


def _callback_rules(row: QueueRow) -> CallbackRules:
    minutes = 60_000
    return CallbackRules(
        Mode(row.callback_mode),
        row.callback_key,
        row.callback_attempts,
        row.callback_gap_minutes * minutes,
        row.callback_expiry_hours * 60 * minutes,
    )


def _rules(row: QueueRow, zone: ZoneInfo) -> QueueRules:
    return QueueRules(
        row.id,
        row.ring_seconds,
        row.wrap_up_seconds,
        row.announce_seconds,
        Strategy(row.strategy),
        row.age_points,
        parse_needs(row.needs),
        parse_steps(row.steps),
        zone,
    )


async def _trunks(session: AsyncSession) -> dict[str, TrunkEntry]:
    rows = await session.scalars(select(TrunkRow).where(TrunkRow.active).order_by(TrunkRow.order, TrunkRow.id))
    return {
        row.name: TrunkEntry(row.name, row.caller_number, row.outbound_strip, row.outbound_prefix, row.max_calls)
        for row in rows.all()
    }


async def _flows(session: AsyncSession) -> dict[int, tuple[int, Flow]]:
    rows = await session.execute(
        select(FlowRow.id, FlowVersionRow.version, FlowVersionRow.graph).join(
            FlowVersionRow,
            (FlowVersionRow.flow_id == FlowRow.id) & (FlowVersionRow.version == FlowRow.published_version),
        )
    )
    return {key: (version, parse_flow(graph)) for key, version, graph in rows.all()}
