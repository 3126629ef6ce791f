"""Truncate the addresses of stored hits, by the same order of locks as in letting go of hits."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.worker.storage.letting_go import LOCK_HITS
from shared.domain.trusted_proxies import IpAddress

# Walks campaign_account_id_id_idx, and campaign_clicks_pkey beside it.
LIST_CAMPAIGNS_TO_TRUNCATE = text("""
    SELECT campaign.id FROM campaign
    JOIN campaign_clicks ON campaign_clicks.campaign_id = campaign.id
    WHERE campaign.account_id = :account_id AND campaign.id > :after
      AND whole_addresses_from < :until
    ORDER BY campaign.id LIMIT :row_limit
""")
# Hits that are let go of are deleted, not truncated.
LOCK_ADDRESSES = text("""
    SELECT greatest(whole_addresses_from, hits_kept_from, 'epoch') FROM campaign_clicks
    WHERE campaign_id = :campaign_id AND whole_addresses_from < :until FOR UPDATE
""")
# Walks hit_pkey.
LIST_WHOLE_HITS = text("""
    SELECT occurred_at, journal_id, journal_offset, address, request_head FROM hit
    WHERE campaign_id = :campaign_id AND occurred_at >= :occurred_at AND occurred_at < :until
      AND (occurred_at, journal_id, journal_offset)
          > (:occurred_at, CAST(:journal_id AS bigint), CAST(:journal_offset AS bigint))
    ORDER BY occurred_at, journal_id, journal_offset LIMIT :row_limit
""")
# By hit_pkey.
CHANGE_HITS = text("""
    UPDATE hit SET address = changed.address, request_head = changed.request_head
    FROM unnest(
        CAST(:occurred_at AS timestamptz[]), CAST(:journal_id AS bigint[]),
        CAST(:journal_offset AS bigint[]), CAST(:address AS inet[]), CAST(:request_head AS text[])
    ) AS changed (occurred_at, journal_id, journal_offset, address, request_head)
    WHERE hit.campaign_id = :campaign_id AND hit.occurred_at = changed.occurred_at
      AND hit.journal_id = changed.journal_id AND hit.journal_offset = changed.journal_offset
""")
NOTE_TRUNCATED = text("""
    UPDATE campaign_clicks SET whole_addresses_from = :occurred_at
    WHERE campaign_id = :campaign_id
""")
NOTE_ALL_TRUNCATED = text("""
    UPDATE campaign_clicks SET whole_addresses_from = (
        SELECT min(occurred_at) FROM hit
        WHERE hit.campaign_id = :campaign_id AND occurred_at >= :until
    )
    WHERE campaign_id = :campaign_id
""")


class HitPlace(NamedTuple):
    """Where a hit stands among those of its campaign."""

    occurred_at: datetime
    journal_id: int
    journal_offset: int


class VisitorOfHit(NamedTuple):
    """What a hit holds of its visitor's address.

    Attributes:
        address: An interface with its network once it is truncated.
    """

    place: HitPlace
    address: IpAddress | None
    request_head: str


async def list_campaigns_to_truncate(
    connection: AsyncConnection, account_id: int, *, until: datetime, after: int, row_limit: int
) -> Sequence[int]:
    """Return the next campaigns of an account that may have whole addresses before a time."""
    values = {"account_id": account_id, "until": until, "after": after, "row_limit": row_limit}
    return (await connection.execute(LIST_CAMPAIGNS_TO_TRUNCATE, values)).scalars().all()


async def lock_whole_addresses(
    connection: AsyncConnection, campaign_id: int, *, until: datetime
) -> datetime | None:
    """Let no one else change a campaign's hits; return from when on addresses may be whole.

    Returns:
        None if there are none before the time.
    """
    await connection.execute(LOCK_HITS)
    values = {"campaign_id": campaign_id, "until": until}
    found: datetime | None = (
        await connection.execute(LOCK_ADDRESSES, values)
    ).scalar_one_or_none()
    return found


async def list_visitors(
    connection: AsyncConnection,
    campaign_id: int,
    *,
    after: HitPlace,
    until: datetime,
    row_limit: int,
) -> list[VisitorOfHit]:
    """Return the next hits of a campaign before a time, as far as they hold addresses."""
    values = {"campaign_id": campaign_id, "until": until, "row_limit": row_limit}
    rows = await connection.execute(LIST_WHOLE_HITS, values | after._asdict())
    return [
        VisitorOfHit(
            HitPlace(occurred_at, journal_id, journal_offset),
            address,
            request_head,
        )
        for occurred_at, journal_id, journal_offset, address, request_head in rows
    ]


async def change_visitors(
    connection: AsyncConnection, campaign_id: int, changed: Sequence[VisitorOfHit]
) -> None:
    """Store what hits hold of addresses now."""
    if not changed:
        return
    values: dict[str, object] = {
        name: [getattr(hit.place, name) for hit in changed] for name in HitPlace._fields
    }
    values["campaign_id"] = campaign_id
    values["address"] = [hit.address for hit in changed]
    values["request_head"] = [hit.request_head for hit in changed]
    await connection.execute(CHANGE_HITS, values)


async def note_truncated(
    connection: AsyncConnection, campaign_id: int, *, before: datetime
) -> None:
    """Note that no address before a time is whole."""
    values = {"campaign_id": campaign_id, "occurred_at": before}
    await connection.execute(NOTE_TRUNCATED, values)


async def note_all_truncated(
    connection: AsyncConnection, campaign_id: int, *, until: datetime
) -> None:
    """Note that no address before a time is whole, and which is the first one from then on."""
    await connection.execute(NOTE_ALL_TRUNCATED, {"campaign_id": campaign_id, "until": until})
