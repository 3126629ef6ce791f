"""What reports cost at ten million clicks: each over HTTP, beside the same of a small campaign.

A real API process on an embedded Postgres with 1,000 campaigns, one of them with half of all
clicks. Rows are made by Postgres itself, and rolled up as `txlink clicks rollup` does. A report
of the large campaign and that of one with 100 clicks take turns, so the ratios hold on a noisy
machine. Must reach: the large one's totals, and a page of its recipients, at most twice the
small one's. Exports are held against a bare `COPY TO` of the same rows.

    python -m bench.reports [--clicks N]
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx

from bench.send import bench_account, running_api
from bench.uploads import api_process, sample
from services.redirector.recorder.rolling_up import roll_up_all
from services.redirector.storage.connections import open_pool
from shared.clock import SystemClock
from tests.support.hit_months import add_month

CLICKS = 10_000_000
CAMPAIGNS = 1_000
SMALL_CLICKS = 100
ROUNDS = 200
MAX_TIMES_THE_SMALL = 2.0
DAYS = 60

ADD_CAMPAIGNS = """
WITH taken AS (
    UPDATE token_domain SET next = next + $2 WHERE length = 6 RETURNING next - $2 AS first
), sized AS (
    SELECT n, recipients, sum(recipients) OVER (ORDER BY n) - recipients AS before
    FROM unnest($1::integer[]) WITH ORDINALITY AS of (recipients, n)
), made AS (
    INSERT INTO campaign (uuid, transaction_id, account_id, carrier, title, body_before,
        body_after, destination, link_prefix, token_length, first_link, message_count, encoding,
        segment_count, created_at)
    SELECT gen_random_uuid(), 3000000000 + n, (SELECT min(id) FROM account), 'sandbox',
        'Campaign ' || n, 'Visit ', ' now', 'https://shop.example.com/diwali',
        'https://tx1.in/', 6, taken.first + before, recipients, 'GSM-7', 1,
        now() - interval '3 days'
    FROM sized, taken ORDER BY n
    RETURNING id, uuid, message_count
), totals AS (
    INSERT INTO campaign_delivery (campaign_id, delivered) SELECT id, message_count FROM made
)
SELECT id, uuid, message_count FROM made ORDER BY id
"""
ADD_MESSAGES = """
INSERT INTO message (campaign_id, position, msisdn, status, submitted_at, settled_at)
SELECT $1, n, 919800000000 + n, 3, now() - interval '3 days', now() - interval '3 days'
FROM generate_series(0, $2 - 1) AS n
"""
# A tenth is a machine's, and a city is of one region; recipients, times and traits are spread by
# numbers without a common divisor, the same in each run.
ADD_HITS = """
INSERT INTO hit (campaign_id, position, occurred_at, journal_id, journal_offset, click_class,
    reasons, score, address, country, region, city, browser, browser_version, os, os_version,
    device_type, device, user_agent, request_head)
SELECT $1::bigint, (n * 7919) % $2::integer,
    now() - interval '3 days' + (n * 104729 % 259200) * interval '1 second',
    1, $3::bigint + n, CASE n % 10 WHEN 0 THEN 'scanner' ELSE 'person' END, '{}', 0,
    '100.64.0.0'::inet + n % 65536, 'IN', 'Region ' || n % 499 % 29, 'City ' || n % 499,
    'Chrome Mobile', (100 + n % 30)::text, 'Android', (10 + n % 5)::text, 'mobile',
    'Model ' || n % 997, 'Mozilla/5.0 (Linux; Android 14) Chrome/124 Mobile',
    E'GET /SAlhjS HTTP/1.1\\r\\nHost: tx1.in\\r\\n'
FROM generate_series(0::bigint, $4::bigint - 1) AS n
"""
COUNT_RECIPIENTS = """
INSERT INTO recipient_clicks
SELECT campaign_id, position, count(*), count(*) FILTER (WHERE click_class = 'person'),
    min(occurred_at) FILTER (WHERE click_class = 'person'),
    max(occurred_at) FILTER (WHERE click_class = 'person')
