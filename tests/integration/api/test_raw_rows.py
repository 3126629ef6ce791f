"""Totals, days, recipients, histories and comparisons are what the raw rows come to."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median_low
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.support.api import Api
from tests.support.generated_hits import record_generated_hits
from tests.support.links import SeededCampaign
from tests.support.randomness import seeded
from tests.support.reports import Campaign, a_campaign, get
from tests.support.sends import Headers

SEED, HITS, RECIPIENTS = 20_261_125, 400, 40
NUMBERS = [919_876_500_000 + number for number in range(RECIPIENTS)]
# Clocks go back in Berlin in the night to the 25th.
SINCE, SPAN = datetime(2026, 10, 23, 3, tzinfo=UTC), timedelta(days=3)
ZONE, PRICE = ZoneInfo("Europe/Berlin"), Decimal("0.125")
DELIVERED = 3
FAILED = {4, 5, 6, 7}
# As workers keep the counts, from the rows: what is proven here begins behind them.
COUNT_STATUSES = """
    UPDATE campaign_delivery d SET queued = 0, submitted = s[3], delivered = s[4],
        undelivered = s[5], expired = s[6], rejected = s[7], failed = s[8]
    FROM (
        SELECT array_agg(
            (SELECT count(*) FROM message WHERE campaign_id = $1 AND status = n) ORDER BY n
        ) AS s FROM generate_series(0, 8) n
    ) counted WHERE d.campaign_id = $1
"""
Raw = asyncpg.Record


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Return a folder for the journals of each campaign."""
    made = [tmp_path / name for name in ("one", "other")]
    for folder in made:
        folder.mkdir()
    return made


async def generated(api: Api, acme: Headers, folder: Path, seed: int) -> Campaign:
    """Send a campaign, and let what becomes of it be as the seed has it."""
    sent = await a_campaign(api, acme, mobile=",".join(map(str, NUMBERS)))
    await api.database.execute(
        "UPDATE campaign SET created_at = $2, segment_price = $3 WHERE id = $1",
        sent.id,
        SINCE - timedelta(hours=1),
        PRICE,
    )
    chance = seeded(seed)
    await api.database.executemany(
        "UPDATE message SET status = $3 WHERE campaign_id = $1 AND position = $2",
        [
            (sent.id, position, chance.choice([2, 3, 3, 3, 4, 5, 6, 7]))
            for position in range(RECIPIENTS)
        ],
    )
    await api.database.execute(COUNT_STATUSES, sent.id)
    row = await api.database.fetchrow(
        "SELECT id, uuid, token_length, first_link FROM campaign WHERE id = $1", sent.id
    )
    await record_generated_hits(
        api.database_url,
        folder,
        SeededCampaign(**dict(row or {}), tokens=[]),
        recipients=RECIPIENTS,
        hits=HITS,
        since=SINCE,
        span=SPAN,
        seed=seed,
    )
    return sent


class RawRows:
    """All messages and hits, counted one after the other."""

    def __init__(self, messages: list[Raw], hits: list[Raw]) -> None:
        self.messages, self.hits = messages, hits
        self.clicks = [hit for hit in hits if hit["click_class"] == "person"]

    def of(self, sent: Campaign) -> "RawRows":
        return RawRows(
            [row for row in self.messages if row["campaign_id"] == sent.id],
            [row for row in self.hits if row["campaign_id"] == sent.id],
        )

    def figures(self) -> dict[str, Any]:
        """Return what a campaign's own figures have to be."""
        statuses = Counter(row["status"] for row in self.messages)
        first: dict[int, datetime] = {}
        for row in sorted(self.clicks, key=lambda row: row["occurred_at"]):
            first.setdefault(row["position"], row["occurred_at"])
        hours = Counter(
            row["occurred_at"].replace(minute=0, second=0, microsecond=0) for row in self.clicks
        )
        most = max(hours.values())
        cost = PRICE * len(self.messages)
        return {
            "recipients": len(self.messages),
            "delivered": statuses[DELIVERED],
            "failed": sum(statuses[status] for status in FAILED),
            "hits": len(self.hits),
            "clicks": len(self.clicks),
            "unique_clickers": len(first),
            "delivery_rate": round(statuses[DELIVERED] / len(self.messages), 4),
            "click_through_rate": round(len(first) / statuses[DELIVERED], 4),
            "median_first_click_s": int(
                median_low(
                    at - (SINCE - timedelta(hours=1)) for at in first.values()
                ).total_seconds()
            ),
            "best_hour": min(hour for hour, count in hours.items() if count == most),
            "cost": cost,
            "cost_per_click": round(cost / len(self.clicks), 4),
        }

    def recipient(self, position: int) -> dict[str, Any]:
        """Return what the figures of one recipient have to be."""
        hits = [row for row in self.hits if row["position"] == position]
        times = [row["occurred_at"] for row in self.clicks if row["position"] == position]
        return {
            "hits": len(hits),
            "clicks": len(times),
            "first_click_at": min(times, default=None),
            "last_click_at": max(times, default=None),
        }

    def days(self) -> dict[date, tuple[int, int]]:
        """Return hits and clicks by day of the zone."""
        hits = Counter(row["occurred_at"].astimezone(ZONE).date() for row in self.hits)
        clicks = Counter(row["occurred_at"].astimezone(ZONE).date() for row in self.clicks)
        return {day: (hits[day], clicks[day]) for day in hits}


