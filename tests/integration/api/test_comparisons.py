"""Campaigns side by side: each figure as its own report has it, and what lies between them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.support.api import Api
from tests.support.reports import (
    COUNT_CLICK,
    DELIVERED,
    UNDELIVERED,
    Campaign,
    a_campaign,
    get,
    settle,
)
from tests.support.sends import Headers

SENT_AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
PATH = "/campaigns/compare"
ADD_QUARTER = "INSERT INTO quarter_clicks VALUES ($1, $2, $3, $4)"
SET_TOTALS = """
    UPDATE campaign_clicks SET hit_count = $2, click_count = $3, clicker_count = $4
    WHERE campaign_id = $1
"""


async def priced(api: Api, acme: Headers, price: str, currency: str = "INR") -> Campaign:
    await api.database.execute(
        "UPDATE account SET segment_price = $1, currency = $2", Decimal(price), currency
    )
    sent = await a_campaign(api, acme)
    await api.database.execute(
        "UPDATE campaign SET created_at = $2 WHERE id = $1", sent.id, SENT_AT
    )
    return sent


async def followed(api: Api, sent: Campaign, hits: int, clicks: int, *after_s: int) -> None:
    await api.database.execute(
        ADD_QUARTER, sent.id, SENT_AT + timedelta(hours=len(after_s)), hits, clicks
    )
    await api.database.execute(SET_TOTALS, sent.id, hits, clicks, len(after_s))
    for position, seconds in enumerate(after_s):
        first_at = SENT_AT + timedelta(seconds=seconds)
        await api.database.execute(COUNT_CLICK, sent.id, position, first_at)


async def test_campaigns_stand_side_by_side_with_what_lies_between_them(
    api: Api, acme: Headers
) -> None:
    short = await priced(api, acme, "0.10")
    await settle(api, short, DELIVERED, DELIVERED, UNDELIVERED)
    await followed(api, short, 9, 4, 60)
    long = await priced(api, acme, "0.25")
    await settle(api, long, DELIVERED, DELIVERED, DELIVERED)
    await followed(api, long, 12, 6, 30, 45, 7_200)
    foreign = await priced(api, acme, "0.25", "EUR")

    told = await get(
        api, acme, PATH, a=short.uuid, b=long.uuid, c=foreign.uuid, tz="Asia/Kathmandu"
    )
    singly = [
        (
            await get(api, acme, f"/campaigns/{each.uuid}", tz="Asia/Kathmandu"),
            await get(api, acme, f"/campaigns/{each.uuid}/breakdown", tz="Asia/Kathmandu"),
        )
        for each in (short, long, foreign)
    ]

    assert told["time_zone"] == "Asia/Kathmandu"
    assert [each["name"] for each in told["campaigns"]] == ["a", "b", "c"]
    for side, (report, breakdown) in zip(told["campaigns"], singly, strict=True):
        assert side["sent_at"] == report["created_at"] == "2026-11-24T15:45:00+05:45"
        of_its_own = {"name", "sent_at", "delivery_rate", "best_hour", "median_first_click_s"}
        assert {name: side[name] for name in side.keys() - of_its_own} == {
            name: report[name] for name in side.keys() - of_its_own
        }
        assert side["best_hour"] == breakdown["best_hour"]
        assert side["median_first_click_s"] == breakdown["median_first_click_s"]
    assert [each["delivery_rate"] for each in told["campaigns"]] == [0.6667, 1.0, 0.0]
    assert told["differences"] == [
        {
            "name": "b",
            "recipients": 0,
            "delivered": 1,
            "failed": -1,
            "hits": 3,
            "clicks": 2,
            "unique_clickers": 2,
            "delivery_rate": 0.3333,
            "click_through_rate": 0.5,
            "median_first_click_s": -15,
            # 3 messages of one segment at 0.25 less the same at 0.10, and by 6 and 4 clicks.
            "cost": "0.45",
            "cost_per_click": "0.05",
        },
        {
            "name": "c",
            "recipients": 0,
            "delivered": -2,
            "failed": -1,
            "hits": -9,
            "clicks": -4,
            "unique_clickers": -1,
            "delivery_rate": -0.6667,
            "click_through_rate": None,
            "median_first_click_s": None,
            "cost": None,
            "cost_per_click": None,
        },
    ]


async def test_what_cannot_be_compared_is_named(api: Api, acme: Headers) -> None:
    sent = await a_campaign(api, acme)
    stranger = await api.account("stranger", "ACMEIN")
    of_stranger = await a_campaign(api, stranger)
    asked: list[tuple[dict[str, str], int, str]] = [
        ({"a": sent.uuid, "b": of_stranger.uuid}, 404, "b"),
        ({"a": str(uuid4()), "b": sent.uuid}, 404, "a"),
        ({"a": sent.uuid, "b": sent.uuid, "e": str(uuid4())}, 404, "e"),
        ({"a": sent.uuid}, 400, "b"),
        ({"a": sent.uuid, "b": "first"}, 400, "b"),
        ({"a": sent.uuid, "b": sent.uuid, "f": sent.uuid}, 400, "f"),
        ({"a": sent.uuid, "b": sent.uuid, "tz": "Asia/Nowhere"}, 400, "tz"),
    ]

    told: list[tuple[int, dict[str, Any]]] = []
    for parameters, _, _ in asked:
        response = await api.client.get(PATH, params=parameters, headers=acme)
        told.append((response.status_code, response.json()))

    assert [(status, body["field"]) for status, body in told] == [
        (status, field) for _, status, field in asked
    ]
    assert told[0][1]["reason"] == "No campaign of this account has the id that b gives"


@pytest.mark.parametrize("name", ["a", "e"])
async def test_campaign_compared_with_itself_differs_in_nothing(
    api: Api, acme: Headers, name: str
) -> None:
    sent = await priced(api, acme, "0.10")
    await followed(api, sent, 9, 4, 60)

    told = await get(api, acme, PATH, **{"a": sent.uuid, "b": sent.uuid, name: sent.uuid})

    differences = told["differences"][-1]
    assert differences.pop("name") == max(name, "b")
    assert differences.pop("click_through_rate") is None
    assert set(differences.values()) == {0, "0.00"}
