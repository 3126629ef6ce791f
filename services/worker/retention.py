"""Keep visits, addresses and texts for as long as their accounts want them, and no longer.

Everything is a short transaction of its own, which begins by making sure that no other worker is
at upkeep; whatever is left when it ends early, the next upkeep finds.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.worker.storage import letting_go, letting_go_of_texts, truncating
from services.worker.storage.letting_go import Limits
from services.worker.storage.truncating import HitPlace, VisitorOfHit
from services.worker.storage.upkeep import is_our_turn
from shared.domain.request_heads import without_addresses
from shared.domain.truncation import truncated
from shared.storage.engine import is_outage

CAMPAIGN_PAGE = 1_000
DELETED_HITS = 5_000
# Each is read, changed and written again.
TRUNCATED_HITS = 1_000
LET_GO_TEXTS = 5_000
FIRST = HitPlace(datetime(1970, 1, 1, tzinfo=UTC), -1, -1)

LOGGER = logging.getLogger(__name__)


class OthersTurnError(Exception):
    """Another worker is at upkeep."""


async def keep_to_limits(
    engine: AsyncEngine,
    *,
    now: datetime,
    deleted_hits: int = DELETED_HITS,
    truncated_hits: int = TRUNCATED_HITS,
    texts: int = LET_GO_TEXTS,
) -> None:
    """Let go of visits and texts, and truncate addresses, that are past what accounts keep.

    Args:
        engine: Where they are.
        now: By which they are past it.
        deleted_hits: Most hits that one transaction deletes, at least 1.
        truncated_hits: Most hits of which one truncates the addresses, at least 1.
        texts: Most texts of which one lets go, at least 1.

    Raises:
        OthersTurnError: Another worker is at upkeep; what was done stays done.
    """
    async with engine.connect() as connection:
        limits = await letting_go.list_limits(connection)
    for limit in limits:
        if limit.clicks_kept_months is not None:
            until = first_month_kept(now, limit.clicks_kept_months)
            await _let_go(engine, limit.account_id, until)
    await _drop_months(engine, now)
    while await _delete(engine, deleted_hits):
        pass
    for limit in limits:
        if limit.addresses_kept_days is not None:
            until = now - timedelta(days=limit.addresses_kept_days)
            await _truncate(engine, limit, until, truncated_hits)
        if limit.texts_kept_days is not None:
            until = now - timedelta(days=limit.texts_kept_days)
            await _let_go_of_texts(engine, limit.account_id, until, texts)


def first_month_kept(now: datetime, kept_months: int) -> datetime:
    """Return the start, in UTC, of the month that lies so many months before this one."""
    today = now.astimezone(UTC)
    year, month = divmod(today.year * 12 + today.month - 1 - kept_months, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


@asynccontextmanager
async def _our_turn(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.begin() as connection:
        if not await is_our_turn(connection):
            raise OthersTurnError
        yield connection


async def _let_go(engine: AsyncEngine, account_id: int, until: datetime) -> None:
    after, page = 0, True
    while page:
        async with engine.connect() as connection:
            found = await letting_go.list_campaigns_to_mark(
                connection, account_id, until=until, after=after, row_limit=CAMPAIGN_PAGE
            )
        for campaign_id in found:
            async with _our_turn(engine) as connection:
                await letting_go.let_go_of_hits(connection, campaign_id, until=until)
            after = campaign_id
        page = bool(found)


async def _drop_months(engine: AsyncEngine, now: datetime) -> None:
    name: str | None = ""
    while name is not None:
        try:
            async with _our_turn(engine) as connection:
                name = await letting_go.drop_month(connection, until=now)
        except DBAPIError as error:
            if is_outage(error):
                raise
            LOGGER.warning("a month of hits cannot be dropped now, the next upkeep will try again")
            return
        if name:
            LOGGER.info("dropped %s, whose hits are all let go of", name)


async def _delete(engine: AsyncEngine, row_limit: int) -> bool:
    async with _our_turn(engine) as connection:
        return await letting_go.delete_let_go(connection, row_limit=row_limit)


async def _truncate(engine: AsyncEngine, limit: Limits, until: datetime, row_limit: int) -> None:
    change = _without_address if limit.keeps_no_addresses else _truncated
    campaign_id, page = 0, True
    while page:
        async with engine.connect() as connection:
            found = await truncating.list_campaigns_to_truncate(
                connection,
                limit.account_id,
                until=until,
                after=campaign_id,
                row_limit=CAMPAIGN_PAGE,
            )
        for campaign_id in found:
            after: HitPlace | None = FIRST
            while after:
                async with _our_turn(engine) as connection:
                    after = await _truncate_batch(
                        connection, campaign_id, until, after, row_limit=row_limit, change=change
                    )
        page = bool(found)


async def _truncate_batch(
    connection: AsyncConnection,
    campaign_id: int,
    until: datetime,
    after: HitPlace,
    *,
    row_limit: int,
    change: Callable[[VisitorOfHit], VisitorOfHit],
) -> HitPlace | None:
    """Truncate the addresses of the next hits; return the last one's place if there may be more.

    A recorder may have stored older hits since the last batch, so it goes by what is noted.
    """
    begin = await truncating.lock_whole_addresses(connection, campaign_id, until=until)
    if begin is None:
        return None
    if after.occurred_at != begin:
        after = HitPlace(begin, -1, -1)
    hits = await truncating.list_visitors(
        connection, campaign_id, after=after, until=until, row_limit=row_limit
    )
    changes = [(hit, change(hit)) for hit in hits]
    await truncating.change_visitors(
        connection, campaign_id, [new for old, new in changes if new != old]
    )
    if len(hits) < row_limit:
        await truncating.note_all_truncated(connection, campaign_id, until=until)
        return None
    last = hits[-1].place
    await truncating.note_truncated(connection, campaign_id, before=last.occurred_at)
    return last


def _truncated(hit: VisitorOfHit) -> VisitorOfHit:
    return hit._replace(
        address=None if hit.address is None else truncated(hit.address),
        request_head=without_addresses(hit.request_head),
    )


def _without_address(hit: VisitorOfHit) -> VisitorOfHit:
    return hit._replace(address=None, request_head=without_addresses(hit.request_head))


async def _let_go_of_texts(
    engine: AsyncEngine, account_id: int, until: datetime, row_limit: int
) -> None:
    after, page = 0, True
    while page:
        async with engine.connect() as connection:
            found = await letting_go_of_texts.list_campaigns(
                connection, account_id, until=until, after=after, row_limit=CAMPAIGN_PAGE
            )
        for campaign in found:
            after = campaign.id
            if campaign.is_done:
                await _let_go_of_campaign(engine, account_id, campaign, row_limit)
        page = bool(found)
    is_more = True
    while is_more:
        async with _our_turn(engine) as connection:
            is_more = await letting_go_of_texts.let_go_of_uploads(
                connection, account_id, until=until, row_limit=row_limit
            )


async def _let_go_of_campaign(
    engine: AsyncEngine,
    account_id: int,
    campaign: letting_go_of_texts.OldCampaign,
    row_limit: int,
) -> None:
    for begin in range(0, campaign.personal_count, row_limit):
        async with _our_turn(engine) as connection:
            await letting_go_of_texts.let_go_of_personal(
                connection, campaign.id, begin=begin, end=begin + row_limit
            )
    # Last, so that what is left when it ends early is found again.
    async with _our_turn(engine) as connection:
        await letting_go_of_texts.let_go_of_campaign(connection, account_id, campaign.id)
