"""Requests for links that lead nowhere, counted in memory and stored now and then.

They are no hits: nothing of them goes into the journal, which a flood of guesses would fill. What
is counted since the last time is lost with the process; while Postgres is away it waits.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Mapping

from services.redirector.storage.connections import Pool, StoreUnavailableError
from services.redirector.storage.orphans import count_orphans

FLUSH_S = 10.0
# Of campaigns, and of sender IDs, that are told apart between two flushes.
MAX_NAMES = 1_000

LOGGER = logging.getLogger(__name__)
_HEADER = re.compile(r"/([0-9A-Za-z-]{1,15})/[0-9A-Za-z]{6,8}(?![0-9A-Za-z])")


def header_of(path: str) -> str | None:
    """Return the sender ID that the path of a short link names; None if it names none."""
    found = _HEADER.match(path)
    return found[1] if found else None


class OrphanCounts:
    """What one process has counted and not stored yet."""

    def __init__(self) -> None:
        self.by_campaign: Counter[int] = Counter()
        self.by_header: Counter[str] = Counter()
        self.of_nobody = 0

    def note_gone(self, campaign_id: int) -> None:
        """Count a request for a link of a campaign that is paused or has ended."""
        if campaign_id in self.by_campaign or len(self.by_campaign) < MAX_NAMES:
            self.by_campaign[campaign_id] += 1
        else:
            self.of_nobody += 1

    def note_unknown(self, path: str) -> None:
        """Count a request for a token that no link has, at a path that may name a sender ID."""
        header = header_of(path)
        if header is not None and (header in self.by_header or len(self.by_header) < MAX_NAMES):
            self.by_header[header] += 1
        else:
            self.of_nobody += 1

    async def flush(self, pool: Pool) -> None:
        """Store what was counted; while Postgres is away it is kept for the next time."""
        counts = self.by_campaign, self.by_header, self.of_nobody
        if not any(counts):
            return
        self.by_campaign, self.by_header, self.of_nobody = Counter(), Counter(), 0
        try:
            await count_orphans(pool, counts[0], counts[1], of_nobody=counts[2])
        except StoreUnavailableError:
            self._put_back(*counts)

    async def keep_stored(self, pool: Pool) -> None:
        """Store again and again, until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_S)
            try:
                await self.flush(pool)
            # It is no more than a sign for alerts: redirects go on without it.
            except Exception:
                LOGGER.exception("requests for unknown links cannot be counted")

    def _put_back(
        self, by_campaign: Mapping[int, int], by_header: Mapping[str, int], of_nobody: int
    ) -> None:
        self.by_campaign.update(by_campaign)
        self.by_header.update(by_header)
        self.of_nobody += of_nobody
