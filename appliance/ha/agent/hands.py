"""Carries out what a decision wishes: each kind of action by the part that can."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.ha.agent.leading import Leadership
from appliance.ha.agent.parts import Guard, PeerLink, Postgres, ServiceAddress, Services
from appliance.ha.agent.raft import RaftLeader
from appliance.ha.agent.troubles import Troubles
from appliance.ha.agent.writing import Writing
from appliance.ha.decision import actions as act
from appliance.ha.decision.model import Memory, Seen

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Context:
    """What the wishes were made from."""

    memory: Memory
    seen: Seen

    def gone_ms(self) -> int | None:
        """How long nobody has led, if somebody ever did while we watched."""
        since = self.memory.key_gone_since
        return self.seen.at - since if since is not None and self.memory.leader_seen else None


type Deed = Callable[[Any, Context], None]


class Hands:
    def __init__(
        self,
        *,
        address: ServiceAddress,
        postgres: Postgres,
        services: Services,
        peer: PeerLink,
        guard: Guard,
        leadership: Leadership,
        writing: Writing,
        raft: RaftLeader,
    ) -> None:
        self._troubles = Troubles(log)
        self._alarms: frozenset[act.AlarmKind] = frozenset()
        self._deeds: Mapping[type, Deed] = {
            act.HoldAddress: lambda wish, _: address.hold(wish.until),
            act.DropAddress: lambda _wish, _: address.drop(),
            act.FeedWatchdog: lambda wish, _: guard.feed(wish.until),
            act.RestWatchdog: lambda _wish, _: guard.rest(),
            act.Campaign: lambda wish, context: leadership.campaign(wish, context.gone_ms()),
            act.ReleaseLease: lambda _wish, _: leadership.release(),
            act.LetLeaseExpire: lambda _wish, _: leadership.let_expire(),
            act.MoveRaftLeader: lambda _wish, _: raft.move(),
            act.AskPromise: lambda _wish, context: peer.ask(context.memory.epoch),
            act.GivePromise: lambda wish, _: peer.promise(wish.ask),
            act.RecordSync: lambda wish, context: writing.record_sync(wish, context.memory.epoch),
            act.SetHold: lambda wish, _: writing.set_hold(wish),
            act.ClearSwitchover: lambda wish, _: writing.clear_switchover(wish),
            act.ClearMaintenance: lambda wish, _: writing.clear_maintenance(wish),
            act.SetSyncNames: lambda wish, _: postgres.set_sync_names(wish.name),
            act.StartStandby: lambda _wish, _: postgres.start_standby(),
            act.Rejoin: lambda wish, _: postgres.rejoin(wish.way),
            act.PromotePostgres: lambda _wish, _: postgres.promote(),
            act.RestartPostgres: lambda _wish, _: postgres.restart(),
            act.StopPostgres: lambda wish, _: postgres.stop(at_once=wish.at_once),
            act.StartServices: lambda _wish, _: services.start(),
            act.StopServices: lambda _wish, _: services.stop(),
            act.RefuseCalls: lambda _wish, _: services.refuse_calls(),
            act.Alarm: lambda _wish, _: None,
        }

    def carry_out(self, wishes: tuple[act.Action, ...], context: Context) -> None:
        """In their order. What fails is told once and does not keep the others from being done."""
        for wish in wishes:
            name = type(wish).__name__
            try:
                self._deeds[type(wish)](wish, context)
            except Exception as error:  # noqa: BLE001 - one part's fault must not cost the others
                self._troubles.fails(name, repr(error))
            else:
                self._troubles.works(name)
        self._tell_alarms(frozenset(wish.kind for wish in wishes if isinstance(wish, act.Alarm)))

    def _tell_alarms(self, now: frozenset[act.AlarmKind]) -> None:
        for kind in sorted(now - self._alarms):
            log.warning("alarm: %s", kind)
        for kind in sorted(self._alarms - now):
            log.info("no longer: %s", kind)
        self._alarms = now
