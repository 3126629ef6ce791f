"""Store hits, what they count for, and how far a journal has been recorded: all or nothing."""

import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

import asyncpg
from typing_extensions import override

from services.redirector.storage.connections import Connection, Pool, outages_named
from services.redirector.storage.event_batches import ClickBatch, batch_clicks, tell_clicks
from services.redirector.storage.hit_rows import encode_rows
from services.redirector.storage.letting_go import let_go_of_late
from services.redirector.storage.rollups import Rollups, add_rollups
from services.redirector.storage.visitors import kept_of_visitors

ENSURE_PARTITIONS = "SELECT ensure_partitions($1)"
# Their names end in the month, and there is no gap between them.
PARTITION_BOUNDS = """
SELECT to_date(right(min(child.relname), 6), 'YYYYMM')::timestamp AT TIME ZONE 'UTC',
       (to_date(right(max(child.relname), 6), 'YYYYMM') + interval '1 month') AT TIME ZONE 'UTC'
FROM pg_inherits
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
WHERE pg_inherits.inhparent = 'hit'::regclass
"""
# Bits 32 and up of a campaign's id are its month, counted from year 0.
LIST_GONE_CAMPAIGNS = """
SELECT id FROM unnest($1::bigint[]) AS id
WHERE NOT EXISTS (
    SELECT FROM pg_inherits
    WHERE inhparent = 'recipient_clicks'::regclass
      AND inhrelid = to_regclass(format(
          'recipient_clicks_%s%s',
          to_char((id >> 32) / 12, 'FM0000'), to_char((id >> 32) % 12 + 1, 'FM00')
      ))
)
"""
ADD_JOURNAL = """
INSERT INTO journal (name, recorded_octets) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING
"""
GET_JOURNAL = "SELECT id, recorded_octets FROM journal WHERE name = $1"
LOCK_JOURNAL = "SELECT recorded_octets FROM journal WHERE id = $1 FOR UPDATE"
ADVANCE_JOURNAL = "UPDATE journal SET recorded_octets = $2, updated_at = now() WHERE id = $1"
COUNT_RECIPIENTS = """
INSERT INTO recipient_clicks AS kept (
    campaign_id, position, hit_count, click_count, first_click_at, last_click_at
)
SELECT * FROM unnest(
    $1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::timestamptz[], $6::timestamptz[]
)
ORDER BY 1, 2
ON CONFLICT (campaign_id, position) DO UPDATE SET
    hit_count = kept.hit_count + excluded.hit_count,
    click_count = kept.click_count + excluded.click_count,
    first_click_at = least(kept.first_click_at, excluded.first_click_at),
    last_click_at = greatest(kept.last_click_at, excluded.last_click_at)
RETURNING campaign_id, position, click_count, is_erased
"""
COUNT_CAMPAIGNS = """
INSERT INTO campaign_clicks AS kept (
    campaign_id, hit_count, click_count, clicker_count, event_batch_count, whole_addresses_from
)
SELECT counted.campaign_id, hits, clicks, clickers, batches,
       CASE WHEN coalesce(account.address_policy, 'full') = 'full' THEN first_at END
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::bigint[], $6::timestamptz[]
) AS counted (campaign_id, hits, clicks, clickers, batches, first_at)
LEFT JOIN campaign ON campaign.id = counted.campaign_id
LEFT JOIN account ON account.id = campaign.account_id
ORDER BY 1
ON CONFLICT (campaign_id) DO UPDATE SET
    hit_count = kept.hit_count + excluded.hit_count,
    click_count = kept.click_count + excluded.click_count,
    clicker_count = kept.clicker_count + excluded.clicker_count,
    event_batch_count = kept.event_batch_count + excluded.event_batch_count,
    whole_addresses_from = least(kept.whole_addresses_from, excluded.whole_addresses_from)
RETURNING campaign_id, event_batch_count, hits_kept_from, (
    SELECT account.address_policy FROM campaign
    JOIN account ON account.id = campaign.account_id WHERE campaign.id = kept.campaign_id
)
"""


