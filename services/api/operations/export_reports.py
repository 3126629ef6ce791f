"""Read whole reports, a batch at a time.

Each batch is a transaction of its own and begins behind the one before, so that a slow reader
holds no connection, and nothing comes twice or not at all while clicks arrive.
"""

import uuid
from collections.abc import AsyncIterator, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.operations.read_reports import LinkedRow, read_hits, read_recipients
from services.api.storage.accounts import Account
from services.api.storage.reports import HitPlace, RecipientFilter, Row

BATCH_ROWS = 5_000


async def export_recipients(
    engine: AsyncEngine, account: Account, campaign_uuid: uuid.UUID, *, which: RecipientFilter
) -> AsyncIterator[Sequence[LinkedRow]]:
    """Yield the recipients of a campaign, in the order of the send.

    Yields:
        At most ``BATCH_ROWS`` of them.

    Raises:
        NotFoundError: The account has no such campaign.
    """
    after = -1
    while True:
        batch = await read_recipients(
            engine, account, campaign_uuid, after=after, which=which, row_limit=BATCH_ROWS
        )
        yield batch
        if len(batch) < BATCH_ROWS:
            return
        after = batch[-1].row["position"]


async def export_hits(
    engine: AsyncEngine,
    account: Account,
    campaign_uuid: uuid.UUID,
    *,
    msisdn: int | None,
    with_machines: bool,
) -> AsyncIterator[Sequence[Row]]:
    """Yield the visits of a campaign that there are now, newest first.

    Yields:
        At most ``BATCH_ROWS`` of them.

    Raises:
        NotFoundError: The account has no such campaign.
    """
    before: HitPlace | None = None
    while True:
        visits = await read_hits(
            engine,
            account,
            campaign_uuid,
            msisdn=msisdn,
            with_machines=with_machines,
            before=before,
            row_limit=BATCH_ROWS,
        )
        yield visits.rows
        if len(visits.rows) < BATCH_ROWS:
            return
        last = visits.rows[-1]
        before = HitPlace(last["occurred_at"], last["journal_id"], last["journal_offset"])
