"""What is let go of: hits that are counted for ever, and are no longer rows or soon will not be.

The mark of a campaign, ``campaign_clicks.hits_kept_from``, only ever rises, and is set with its
row locked: who has counted hits of the campaign in the same transaction may rely on it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from services.redirector.storage.connections import Connection

# Hits that are not let go of, as SQL that stands behind FROM.
KEPT_HITS = """hit WHERE NOT EXISTS (
    SELECT FROM campaign_clicks AS mark
    WHERE mark.campaign_id = hit.campaign_id AND mark.hits_kept_from > hit.occurred_at
)"""
HITS_KEPT_FROM = "SELECT hits_kept_from FROM campaign_clicks WHERE campaign_id = $1"
# The campaigns are locked, so nobody else has these rows.
COUNT_LET_GO = """
INSERT INTO let_go_hits AS known (campaign_id, journal_id, hit_count)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
ON CONFLICT (campaign_id, journal_id) DO UPDATE SET
    hit_count = known.hit_count + excluded.hit_count
"""


class _Row(Protocol):
    @property
    def campaign_id(self) -> int: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def journal_id(self) -> int: ...


Row = TypeVar("Row", bound=_Row)


async def find_hits_kept_from(connection: Connection, campaign_id: int) -> datetime | None:
    """Return the time before which a campaign's hits are let go of; None if none is."""
    found: datetime | None = await connection.fetchval(HITS_KEPT_FROM, campaign_id)
    return found


async def let_go_of_late(
    connection: Connection, rows: Iterable[Row], marks: Mapping[int, datetime]
) -> list[Row]:
    """Note hits that are let go of before they are stored; return the others.

    Args:
        connection: In the transaction that has counted them.
        rows: In any order.
        marks: By campaign, the time before which its hits are let go of.
    """
    kept: list[Row] = []
    counts: Counter[tuple[int, int]] = Counter()
    for row in rows:
        mark = marks.get(row.campaign_id)
        if mark is not None and row.occurred_at < mark:
            counts[row.campaign_id, row.journal_id] += 1
        else:
            kept.append(row)
    if counts:
        campaigns, journals = zip(*counts, strict=True)
        await connection.execute(COUNT_LET_GO, campaigns, journals, list(counts.values()))
    return kept