FROM hit GROUP BY 1, 2
"""
COUNT_CAMPAIGNS = """
INSERT INTO campaign_clicks (campaign_id, hit_count, click_count, clicker_count)
SELECT campaign_id, sum(hit_count), sum(click_count), count(*) FILTER (WHERE click_count > 0)
FROM recipient_clicks GROUP BY 1
"""
COPIED_RECIPIENTS = """
SELECT m.position, m.msisdn, m.status, m.submitted_at, m.settled_at, r.hit_count, r.click_count,
    r.first_click_at, r.last_click_at
FROM message m LEFT JOIN recipient_clicks r USING (campaign_id, position)
WHERE m.campaign_id = $1
"""
COPIED_VISITS = """
SELECT h.occurred_at, h.click_class, h.address, h.country, h.region, h.city, h.browser, h.os,
    h.device_type, h.device, h.user_agent, m.msisdn
FROM hit h JOIN message m USING (campaign_id, position) WHERE h.campaign_id = $1
"""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign, and how many clicks it has."""

    id: int
    uuid: UUID
    recipients: int
    clicks: int


@dataclass(frozen=True, slots=True)
class Export:
    """A whole report as a file."""

    rows: int
    per_s: float
    to_copy: float
    grown_mib: float


def sizes(clicks: int) -> list[int]:
    """Return how many clicks each campaign has: half of all, 100, and the rest alike."""
    rest = (clicks - clicks // 2 - SMALL_CLICKS) // (CAMPAIGNS - 2)
    return [clicks // 2, SMALL_CLICKS, *[rest] * (CAMPAIGNS - 2)]


async def fill(database_url: str, clicks: int) -> list[Campaign]:
    # As many recipients as have five clicks each.
    return await load(database_url, [(max(size // 5, 10), size) for size in sizes(clicks)])


async def load(database_url: str, of: list[tuple[int, int]]) -> list[Campaign]:
    """Make campaigns of so many recipients with so many clicks, rolled up."""
    connection = await asyncpg.connect(database_url)
    recipients = [count for count, _ in of]
    rows = await connection.fetch(ADD_CAMPAIGNS, recipients, sum(recipients))
    campaigns = [
        Campaign(row["id"], row["uuid"], row["message_count"], size)
        for row, (_, size) in zip(rows, of, strict=True)
    ]
    await add_month(connection, SystemClock().now() - timedelta(days=3))
    offset = 0
    for campaign in campaigns:
        await connection.execute(ADD_MESSAGES, campaign.id, campaign.recipients)
        await connection.execute(
            ADD_HITS, campaign.id, campaign.recipients, offset, campaign.clicks
        )
        offset += campaign.clicks
    await connection.execute(COUNT_RECIPIENTS)
    await connection.execute(COUNT_CAMPAIGNS)
    pool = await open_pool(database_url, application="bench", size=1, statement_timeout_s=3_600)
    await roll_up_all(pool)
    await pool.close()
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    return campaigns


async def take_turns(
    asked: Mapping[str, Callable[[], Awaitable[object]]], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Ask for each in turn, again and again; return the milliseconds of each."""
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(rounds + rounds // 10):
        for name, ask in asked.items():
            started = time.perf_counter()
            await ask()
            # What is not in memory yet is not what is measured.
            if number >= rounds // 10:
                taken[name].append((time.perf_counter() - started) * 1e3)
    return taken


def paths(campaign: Campaign) -> dict[str, str]:
    one = f"/campaigns/{campaign.uuid}"
    return {
        "totals": one,
        "breakdown": f"{one}/breakdown",
        "recipients": f"{one}/recipients?limit=10",
        "recipients, deep": f"{one}/recipients?limit=10&cursor={campaign.recipients - 11}",
        "clicked": f"{one}/recipients?limit=10&which=clicked",
        "visits": f"{one}/clicks?limit=10",
    }


async def export(
    client: httpx.AsyncClient, database_url: str, campaign: Campaign, name: str, copied: str
) -> Export:
    peaks: list[float] = []
    process = api_process()
    before = process.memory_info().rss / (1 << 20)
    sampling = asyncio.create_task(sample(process, peaks))
    lines, started = -1, time.perf_counter()
    async with client.stream("GET", f"/campaigns/{campaign.uuid}/{name}") as response:
        response.raise_for_status()
        async for chunk in response.aiter_raw():
            lines += chunk.count(b"\r\n")
    seconds = time.perf_counter() - started
    sampling.cancel()
    # A workbook has no lines to count.
    rows = campaign.recipients if name.endswith(".xlsx") else lines
    connection = await asyncpg.connect(database_url)
    octets: list[int] = []

    async def drop(data: bytes) -> None:
        octets.append(len(data))

    started = time.perf_counter()
    await connection.copy_from_query(copied, campaign.id, output=drop, format="csv")
    copied_s = time.perf_counter() - started
    await connection.close()
    return Export(rows, rows / seconds, copied_s / seconds, max(peaks) - before)


async def measure(
    api_url: str, database_url: str, key: str, large: Campaign, small: Campaign
) -> tuple[dict[str, list[float]], dict[str, Export]]:
    async with httpx.AsyncClient(base_url=api_url, headers={"apikey": key}, timeout=600) as client:

        def asking(path: str) -> Callable[[], Awaitable[object]]:
            async def ask() -> None:
                (await client.get(path)).raise_for_status()

            return ask

        asked = {
            f"{name}, {size}": asking(path)
            for size, campaign in (("large", large), ("small", small))
            for name, path in paths(campaign).items()
        }
        asked["the two compared"] = asking(f"/campaigns/compare?a={large.uuid}&b={small.uuid}")
        asked["one number"] = asking("/recipients/919800000007")
        asked["campaigns"] = asking("/campaigns?limit=50")
        asked["days"] = asking(f"/days?from={days_ago(DAYS)}&to={days_ago(0)}")
        taken = await take_turns(asked)
        exports = {
            "recipients.csv": await export(
                client, database_url, large, "recipients.csv", COPIED_RECIPIENTS
            ),
            "clicks.csv": await export(
                client, database_url, large, "clicks.csv?machines=true", COPIED_VISITS
            ),
            "recipients.xlsx": await export(
                client, database_url, large, "recipients.xlsx", COPIED_RECIPIENTS
            ),
        }
    return taken, exports


def days_ago(count: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - count * 86_400))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clicks", type=int, default=CLICKS)
    clicks = parser.parse_args().clicks
    with bench_account() as (database_url, key):
        started = time.perf_counter()
        large, small, *_ = asyncio.run(fill(database_url, clicks))
        print(
            f"{clicks:,} hits of {CAMPAIGNS:,} campaigns in {time.perf_counter() - started:.0f} s"
        )
        with running_api(database_url) as api_url:
            taken, exports = asyncio.run(measure(api_url, database_url, key, large, small))
    print(f"{'':26}{'p50 ms':>9}{'p99 ms':>9}")
    for name, of in taken.items():
        print(f"{name:26}{statistics.median(of):>9.2f}{statistics.quantiles(of, n=100)[98]:>9.2f}")
    print(f"{'':16}{'rows':>12}{'rows/s':>10}{'of COPY':>9}{'MiB more':>10}")
    for name, one in exports.items():
        print(
            f"{name:16}{one.rows:>12,}{one.per_s:>10,.0f}{one.to_copy:>9.2f}{one.grown_mib:>10.1f}"
        )
    ratios = {
        name: round(
            statistics.median(taken[f"{name}, large"])
            / statistics.median(taken[f"{name}, small"]),
            2,
        )
        for name in paths(large)
    }
    holds = max(ratios["totals"], ratios["recipients"]) <= MAX_TIMES_THE_SMALL
    print(
        json.dumps(
            {
                "bench": "reports",
                "large_to_small": ratios,
                "max_times_the_small": MAX_TIMES_THE_SMALL,
                "export_to_copy": {name: round(one.to_copy, 2) for name, one in exports.items()},
                "holds": holds,
            }
        )
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
