"""Pause, resume, cancel and reschedule a campaign, whatever workers do with it meanwhile."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.authors import Author
from services.api.domain.campaign_states import CampaignAction
from services.api.domain.errors import NotFoundError
from services.api.domain.schedule_times import parse_schedule_time
from services.api.operations.read_reports import read_campaign
from services.api.storage.accounts import Account
from services.api.storage.audit import AuditEntry, Values, add_entry
from services.api.storage.campaign_control import (
    LockedCampaign,
    find_uuid,
    list_scheduled,
    list_slices_left,
    lock_campaign,
    set_control,
    set_schedule,
)
from services.api.storage.reports import Row
from shared.clock import Clock
from shared.domain.campaigns import CampaignControl
from shared.storage.cancelling import BATCH_MESSAGE_COUNT, cancel_messages
from shared.storage.engine import raw_connection
from shared.storage.queue import (
    AT_ONCE,
    SLICE_MESSAGE_COUNT,
    MessageSlice,
    enqueue_slice,
    enqueue_slices,
)

CANCEL_PATIENCE_S = 10.0
# As long as a worker may have a window under way.
LOOK_AFTER = timedelta(seconds=60)
MAX_SCHEDULED_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class CampaignOrders:
    """Gives an account's orders to its campaigns; each returns the row of the campaign's report.

    Attributes:
        author: Who gives them.
        patience_s: What a call spends on cancelling messages; a worker does what is left.
    """

    engine: AsyncEngine
    clock: Clock
    account: Account
    author: Author
    patience_s: float = CANCEL_PATIENCE_S

    async def pause(self, campaign_uuid: uuid.UUID) -> Row:
        """Let nothing more be handed over than the windows that are under way.

        Raises:
            NotFoundError: The account has no such campaign.
            CampaignStateError: It is done or cancelled.
        """
        async with self._locked(campaign_uuid, CampaignAction.PAUSE) as (connection, campaign):
            if campaign.progress.control is not CampaignControl.PAUSED:
                await self._put(connection, campaign, CampaignAction.PAUSE, CampaignControl.PAUSED)
        return await self._report(campaign_uuid)

    async def resume(self, campaign_uuid: uuid.UUID) -> Row:
        """Let a paused campaign go on, or wait on for its time; one that goes on is left alone.

        Raises:
            NotFoundError: The account has no such campaign.
            CampaignStateError: It is done or cancelled.
        """
        async with self._locked(campaign_uuid, CampaignAction.RESUME) as (connection, campaign):
            if campaign.progress.control is CampaignControl.PAUSED:
                await self._go_on(connection, campaign)
        return await self._report(campaign_uuid)

    async def cancel(
        self, campaign_uuid: uuid.UUID, action: CampaignAction = CampaignAction.CANCEL
    ) -> Row:
        """Cancel for good all messages that are not handed over yet.

        What a worker has under way goes out, or is cancelled if the carrier does not take it.

        Args:
            campaign_uuid: The campaign.
            action: ``UNSCHEDULE`` for one of which nothing has gone out alone.

        Raises:
            NotFoundError: The account has no such campaign.
            CampaignStateError: It is done, or has begun and may not have.
        """
        async with self._locked(campaign_uuid, action) as (connection, campaign):
            if campaign.progress.control is not CampaignControl.CANCELLED:
                await self._put(
                    connection, campaign, CampaignAction.CANCEL, CampaignControl.CANCELLED
                )
            # Should this process die now, or a worker over a window that it has.
            every = MessageSlice(campaign.id, range(campaign.progress.message_count))
            raw = await raw_connection(connection)
            await enqueue_slice(raw, every, urgent=False, delay=LOOK_AFTER)
        await self._cancel_messages(every)
        return await self._report(campaign_uuid)

    async def reschedule(self, campaign_uuid: uuid.UUID, schedule_time: str) -> Row:
        """Let a campaign of which nothing has gone out go out at another time.

        Raises:
            NotFoundError: The account has no such campaign.
            InvalidValueError: The time is none that can be.
            CampaignStateError: It has begun, is done or cancelled.
        """
        now = self.clock.now()
        scheduled = parse_schedule_time(schedule_time, self.account.time_zone, now)
        action = CampaignAction.RESCHEDULE
        async with self._locked(campaign_uuid, action) as (connection, campaign):
            await set_schedule(connection, self.account.id, campaign.id, scheduled.moment)
            if scheduled.moment != campaign.scheduled_at:
                before = {"scheduled_at": _text(campaign.scheduled_at)}
                after = {"scheduled_at": _text(scheduled.moment)}
                await self._note(connection, campaign, action, before, after)
        return await self._report(campaign_uuid)

    async def scheduled(self, campaign_uuid: uuid.UUID | None = None) -> list[Row]:
        """Return what the account has scheduled, the soonest first; only one campaign if named."""
        async with self.engine.connect() as connection:
            return await list_scheduled(
                connection,
                self.account.id,
                campaign_uuid=campaign_uuid,
                row_limit=MAX_SCHEDULED_LISTED,
            )

    async def named(self, transaction_id: int) -> uuid.UUID:
        """Return which campaign old clients know by a transaction id.

        Raises:
            NotFoundError: The account has no such campaign.
        """
        async with self.engine.connect() as connection:
            found = await find_uuid(connection, self.account.id, transaction_id)
        if found is None:
            raise NotFoundError("campaign")
        return found

    @asynccontextmanager
    async def _locked(
        self, campaign_uuid: uuid.UUID, action: CampaignAction
    ) -> AsyncIterator[tuple[AsyncConnection, LockedCampaign]]:
        async with self.engine.begin() as connection:
            campaign = await lock_campaign(connection, self.account.id, campaign_uuid)
            if campaign is None:
                raise NotFoundError("campaign")
            campaign.progress.require(action)
            yield connection, campaign

    async def _go_on(self, connection: AsyncConnection, campaign: LockedCampaign) -> None:
        action = CampaignAction.RESUME
        if campaign.scheduled_at is not None and campaign.scheduled_at > self.clock.now():
            await self._put(connection, campaign, action, CampaignControl.SCHEDULED)
            return
        await self._put(connection, campaign, action, CampaignControl.RUNNING)
        slices = await list_slices_left(
            connection, self.account.id, campaign.id, slice_message_count=SLICE_MESSAGE_COUNT
        )
        raw = await raw_connection(connection)
        count = campaign.progress.message_count
        await enqueue_slices(raw, campaign.id, count, urgent=count == 1, only=slices)

    async def _put(
        self,
        connection: AsyncConnection,
        campaign: LockedCampaign,
        action: CampaignAction,
        control: CampaignControl,
    ) -> None:
        """Put a campaign under other orders than it was, and note whose."""
        await set_control(connection, self.account.id, campaign.id, control)
        before = {"state": campaign.progress.state.value}
        after = {"state": replace(campaign.progress, control=control).state.value}
        await self._note(connection, campaign, action, before, after)

    async def _note(
        self,
        connection: AsyncConnection,
        campaign: LockedCampaign,
        action: CampaignAction,
        before: Values,
        after: Values,
    ) -> None:
        entry = AuditEntry(f"campaign.{action.value}", str(campaign.uuid), before, after)
        await add_entry(connection, self.account.id, self.author, entry)

    async def _cancel_messages(self, every: MessageSlice) -> None:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self.patience_s
        for first in range(0, len(every.positions), BATCH_MESSAGE_COUNT):
            batch = every.positions[first : first + BATCH_MESSAGE_COUNT]
            rest = every.positions[first + BATCH_MESSAGE_COUNT :]
            async with self.engine.begin() as connection:
                await cancel_messages(connection, every.campaign_id, batch)
                if rest and loop.time() > deadline_s:
                    raw = await raw_connection(connection)
                    left = MessageSlice(every.campaign_id, rest)
                    await enqueue_slice(raw, left, urgent=False, delay=AT_ONCE)
                    return

    async def _report(self, campaign_uuid: uuid.UUID) -> Row:
        return await read_campaign(self.engine, self.account, campaign_uuid)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
