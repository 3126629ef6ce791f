"""Accounts with limits, hits on their links, and what is kept of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.operations.change_sending import SendingChanges, change_sending
from services.redirector.recorder.locating import Locator
from services.redirector.recorder.reconciling import Reconciliation, reconcile
from services.redirector.recorder.recording import Recorder
from services.redirector.storage.connections import Pool
from services.worker.retention import OthersTurnError, keep_to_limits
from shared.schema.grants import Service
from tests.support.journals import CRAWLER, PHONE, Journal, record_all
from tests.support.links import SeededCampaign
from tests.support.roles import engine_as

STORED = "SELECT campaign_id, count(*) FROM hit GROUP BY 1"
COUNTED = """
SELECT 'recipient', campaign_id, position::text, hit_count, click_count, first_click_at,
       last_click_at
FROM recipient_clicks
UNION ALL
SELECT 'campaign', campaign_id, clicker_count::text, hit_count, click_count, NULL, NULL
FROM campaign_clicks
UNION ALL
SELECT 'quarter', campaign_id, quarter::text, hit_count, click_count, NULL, NULL
FROM quarter_clicks
UNION ALL
SELECT trait, campaign_id, value, hit_count, click_count, NULL, NULL FROM trait_clicks
ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Host:
    """A redirector's journal, still being written, and what records it."""

    journal: Journal
    recorder: Recorder
    data_dir: Path

    async def record(self, campaigns: Iterable[SeededCampaign], *, hits: int = 12) -> None:
        """Add hits on links of each campaign, every second a crawler's, and record them."""
        for campaign in campaigns:
            for number in range(hits):
                self.journal.add(campaign, number % 3, user_agent=(PHONE, CRAWLER)[number % 2])
        await record_all(self.recorder)


def a_host(pool: Pool, data_dir: Path, *, batch_hits: int = 100) -> Host:
    """Return a host whose journals lie in a folder, which is made."""
    data_dir.mkdir(exist_ok=True)
    journal = Journal(data_dir)
    recorder = Recorder(pool, data_dir / "journal", Locator(None), batch_hits=batch_hits)
    return Host(journal, recorder, data_dir)


async def limit(
    engine: AsyncEngine, account: str, *, months: int | None = None, days: int | None = None
) -> None:
    """Limit how long an account keeps visits and addresses."""
    changes = SendingChanges(
        clicks_kept_months=None if months is None else str(months),
        addresses_kept_days=None if days is None else str(days),
    )
    await change_sending(engine, account, changes)


async def keep_trying(engine: AsyncEngine, now: datetime) -> None:
    """Keep to the limits as a worker does beside another, until it has had its turn to the end."""
    while True:
        try:
            await keep_to_limits(
                engine_as(Service.WORKER, engine), now=now, deleted_hits=7, truncated_hits=5
            )
        except OthersTurnError:
            continue
        return


async def stored(connection: asyncpg.Connection) -> dict[int, int]:
    """Return how many hits are stored, by campaign."""
    return {row[0]: row[1] for row in await connection.fetch(STORED)}


async def counted(connection: asyncpg.Connection) -> list[tuple[object, ...]]:
    """Return all that is counted of hits."""
    return [tuple(row) for row in await connection.fetch(COUNTED)]


async def reconciled(database_url: str, host: Host) -> Reconciliation:
    """Return what ``txlink reconcile`` finds on a host."""
    return await reconcile(database_url, host.data_dir / "journal")
