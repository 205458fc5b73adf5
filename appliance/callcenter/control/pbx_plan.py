"""From the database to Asterisk's generated configuration files."""

import logging
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.extensions.tables import ExtensionRow
from appliance.callcenter.trunks.tables import TrunkRow
from appliance.pbx import pjsip_config
from appliance.pbx.ari import AriClient
from appliance.pbx.pjsip_config import DeskPhone, PbxPlan, Trunk

log = logging.getLogger(__name__)

MODULES = ("res_pjsip.so", "res_pjsip_endpoint_identifier_ip.so", "res_pjsip_outbound_registration.so", "pbx_config.so")


async def plan(session: AsyncSession) -> PbxPlan:
    extensions = await session.scalars(select(ExtensionRow).order_by(ExtensionRow.number))
    trunks = await session.scalars(select(TrunkRow).where(TrunkRow.active).order_by(TrunkRow.order))
    return PbxPlan(
        tuple(DeskPhone(row.number, row.digest_ha1, row.name, row.emergency) for row in extensions if row.digest_ha1),
        tuple(
            Trunk(row.name, row.kind, row.host, row.port, row.transport, row.username, row.password) for row in trunks
        ),
    )


class PbxPlanner:
    """Writes the files when something changed, and has Asterisk read them again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, session: AsyncSession) -> bool:
        """True when a file changed. What cannot stand in such a file is logged and leaves all files as they were."""
        try:
            return pjsip_config.write(pjsip_config.render(await plan(session)), self._folder)
        except pjsip_config.PlanError:
            log.exception("the telephone configuration is not usable")
            return False

    @staticmethod
    async def reload(ari: AriClient) -> None:
        for module in MODULES:
            await ari.reload_module(module)
