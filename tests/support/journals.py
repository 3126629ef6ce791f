"""A journal written by hand, and what is recorded of it."""

import os
from pathlib import Path

import asyncpg

from services.redirector.journal.files import create_locked
from services.redirector.journal.records import pack_hit
from services.redirector.recorder.recording import Recorder
from services.redirector.routes import pack_address
from shared.clock import SystemClock
from tests.support.links import SeededCampaign

PHONE = "Mozilla/5.0 (Linux; Android 14; SM-A546E) Chrome/124.0.0.0 Mobile"
CRAWLER = "facebookexternalhit/1.1"

COUNTS = """
SELECT (SELECT count(*) FROM hit),
       (SELECT count(DISTINCT (journal_id, journal_offset)) FROM hit),
       (SELECT sum(hit_count) FROM recipient_clicks),
       (SELECT sum(click_count) FROM recipient_clicks),
       (SELECT sum(hit_count) FROM campaign_clicks),
       (SELECT sum(click_count) FROM campaign_clicks),
       (SELECT sum(clicker_count) FROM campaign_clicks)
"""


class Journal:
    """A journal written by hand, whose writer lives until it is closed."""

    def __init__(self, data_dir: Path) -> None:
        folder = data_dir / "journal"
        folder.mkdir(exist_ok=True)
        self._descriptor, self.path = create_locked(folder, started_ns=1)

    def add(
        self,
        campaign: SeededCampaign,
        position: int,
        *,
        method: str = "GET",
        user_agent: str = PHONE,
        address: str = "81.2.69.142",
        headers: str = "",
    ) -> None:
        """Add a hit on the link of a recipient."""
        head = f"{method} /SAlhjS HTTP/1.1\r\nuser-agent: {user_agent}\r\n{headers}".encode()
        self.add_octets(
            pack_hit(
                int(SystemClock().now().timestamp() * 1e9),
                pack_address(address),
                campaign.first_link + position,
                campaign.token_length,
                head,
            )
        )

    def add_octets(self, octets: bytes) -> None:
        """Add what may be no record."""
        os.write(self._descriptor, octets)

    def close(self) -> None:
        """Let go of the journal, as a writer does that ends or dies."""
        os.close(self._descriptor)


async def record_all(recorder: Recorder) -> None:
    """Record until nothing is left, or a fault stops it."""
    while await recorder.record_batches():
        pass


async def counts(connection: asyncpg.Connection) -> tuple[int, ...]:
    """Return hits, distinct ones, and the totals that are kept of them, as ``COUNTS`` lists."""
    row = await connection.fetchrow(COUNTS)
    assert row is not None
    return tuple(value or 0 for value in row)
