"""Every figure of a breakdown is what the raw hits come to, counted otherwise."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.support.api import Api
from tests.support.generated_hits import record_generated_hits
from tests.support.links import SeededCampaign
from tests.support.reports import Campaign, a_campaign, get
from tests.support.sends import Headers

SEED, HITS, RECIPIENTS = 20_261_125, 600, 60
NUMBERS = ",".join(str(919_876_500_000 + number) for number in range(RECIPIENTS))
# Clocks go back in Berlin in the night to the 25th.
SINCE, SPAN = datetime(2026, 10, 23, 3, tzinfo=UTC), timedelta(days=3)
ZONES = ["Asia/Kolkata", "Europe/Berlin", "Asia/Kathmandu", "UTC", "Australia/Lord_Howe"]

Raw = asyncpg.Record


@pytest.fixture
async def campaign(api: Api, acme: Headers, tmp_path: Path) -> Campaign:
    sent = await a_campaign(api, acme, mobile=NUMBERS)
    row = await api.database.fetchrow(
        "SELECT id, uuid, token_length, first_link FROM campaign WHERE id = $1", sent.id
    )
    await record_generated_hits(
        api.database_url,
        tmp_path,
        SeededCampaign(**dict(row or {}), tokens=[]),
        recipients=RECIPIENTS,
        hits=HITS,
        since=SINCE,
        span=SPAN,
        seed=SEED,
    )
    return sent


async def raw_hits(api: Api, campaign: Campaign) -> list[Raw]:
    rows: list[Raw] = await api.database.fetch(
        "SELECT * FROM hit WHERE campaign_id = $1", campaign.id
    )
    assert len(rows) == HITS
    assert len({row["occurred_at"] for row in rows}) > HITS / 2
    return rows


def counted(rows: list[Raw], key: Callable[[Raw], Hashable]) -> dict[Hashable, tuple[int, int]]:
    """Count hits and clicks by a key, one row after the other."""
    hits: Counter[Hashable] = Counter()
    clicks: Counter[Hashable] = Counter()
    for row in rows:
        hits[key(row)] += 1
        if row["click_class"] == "person":
            clicks[key(row)] += 1
    return {each: (hits[each], clicks[each]) for each in hits}


def told(values: list[dict[str, Any]], *names: str) -> dict[Any, tuple[int, int]]:
    keys = [tuple(value[name] for name in names) for value in values]
    assert len(set(keys)) == len(keys)
    return {
        key[0] if len(names) == 1 else key: (value["hits"], value["clicks"])
        for key, value in zip(keys, values, strict=True)
    }


@pytest.mark.parametrize("zone", ZONES)
async def test_hours_and_days_are_those_of_the_zones_clocks(
    api: Api, acme: Headers, campaign: Campaign, zone: str
) -> None:
    rows = await raw_hits(api, campaign)
    hands = ZoneInfo(zone)

    def hour(row: Raw) -> str:
        return str(
            row["occurred_at"]
            .astimezone(hands)
            .replace(minute=0, second=0, microsecond=0)
            .isoformat()
        )

    def day(row: Raw) -> str:
        return f"{row['occurred_at'].astimezone(hands):%Y-%m-%d}"

    report = await get(api, acme, f"/campaigns/{campaign.uuid}/breakdown", tz=zone)

    assert report["time_zone"] == zone
    hours = {
        datetime.fromisoformat(start).isoformat(): counts
        for start, counts in told(report["hours"], "start").items()
    }
    assert hours == counted(rows, hour)
    assert told(report["days"], "day") == counted(rows, day)
    week = told(report["hours_of_week"], "weekday", "hour")
    assert list(week) == [(weekday, hour) for weekday in range(1, 8) for hour in range(24)]
    assert {place: counts for place, counts in week.items() if counts != (0, 0)} == counted(
        rows,
        lambda row: (row["occurred_at"].astimezone(hands).isoweekday(), int(hour(row)[11:13])),
    )
    most = max(clicks for _, clicks in hours.values())
    first = min(
        (start for start, (_, clicks) in hours.items() if clicks == most),
        key=datetime.fromisoformat,
    )
    assert datetime.fromisoformat(report["best_hour"]["start"]).isoformat() == first
    assert report["best_hour"]["clicks"] == most


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("classes", "click_class"),
        ("browsers", "browser"),
        ("operating_systems", "os"),
        ("device_types", "device_type"),
        ("devices", "device"),
    ],
)
async def test_values_are_counted_as_they_are_stored(
    api: Api, acme: Headers, campaign: Campaign, name: str, column: str
) -> None:
    rows = await raw_hits(api, campaign)

    report = await get(api, acme, f"/campaigns/{campaign.uuid}/breakdown")

    assert told(report[name]["values"], "value") == counted(rows, lambda row: row[column])
    assert report[name]["others"] is None
    clicks = [value["clicks"] for value in report[name]["values"]]
    assert clicks == sorted(clicks, reverse=True)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("countries", ["country"]),
        ("regions", ["country", "region"]),
        ("cities", ["country", "region", "city"]),
    ],
)
async def test_places_of_one_name_in_two_countries_stay_apart(
    api: Api, acme: Headers, campaign: Campaign, name: str, columns: list[str]
) -> None:
    rows = await raw_hits(api, campaign)

    report = await get(api, acme, f"/campaigns/{campaign.uuid}/breakdown")

    assert told(report[name]["values"], "country", "region", "city") == counted(
        rows, lambda row: (*(row[column] for column in columns), None, None)[:3]
    )


async def test_referrers_are_counted_by_host(api: Api, acme: Headers, campaign: Campaign) -> None:
    rows = await raw_hits(api, campaign)

    report = await get(api, acme, f"/campaigns/{campaign.uuid}/breakdown")

    assert told(report["referrers"]["values"], "value") == counted(
        rows, lambda row: row["referrer"] and urlsplit(row["referrer"]).hostname
    )


async def test_what_is_not_listed_is_counted_together(
    api: Api, acme: Headers, campaign: Campaign
) -> None:
    whole = (await get(api, acme, f"/campaigns/{campaign.uuid}/breakdown"))["cities"]["values"]

    cut = (await get(api, acme, f"/campaigns/{campaign.uuid}/breakdown", top=2))["cities"]

    assert cut["values"] == whole[:2]
    assert cut["others"] == {
        "hits": sum(value["hits"] for value in whole[2:]),
        "clicks": sum(value["clicks"] for value in whole[2:]),
        "values": len(whole) - 2,
    }


async def test_totals_are_those_of_the_hits(api: Api, acme: Headers, campaign: Campaign) -> None:
    rows = await raw_hits(api, campaign)
    clicks = [row for row in rows if row["click_class"] == "person"]
    per_recipient: defaultdict[int, list[datetime]] = defaultdict(list)
    for row in clicks:
        per_recipient[row["position"]].append(row["occurred_at"])

    total = await get(api, acme, f"/campaigns/{campaign.uuid}")
    page = await get(api, acme, f"/campaigns/{campaign.uuid}/recipients", limit=RECIPIENTS)

    assert (total["hits"], total["clicks"]) == (HITS, len(clicks))
    assert total["unique_clickers"] == len(per_recipient)
    told_of = {each["position"]: each for each in page["recipients"]}
    for position, times in per_recipient.items():
        recipient = told_of[position]
        assert recipient["clicks"] == len(times)
        assert datetime.fromisoformat(recipient["first_click_at"]) == min(times)
        assert datetime.fromisoformat(recipient["last_click_at"]) == max(times)


async def test_half_of_those_who_clicked_had_done_so_by_the_median(
    api: Api, acme: Headers, campaign: Campaign
) -> None:
    sent_at = SINCE - timedelta(hours=1)
    await api.database.execute("UPDATE campaign SET created_at = $1", sent_at)
    first: dict[int, datetime] = {}
    for row in await raw_hits(api, campaign):
        if row["click_class"] == "person":
            at = first.setdefault(row["position"], row["occurred_at"])
            first[row["position"]] = min(at, row["occurred_at"])

    report = await get(api, acme, f"/campaigns/{campaign.uuid}/breakdown")

    median = statistics.median_low(at - sent_at for at in first.values())
    assert report["median_first_click_s"] == int(median.total_seconds())


async def test_a_campaign_that_nobody_followed_has_an_empty_breakdown(
    api: Api, acme: Headers
) -> None:
    sent = await a_campaign(api, acme)

    report = await get(api, acme, f"/campaigns/{sent.uuid}/breakdown")

    assert (report["hours"], report["days"], report["best_hour"]) == ([], [], None)
    assert report["median_first_click_s"] is None
    assert report["countries"] == report["browsers"] == {"values": [], "others": None}


async def test_failures_are_told_by_status_and_cause(api: Api, acme: Headers) -> None:
    sent = await a_campaign(api, acme)
    await api.database.executemany(
        "INSERT INTO campaign_failure VALUES ($1, $2, $3, $4)",
        [(sent.id, 4, "001", 7), (sent.id, 7, "", 9)],
    )

    report = await get(api, acme, f"/campaigns/{sent.uuid}/breakdown")

    assert report["failures"] == [
        {"status": "failed", "cause": None, "messages": 9},
        {"status": "undelivered", "cause": "001", "messages": 7},
    ]