# SQLSTATE classes that say nothing against a hit: the session, the set-up, a conflict or the
# machine is at fault, and any other hit would fare the same.
NOT_ABOUT_A_HIT = frozenset(
    ("08", "0A", "25", "26", "28", "3D", "3F", "40", "42", "53", "55", "57", "58")
)


class JournalMovedError(Exception):
    """Another recorder has recorded the journal past, or not yet up to, where a batch begins."""


class HitsRefusedError(Exception):
    """Postgres takes one at least of some hits not, for what it holds or where it belongs."""


class HitRow(NamedTuple):
    """A row of ``hit``, its columns in order."""

    campaign_id: int
    position: int
    occurred_at: datetime
    journal_id: int
    journal_offset: int
    click_class: str
    reasons: tuple[str, ...]
    score: int
    address: IPv4Address | IPv6Address | None
    country: str | None
    region: str | None
    city: str | None
    asn: int | None
    as_organisation: str | None
    browser: str | None
    browser_version: str | None
    os: str | None
    os_version: str | None
    device_type: str
    device: str | None
    user_agent: str | None
    referrer: str | None
    request_head: str

    @override
    def __repr__(self) -> str:
        # What is left out is the visitor's own.
        return f"HitRow(journal_id={self.journal_id}, journal_offset={self.journal_offset})"


@dataclass(slots=True)
class RecipientTally:
    """What a batch adds for one recipient.

    Attributes:
        first_click_at: None if no hit was a click; so is ``last_click_at``.
    """

    hit_count: int = 0
    click_count: int = 0
    first_click_at: datetime | None = None
    last_click_at: datetime | None = None


class _CampaignCount(NamedTuple):
    # The number of the campaign's last batch of events, its mark (letting_go.py), and how much of
    # addresses its account has stored.
    event_batch_count: int
    hits_kept_from: datetime | None
    address_policy: str | None


async def ensure_partitions(pool: Pool, *, months_ahead: int) -> tuple[datetime, datetime]:
    """Make the partitions of this month and of the next ones.

    Returns:
        The time from which on, and up to which, hits can be stored.

    Raises:
        StoreUnavailableError: Postgres is away.
    """
    with outages_named():
        await pool.execute(ENSURE_PARTITIONS, months_ahead)
        [(first, end)] = await pool.fetch(PARTITION_BOUNDS)
    return first, end


async def find_or_add_journal(pool: Pool, name: str) -> tuple[int, int]:
    """Return a journal's id and how many of its octets are recorded.

    Raises:
        StoreUnavailableError: Postgres is away.
    """
    with outages_named():
        await pool.execute(ADD_JOURNAL, name)
        [(journal_id, recorded_octets)] = await pool.fetch(GET_JOURNAL, name)
    return journal_id, recorded_octets


@asynccontextmanager
async def advancing(
    pool: Pool, journal_id: int, *, start: int, end: int
) -> AsyncIterator[Connection]:
    """Open the transaction of a batch, which notes how far the journal is recorded as well.

    That both are one is what makes every hit count exactly once.

    Args:
        pool: Where the hits go.
        journal_id: Of the journal that the batch is from.
        start: Octets of the journal before the batch.
        end: Octets of the journal up to the end of the batch.

    Yields:
        The connection to add the hits on; what was added is kept when the context is left well.

    Raises:
        JournalMovedError: The journal is not recorded just up to the start of the batch.
        StoreUnavailableError: Postgres is away; the batch may or may not be stored.
    """
    with outages_named():
        async with pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(LOCK_JOURNAL, journal_id) != start:
                raise JournalMovedError
            yield connection
            await connection.execute(ADVANCE_JOURNAL, journal_id, end)


