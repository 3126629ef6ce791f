"""Store the hits that Postgres takes, and find out which it does not."""

from collections.abc import Sequence
from typing import NamedTuple

from services.redirector.recorder.enriching import tally
from services.redirector.recorder.rollups import roll_up
from services.redirector.storage.connections import Connection
from services.redirector.storage.hits import (
    HitRow,
    HitsRefusedError,
    add_hits,
    list_gone_campaigns,
)

MONTH_IS_GONE = "the campaign's month has no partition any more"


class Refusal(NamedTuple):
    """A hit that was refused alone, so that none but itself is to blame.

    Attributes:
        journal_offset: Where it stands in its journal.
        reason: Why, without what the hit holds of its visitor.
    """

    journal_offset: int
    reason: str


async def store(connection: Connection, rows: Sequence[HitRow]) -> list[Refusal]:
    """Add hits and what they count for; leave out those that are refused.

    Args:
        connection: In a transaction.
        rows: Of one journal, in any order.

    Returns:
        What was refused.
    """
    # Those of a campaign together, since one that is refused is often refused for its campaign.
    # In key order, recorders of several hosts never wait for each other in a circle.
    ordered = sorted(rows, key=lambda row: (row.campaign_id, row.position, row.journal_offset))
    if not ordered or await _try(connection, ordered) is None:
        return []
    # Found out at once: anybody can follow an old link very often.
    gone = await list_gone_campaigns(connection, sorted({row.campaign_id for row in rows}))
    storable = [row for row in ordered if row.campaign_id not in gone]
    return [
        *(Refusal(row.journal_offset, MONTH_IS_GONE) for row in rows if row.campaign_id in gone),
        *(await _bisect(connection, storable) if storable else ()),
    ]


async def _try(connection: Connection, rows: Sequence[HitRow]) -> str | None:
    """Add hits; return why they are refused, None if they are not."""
    try:
        await add_hits(connection, rows, tally(rows), roll_up(rows))
    except HitsRefusedError as error:
        return str(error)
    return None


async def _bisect(connection: Connection, rows: Sequence[HitRow]) -> list[Refusal]:
    reason = await _try(connection, rows)
    if reason is None:
        return []
    if len(rows) == 1:
        return [Refusal(rows[0].journal_offset, reason)]
    middle = len(rows) // 2
    return [
        *await _bisect(connection, rows[:middle]),
        *await _bisect(connection, rows[middle:]),
    ]
