"""Queries about messages, lent agents, thresholds and wallboard links.

Those that write take the journal's plain connection: they go with its next batch.
"""

import hashlib

import msgspec
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.settings.tables import SettingRow
from appliance.callcenter.supervision.model import StaffMessage
from appliance.callcenter.supervision.tables import AgentMoveRow, StaffMessageRow, StaffReceiptRow, WallboardLinkRow
from appliance.callcenter.supervision.thresholds import DEFAULTS, Thresholds
from appliance.clock import Millis

THRESHOLDS_KEY = "board_thresholds"


async def messages_since(session: AsyncSession, since: Millis) -> list[StaffMessage]:
    """The oldest first, with everybody they were for and when she read it."""
    rows = (await session.scalars(select(StaffMessageRow).where(StaffMessageRow.at >= since))).all()
    receipts = await session.scalars(
        select(StaffReceiptRow).where(StaffReceiptRow.message_id.in_([row.id for row in rows]))
    )
    read: dict[str, dict[int, Millis]] = {row.id: {} for row in rows}
    for receipt in receipts.all():
        read[receipt.message_id][receipt.agent_id] = receipt.read_at
    found = [StaffMessage(row.id, row.at, row.user_id, row.name, row.target, row.body, read[row.id]) for row in rows]
    return sorted(found, key=lambda message: message.at)


def add_message(connection: Connection, message: StaffMessage) -> None:
    connection.execute(
        insert(StaffMessageRow).values(
            id=message.id,
            at=message.at,
            user_id=message.user_id,
            name=message.name,
            target=message.target,
            body=message.body,
        )
    )
    receipts = [{"message_id": message.id, "agent_id": agent, "read_at": 0} for agent in message.read]
    connection.execute(insert(StaffReceiptRow), receipts)


def note_read(connection: Connection, message: str, agent: int, at: Millis) -> None:
    mine = (StaffReceiptRow.message_id == message, StaffReceiptRow.agent_id == agent)
    connection.execute(update(StaffReceiptRow).where(*mine).values(read_at=at))


async def moves(session: AsyncSession) -> dict[int, frozenset[int]]:
    rows = (await session.scalars(select(AgentMoveRow))).all()
    return {row.agent_id: msgspec.json.decode(row.queues, type=frozenset[int]) for row in rows}


def put_move(connection: Connection, agent: int, queues: frozenset[int] | None) -> None:
    """None = she serves her own queues again."""
    connection.execute(delete(AgentMoveRow).where(AgentMoveRow.agent_id == agent))
    if queues is not None:
        text = msgspec.json.encode(sorted(queues)).decode()
        connection.execute(insert(AgentMoveRow).values(agent_id=agent, queues=text))


async def thresholds(session: AsyncSession) -> Thresholds:
    text = await session.scalar(select(SettingRow.value).where(SettingRow.key == THRESHOLDS_KEY))
    return msgspec.json.decode(text, type=Thresholds) if text else DEFAULTS


def put_thresholds(connection: Connection, new: Thresholds) -> None:
    connection.execute(delete(SettingRow).where(SettingRow.key == THRESHOLDS_KEY))
    connection.execute(insert(SettingRow).values(key=THRESHOLDS_KEY, value=msgspec.json.encode(new).decode()))


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def link_of(session: AsyncSession, token: str) -> WallboardLinkRow | None:
    return await session.scalar(select(WallboardLinkRow).where(WallboardLinkRow.token_hash == token_hash(token)))
