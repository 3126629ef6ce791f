"""What rollups are to hold, counted from raw hits by other means than the product's."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import urlsplit

import asyncpg

from services.redirector.storage.connections import Connection
from services.redirector.storage.hits import HitRow

# As visitors write them, and the hosts in them.
HOSTS_BY_REFERRER = {
    None: "",
    "": "",
    "https://www.google.com/": "www.google.com",
    "HTTP://WWW.Google.COM:80": "www.google.com",
    "https://user:p%40ss@mail.example/inbox@home?x=/y": "mail.example",
    "android-app://com.whatsapp/": "com.whatsapp",
    "https://[2001:DB8::1]:8443/x": "[2001:db8::1]",
    "https://search.example?q=1": "search.example",
    "https://пример.рф/#top": "пример.рф",
    "https://ПРИМЕР.рф": "ПРИМЕР.рф",
    f"https://{'a' * 300}.example/": "a" * 200,
    "https:///path": "",
    "www.google.com/search": "",
    "//www.google.com/": "",
    "about:blank": "",
    "1https://www.google.com/": "",
}
A_HIT = HitRow(
    campaign_id=1,
    position=0,
    occurred_at=datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
    journal_id=1,
    journal_offset=0,
    click_class="person",
    reasons=(),
    score=0,
    address=None,
    country=None,
    region=None,
    city=None,
    asn=None,
    as_organisation=None,
    browser=None,
    browser_version=None,
    os=None,
    os_version=None,
    device_type="mobile",
    device=None,
    user_agent=None,
    referrer=None,
    request_head="GET /SAlhjS HTTP/1.1\r\n",
)
# Campaign, rollup and value.
RollupKey: TypeAlias = tuple[int, str, str]
HitsAndClicks: TypeAlias = tuple[int, int]
QUARTERS = """
SELECT campaign_id, 'quarter', quarter::text, hit_count, click_count FROM quarter_clicks
"""
TRAITS = "SELECT campaign_id, trait, value, hit_count, click_count FROM trait_clicks"


async def kept_rollups(
    connection: asyncpg.Connection | Connection,
) -> dict[RollupKey, HitsAndClicks]:
    """Return hits and clicks by campaign, rollup and value, as they are kept."""
    rows = [*await connection.fetch(QUARTERS), *await connection.fetch(TRAITS)]
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}


async def right_rollups(
    connection: asyncpg.Connection | Connection,
) -> dict[RollupKey, HitsAndClicks]:
    """Return the same, as it has to be by the hits that are stored."""
    columns = ", ".join(HitRow._fields)
    rows = await connection.fetch(f"SELECT {columns} FROM hit")  # noqa: S608
    return count_hits(HitRow(*row) for row in rows)


def count_hits(rows: Iterable[HitRow]) -> dict[RollupKey, HitsAndClicks]:
    """Return the same for these hits."""
    hits: Counter[RollupKey] = Counter()
    clicks: Counter[RollupKey] = Counter()
    for row in rows:
        for rollup, value in _values(row).items():
            key = (row.campaign_id, rollup, value[:200])
            hits[key] += 1
            clicks[key] += row.click_class == "person"
    return {key: (count, clicks[key]) for key, count in hits.items()}


def host(referrer: str | None) -> str:
    """Return the host of a referrer: one that is listed here, or a plain one."""
    known = HOSTS_BY_REFERRER.get(referrer)
    return str(urlsplit(referrer).hostname) if known is None else known


def _values(row: HitRow) -> dict[str, str]:
    quarter = row.occurred_at.astimezone(UTC)
    quarter = quarter.replace(minute=quarter.minute // 15 * 15, second=0, microsecond=0)
    country, region = row.country or "", row.region or ""
    return {
        "quarter": f"{quarter:%Y-%m-%d %H:%M:%S}+00",
        "click_class": row.click_class,
        "country": country,
        "region": f"{country}\t{region}" if region else "",
        "city": f"{country}\t{region}\t{row.city}" if row.city else "",
        "browser": row.browser or "",
        "os": row.os or "",
        "device_type": row.device_type,
        "device": row.device or "",
        "referrer": host(row.referrer),
    }
