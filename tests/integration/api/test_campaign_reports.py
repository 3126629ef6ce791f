"""What an account is told of a campaign as a whole."""

from datetime import datetime

from tests.support.api import Api
from tests.support.orders import give
from tests.support.reports import (
    DELIVERED,
    UNDELIVERED,
    a_campaign,
    a_personal_campaign,
    get,
    settle,
)
from tests.support.sends import Headers


async def test_a_campaigns_totals(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme, smartLinkTitle="Diwali")
    await settle(api, campaign, DELIVERED, DELIVERED, UNDELIVERED)
    await api.database.execute(
        "UPDATE campaign_clicks SET hit_count = 5, click_count = 3, clicker_count = 1 "
        "WHERE campaign_id = $1",
        campaign.id,
    )

    report = await get(api, acme, f"/campaigns/{campaign.uuid}")

    assert report["title"] == "Diwali"
    assert report["text"] == "Sale: {link}. Reply STOP"
    assert report["destination"] == "https://shop.example.com/sale"
    names = ["recipients", "queued", "submitted", "delivered", "failed"]
    assert [report[name] for name in names] == [3, 0, 3, 2, 1]
    assert (report["hits"], report["clicks"], report["unique_clickers"]) == (5, 3, 1)
    assert report["click_through_rate"] == 0.5


async def test_a_campaign_not_yet_delivered_has_no_rate(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)

    report = await get(api, acme, f"/campaigns/{campaign.uuid}")

    assert (report["queued"], report["submitted"]) == (3, 0)
    assert report["click_through_rate"] is None
    assert report["statuses"]["queued"] == 3


async def test_times_are_in_the_accounts_zone_or_the_one_asked_for(
    api: Api, acme: Headers
) -> None:
    campaign = await a_campaign(api, acme)

    local = await get(api, acme, f"/campaigns/{campaign.uuid}")
    asked = await get(api, acme, f"/campaigns/{campaign.uuid}", tz="America/New_York")

    assert local["created_at"].endswith("+05:30")
    assert asked["created_at"][-6:] in {"-05:00", "-04:00"}
    assert datetime.fromisoformat(local["created_at"]) == datetime.fromisoformat(
        asked["created_at"]
    )


async def test_a_campaigns_segments_and_what_they_cost(api: Api, acme: Headers) -> None:
    unpriced = await a_campaign(api, acme)
    await api.database.execute("UPDATE account SET segment_price = 0.12, currency = 'EUR'")
    priced = await a_campaign(api, acme, msg="x" * 200, trackLink="false")
    await api.database.execute("UPDATE account SET segment_price = 9, currency = 'INR'")

    reports = [await get(api, acme, f"/campaigns/{each.uuid}") for each in (unpriced, priced)]

    names = ["is_personal", "segments", "total_segments", "cost", "currency"]
    assert [[report[name] for name in names] for report in reports] == [
        [False, 1, 3, None, None],
        [False, 2, 6, "0.72", "EUR"],
    ]


async def test_what_is_cancelled_costs_nothing(api: Api, acme: Headers) -> None:
    await api.database.execute("UPDATE account SET segment_price = 0.12")
    plain = await a_campaign(api, acme, msg="x" * 200, trackLink="false")
    personal = await a_personal_campaign(
        api,
        acme,
        {"mobile": "919876543210", "msg": "See https://pay.example.com/1"},
        {"mobile": "919876543211", "msg": "x" * 160 + " https://pay.example.com/2"},
    )
    # The first of each is out.
    await api.database.execute("UPDATE message SET status = 2 WHERE position = 0")
    await api.database.execute("UPDATE campaign_delivery SET queued = queued - 1, submitted = 1")

    for campaign in (plain, personal):
        await give(api, acme, campaign, "cancel")
        # A repeat takes nothing off a second time.
        await give(api, acme, campaign, "cancel")
    reports = [await get(api, acme, f"/campaigns/{each.uuid}") for each in (plain, personal)]
    old = await api.client.get("/SMSApi/report/status", params={"uuid": plain.uuid}, headers=acme)

    assert [(report["total_segments"], report["cost"]) for report in reports] == [
        (6, "0.24"),
        (3, "0.12"),
    ]
    rows = old.json()["response"]["report_statusList"]
    assert [row["cost"] for row in rows] == ["0.24", "0.00", "0.00"]


async def test_a_campaign_of_the_release_before_has_its_segments_counted_and_no_cost(
    api: Api, acme: Headers
) -> None:
    campaign = await a_campaign(api, acme, msg="x" * 200, trackLink="false")
    await api.database.execute(
        "UPDATE campaign SET segment_total = NULL, segment_price = NULL, currency = NULL"
    )

    report = await get(api, acme, f"/campaigns/{campaign.uuid}")

    assert (report["total_segments"], report["cost"], report["currency"]) == (6, None, None)


async def test_a_campaign_of_personal_texts_shows_what_they_were_made_of(
    api: Api, acme: Headers
) -> None:
    await api.database.execute("UPDATE account SET segment_price = 0.12")
    campaign = await a_personal_campaign(
        api,
        acme,
        {"mobile": "919876543210", "name": "Asha", "id": "1"},
        {"mobile": "919876543211", "name": "x" * 160, "id": "2"},
        msg="Hi {name}, see https://pay.example.com/{id} now",
    )

    report = await get(api, acme, f"/campaigns/{campaign.uuid}")

    assert report["is_personal"] is True
    assert report["text"] == "Hi {name}, see https://pay.example.com/{id} now"
    assert report["destination"] is None
    assert [report[name] for name in ("recipients", "segments", "total_segments")] == [2, 2, 3]
    assert (report["cost"], report["currency"]) == ("0.36", "INR")
