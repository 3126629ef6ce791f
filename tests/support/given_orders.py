"""Giving the orders of a stored campaign's account, beside a worker in the same test."""

import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.authors import COMMAND_LINE
from services.api.operations.control_campaigns import CANCEL_PATIENCE_S, CampaignOrders
from services.api.storage.accounts import Account
from shared.clock import SystemClock

OWNER = text("SELECT uuid, account_id FROM campaign WHERE id = :campaign_id")


@dataclass(frozen=True, slots=True)
class GivenOrders:
    """Orders to one campaign, as the API carries them out."""

    orders: CampaignOrders
    campaign_uuid: uuid.UUID

    async def pause(self) -> None:
        """Pause it."""
        await self.orders.pause(self.campaign_uuid)

    async def resume(self) -> None:
        """Resume it."""
        await self.orders.resume(self.campaign_uuid)

    async def cancel(self) -> None:
        """Cancel it."""
        await self.orders.cancel(self.campaign_uuid)


async def orders_to(
    engine: AsyncEngine, campaign_id: int, *, patience_s: float = CANCEL_PATIENCE_S
) -> GivenOrders:
    """Return what gives orders to a stored campaign."""
    async with engine.connect() as connection:
        row = (await connection.execute(OWNER, {"campaign_id": campaign_id})).one()
    account = Account(
        id=row.account_id,
        name="",
        default_region="IN",
        time_zone=ZoneInfo("Asia/Kolkata"),
        carrier="sandbox",
        link_shape="token",
        smart_encoding=False,
        accepts_landlines=False,
        accepts_short_codes=False,
        segment_price=None,
        currency="INR",
        sender_ids=(),
    )
    orders = CampaignOrders(engine, SystemClock(), account, COMMAND_LINE, patience_s)
    return GivenOrders(orders, row.uuid)
