"""Hits of many kinds, generated from a stated seed, and recorded by the real recorder."""

from datetime import datetime, timedelta
from pathlib import Path

import asyncpg

from services.redirector.recorder.locating import Locator
from services.redirector.recorder.recording import Recorder
from services.redirector.storage.connections import open_pool
from tests.support.hit_months import add_month
from tests.support.journals import Journal, record_all
from tests.support.links import SeededCampaign
from tests.support.mmdb import write_mmdb
from tests.support.randomness import seeded

CITIES = {
    "81.2.69.0/24": ("IN", "Maharashtra", "Pune"),
    "81.2.70.0/24": ("IN", "Maharashtra", "Mumbai"),
    "81.2.71.0/24": ("IN", "Kerala", "Kochi"),
    "89.160.20.0/24": ("PK", "Punjab", "Lahore"),
    "175.16.199.0/24": ("IN", "Punjab", "Ludhiana"),
}
ADDRESSES = [*(network.replace("0/24", "9") for network in CITIES), "198.51.100.7"]
AGENTS = [
    "Mozilla/5.0 (Linux; Android 14; SM-A546E) Chrome/124.0.0.0 Mobile",
    "Mozilla/5.0 (Linux; Android 13; Pixel 7) Chrome/120.0.0.0 Mobile",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Version/17.4 Mobile/15E148 Safari/604",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/124.0.0.0 Safari/537.36",
    "facebookexternalhit/1.1",
    "WhatsApp/2.24.7.79 A",
    "curl/8.5.0",
    "",
]
REFERRERS = ["", "", "https://m.facebook.com/page?x=1", "https://T.co/abc", "android-app://com.g/"]
HEADERS = "accept: text/html\r\naccept-encoding: gzip\r\naccept-language: en-IN\r\n"


def locator(folder: Path) -> Locator:
    """Return one that knows ``CITIES``."""
    path = folder / "cities.mmdb"
    write_mmdb(
        path,
        {
            network: {
                "country": {"iso_code": country},
                "subdivisions": [{"names": {"en": region}}],
                "city": {"names": {"en": city}},
            }
            for network, (country, region, city) in CITIES.items()
        },
        database_type="Made-City",
    )
    return Locator(path)


async def make_room(database_url: str, *moments: datetime) -> None:
    """Let hits of the months of these moments keep their times."""
    database = await asyncpg.connect(database_url)
    try:
        for moment in moments:
            await add_month(database, moment)
    finally:
        await database.close()


async def record_generated_hits(
    database_url: str,
    data_dir: Path,
    campaign: SeededCampaign,
    *,
    recipients: int,
    hits: int,
    since: datetime,
    span: timedelta,
    seed: int,
) -> None:
    """Journal hits on a campaign's links over a span of time, and record them."""
    chance = seeded(seed)
    journal = Journal(data_dir)
    for _ in range(hits):
        referrer = chance.choice(REFERRERS)
        journal.add(
            campaign,
            # Some recipients follow their link often, and many never.
            int(recipients * chance.random() ** 3),
            method=chance.choice(["GET"] * 9 + ["HEAD"]),
            user_agent=chance.choice(AGENTS),
            address=chance.choice(ADDRESSES),
            headers=HEADERS + (f"referer: {referrer}\r\n" if referrer else ""),
            at=since + span * chance.random(),
        )
    journal.close()
    await make_room(database_url, since, since + span)
    pool = await open_pool(database_url, application="test", size=1, statement_timeout_s=30)
    cities = locator(data_dir)
    try:
        await record_all(Recorder(pool, data_dir / "journal", cities, batch_hits=97))
    finally:
        cities.close()
        await pool.close()