def told_figures(report: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    figures = {name: report[name] for name in names}
    for name in ("cost", "cost_per_click"):
        figures[name] = Decimal(figures[name])
    if "best_hour" in figures:
        figures["best_hour"] = datetime.fromisoformat(figures["best_hour"]["start"])
    return figures


def told_recipient(report: dict[str, Any]) -> dict[str, Any]:
    times = {
        name: report[name] and datetime.fromisoformat(report[name])
        for name in ("first_click_at", "last_click_at")
    }
    return {"hits": report["hits"], "clicks": report["clicks"], **times}


async def test_every_figure_is_what_the_raw_rows_come_to(
    api: Api, acme: Headers, folders: list[Path]
) -> None:
    one = await generated(api, acme, folders[0], SEED)
    other = await generated(api, acme, folders[1], SEED + 1)
    every = RawRows(
        await api.database.fetch("SELECT * FROM message"),
        await api.database.fetch("SELECT * FROM hit"),
    )
    assert len(every.hits) == 2 * HITS
    assert len({row["occurred_at"] for row in every.hits}) > HITS / 2

    for sent in (one, other):
        raw = every.of(sent)
        figures = raw.figures()
        of_totals = {
            name: value
            for name, value in figures.items()
            if name not in {"delivery_rate", "median_first_click_s", "best_hour"}
        }
        total = await get(api, acme, f"/campaigns/{sent.uuid}")
        assert told_figures(total, of_totals) == of_totals

        page = await get(api, acme, f"/campaigns/{sent.uuid}/recipients", limit=RECIPIENTS)
        assert [told_recipient(each) for each in page["recipients"]] == [
            raw.recipient(position) for position in range(RECIPIENTS)
        ]
        clickers = {row["position"] for row in raw.clicks}
        received = {row["position"] for row in raw.messages if row["status"] == DELIVERED}
        failed = {row["position"] for row in raw.messages if row["status"] in FAILED}
        for which, positions in (
            ("clicked", clickers),
            ("not_clicked", received - clickers),
            ("failed", failed),
        ):
            listed = await get(api, acme, f"/campaigns/{sent.uuid}/recipients", which=which)
            assert [each["position"] for each in listed["recipients"]] == sorted(positions)

        visits = await get(
            api, acme, f"/campaigns/{sent.uuid}/clicks", machines=True, limit=2 * HITS
        )
        assert Counter(
            (datetime.fromisoformat(each["occurred_at"]), int(each["mobile"]), each["click_class"])
            for each in visits["clicks"]
        ) == Counter(
            (row["occurred_at"], NUMBERS[row["position"]], row["click_class"]) for row in raw.hits
        )

    compared = await get(
        api, acme, "/campaigns/compare", a=one.uuid, b=other.uuid, tz="Europe/Berlin"
    )
    first, second = (every.of(sent).figures() for sent in (one, other))
    assert [told_figures(each, first) for each in compared["campaigns"]] == [first, second]
    between = {name: second[name] - first[name] for name in first if name != "best_hour"}
    told = told_figures(compared["differences"][0], between)
    assert told == between | {
        name: round(between[name], 4) for name in ("delivery_rate", "click_through_rate")
    }

    for position in (0, RECIPIENTS - 1):
        history = await get(api, acme, f"/recipients/{NUMBERS[position]}")
        assert [told_recipient(each) for each in history["messages"]] == [
            every.of(sent).recipient(position) for sent in (other, one)
        ]

    span = {"from": "2026-10-22", "to": "2026-10-27", "tz": "Europe/Berlin"}
    days = (await get(api, acme, "/days", **span))["days"]
    counted = every.days()
    sent_on = (SINCE - timedelta(hours=1)).astimezone(ZONE).date()
    totals = (2, *(first[name] + second[name] for name in ("recipients", "delivered", "failed")))
    names = ("campaigns", "messages", "delivered", "failed", "hits", "clicks")
    assert {
        date.fromisoformat(each["day"]): tuple(each[name] for name in names) for each in days
    } == {
        day: (*(totals if day == sent_on else (0, 0, 0, 0)), *counted.get(day, (0, 0)))
        for day in (date(2026, 10, 22) + timedelta(days=number) for number in range(6))
    }