async def add_hits(
    connection: Connection,
    rows: Sequence[HitRow],
    tallies: dict[tuple[int, int], RecipientTally],
    rollups: Rollups,
) -> None:
    """Add hits, what they count for and what is told of them, all of them or none.

    Args:
        connection: As ``advancing`` gives it; a refusal leaves its transaction as it was.
        rows: The hits, at least one.
        tallies: What they come to, by campaign and position.
        rollups: What they come to by time and by trait.

    Raises:
        HitsRefusedError: One of them at least is refused.
        PostgresError: Something else is wrong, for which the hits are not to blame.
    """
    try:
        async with connection.transaction():
            batches = batch_clicks(rows)
            # First, since it is what is refused more often.
            counted, erased = await _count(connection, tallies, _first_times(rows), batches)
            await add_rollups(connection, rollups)
            marks = {key: of.hits_kept_from for key, of in counted.items() if of.hits_kept_from}
            kept = await let_go_of_late(connection, rows, marks) if marks else rows
            policies = {key: of.address_policy for key, of in counted.items()}
            stored = kept_of_visitors(kept, policies, erased)
            await connection.copy_to_table(
                "hit", source=_once(encode_rows(stored)), columns=HitRow._fields, format="binary"
            )
            last_numbers = {key: of.event_batch_count for key, of in counted.items()}
            await tell_clicks(connection, batches, last_numbers)
    except asyncpg.PostgresError as error:
        if (error.sqlstate or "")[:2] in NOT_ABOUT_A_HIT:
            raise
        # Not its text, whose detail may show the row.
        raise HitsRefusedError(f"{type(error).__name__}: {error.args[0]}") from error
    except (ValueError, TypeError, struct.error) as error:  # there is no such value in Postgres
        raise HitsRefusedError(type(error).__name__) from error


async def _once(octets: bytes) -> AsyncIterator[bytes]:
    yield octets


async def list_gone_campaigns(connection: Connection, campaign_ids: Sequence[int]) -> list[int]:
    """Return the campaigns whose month has no partition any more."""
    rows = await connection.fetch(LIST_GONE_CAMPAIGNS, campaign_ids)
    return [row["id"] for row in rows]


async def _count(
    connection: Connection,
    tallies: dict[tuple[int, int], RecipientTally],
    first_times: Mapping[int, datetime],
    batches: Mapping[int, Sequence[ClickBatch]],
) -> tuple[dict[int, _CampaignCount], set[tuple[int, int]]]:
    """Add to the counts of recipients and campaigns.

    Returns:
        What campaigns have now, and which of the recipients are erased.
    """
    totals = await connection.fetch(
        COUNT_RECIPIENTS,
        [campaign_id for campaign_id, _ in tallies],
        [position for _, position in tallies],
        [tally.hit_count for tally in tallies.values()],
        [tally.click_count for tally in tallies.values()],
        [tally.first_click_at for tally in tallies.values()],
        [tally.last_click_at for tally in tallies.values()],
    )
    campaigns = {campaign_id: [0, 0, 0] for campaign_id, _ in sorted(tallies)}
    erased: set[tuple[int, int]] = set()
    for campaign_id, position, click_total, is_erased in totals:
        if is_erased:
            erased.add((campaign_id, position))
        tally = tallies[campaign_id, position]
        counts = campaigns[campaign_id]
        counts[0] += tally.hit_count
        counts[1] += tally.click_count
        # Who has no more clicks in all than in this batch had none before.
        counts[2] += click_total == tally.click_count > 0
    hits, clicks, clickers = zip(*campaigns.values(), strict=True)
    told = [len(batches.get(campaign_id, ())) for campaign_id in campaigns]
    first = [first_times[campaign_id] for campaign_id in campaigns]
    counted = await connection.fetch(
        COUNT_CAMPAIGNS, list(campaigns), hits, clicks, clickers, told, first
    )
    return {campaign_id: _CampaignCount(*rest) for campaign_id, *rest in counted}, erased


def _first_times(rows: Sequence[HitRow]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for row in rows:
        at = row.occurred_at
        if at < found.setdefault(row.campaign_id, at):
            found[row.campaign_id] = at
    return found
