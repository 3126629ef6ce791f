"""What an account is told of each recipient of a campaign, and of one number over all of them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from services.api.storage.reports import LIST_RECIPIENTS, RecipientFilter
from shared.domain.tokens import TokenCipher
from shared.storage.engine import create_engine
from tests.support.api import Api
from tests.support.reports import (
    DELIVERED,
    NUMBERS,
    UNDELIVERED,
    a_campaign,
    a_personal_campaign,
    get,
    settle,
)
from tests.support.sends import TEXT, Headers

ADD_RECIPIENT_CLICKS = """
    INSERT INTO recipient_clicks (campaign_id, position, hit_count, click_count, first_click_at,
        last_click_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""


async def test_recipients_have_status_clicks_and_a_link_of_their_own(
    api: Api, acme: Headers
) -> None:
    campaign = await a_campaign(api, acme, appendHttp="false")
    await settle(api, campaign, DELIVERED, UNDELIVERED, DELIVERED)
    at = datetime(2026, 11, 25, 10, tzinfo=UTC)
    await api.database.execute(ADD_RECIPIENT_CLICKS, campaign.id, 0, 3, 2, at, at)

    page = await get(api, acme, f"/campaigns/{campaign.uuid}/recipients")

    recipients = page["recipients"]
    assert [recipient["mobile"] for recipient in recipients] == list(map(str, NUMBERS))
    assert [recipient["status"] for recipient in recipients] == [
        "delivered",
        "undelivered",
        "delivered",
    ]
    assert [recipient["clicks"] for recipient in recipients] == [2, 0, 0]
    key = await api.database.fetchval("SELECT key FROM token_domain WHERE length = 6")
    tokens = TokenCipher(key, 6).mint_block(0, 3)
    assert [recipient["link"] for recipient in recipients] == [
        f"tx1.in/{token}" for token in tokens
    ]
    assert page["next_cursor"] is None


async def test_recipients_of_personal_texts_have_a_destination_and_segments_of_their_own(
    api: Api, acme: Headers
) -> None:
    campaign = await a_personal_campaign(
        api,
        acme,
        *({"mobile": str(number), "n": "x" * (number % 10 * 160)} for number in NUMBERS),
        msg="Hi {n}: https://pay.example.com/{mobile}",
    )

    path = f"/campaigns/{campaign.uuid}/recipients"
    left = await get(api, acme, path, limit=2)
    right = await get(api, acme, path, limit=2, cursor=left["next_cursor"])

    recipients = left["recipients"] + right["recipients"]
    names = ["mobile", "destination", "segments", "status"]
    assert [[recipient[name] for name in names] for recipient in recipients] == [
        ["919876543210", "https://pay.example.com/919876543210", 1, "queued"],
        ["919876543211", "https://pay.example.com/919876543211", 2, "queued"],
        ["919876543212", "https://pay.example.com/919876543212", 3, "queued"],
    ]
    assert len({recipient["link"] for recipient in recipients}) == 3
    assert right["next_cursor"] is None


@pytest.mark.parametrize(
    ("track", "destination"),
    [("true", "https://shop.example.com/sale"), ("false", None)],
    ids=["tracked", "untracked"],
)
async def test_recipients_of_one_text_have_the_campaigns_destination_and_segments(
    api: Api, acme: Headers, track: str, destination: str | None
) -> None:
    campaign = await a_campaign(api, acme, msg="x" * 160 + TEXT, trackLink=track)

    recipients = (await get(api, acme, f"/campaigns/{campaign.uuid}/recipients"))["recipients"]

    shown = [(recipient["destination"], recipient["segments"]) for recipient in recipients]
    assert shown == [(destination, 2)] * 3


async def test_personal_texts_without_a_tracked_link_have_no_destination(
    api: Api, acme: Headers
) -> None:
    campaign = await a_personal_campaign(
        api, acme, {"mobile": "919876543210", "msg": "Code 17"}, trackLink="false"
    )

    report = await get(api, acme, f"/campaigns/{campaign.uuid}")
    [recipient] = (await get(api, acme, f"/campaigns/{campaign.uuid}/recipients"))["recipients"]

    assert (report["text"], report["destination"]) == ("Code 17", None)
    assert (recipient["link"], recipient["destination"]) == (None, None)


async def test_personal_texts_with_one_destination_show_it_for_the_campaign_too(
    api: Api, acme: Headers
) -> None:
    campaign = await a_personal_campaign(
        api,
        acme,
        {"mobile": "919876543210", "name": "Asha"},
        {"mobile": "919876543211", "name": "Ravi"},
        msg="Hi {name}: https://shop.example.com/sale",
    )

    report = await get(api, acme, f"/campaigns/{campaign.uuid}")
    recipients = (await get(api, acme, f"/campaigns/{campaign.uuid}/recipients"))["recipients"]

    shown = [report["destination"], *(recipient["destination"] for recipient in recipients)]
    assert shown == ["https://shop.example.com/sale"] * 3


async def test_recipients_behind_a_position_are_read_from_there_by_primary_keys(
    api: Api, acme: Headers
) -> None:
    campaign = await a_personal_campaign(
        api, acme, {"mobile": "919876543210", "msg": "Code 17"}, trackLink="false"
    )
    await api.database.execute(
        "INSERT INTO message (campaign_id, position, msisdn) "
        "SELECT $1, n, 919800000000 + n FROM generate_series(1, 20000) n",
        campaign.id,
    )
    await api.database.execute(
        "INSERT INTO personal_text (campaign_id, position, body_before, encoding, segment_count) "
        "SELECT $1, n, 'Code', 'GSM-7', 1 FROM generate_series(1, 20000) n",
        campaign.id,
    )
    await api.database.execute("ANALYZE message; ANALYZE personal_text")
    engine = create_engine(api.database_url, application="test")
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(f"EXPLAIN (ANALYZE, FORMAT JSON) {LIST_RECIPIENTS[RecipientFilter.ALL].text}"),
            {
                "account_id": await api.database.fetchval("SELECT account_id FROM campaign"),
                "campaign_id": campaign.id,
                "after": 15_000,
                "row_limit": 100,
            },
        )
        [plan] = rows.scalar_one()
    await engine.dispose()

    month = await api.database.fetchval("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')")
    scans = {
        node["Relation Name"]: node for node in nodes(plan["Plan"]) if "Relation Name" in node
    }
    assert set(scans) == {
        "campaign",
        *(f"{table}_{month}" for table in ("message", "personal_text", "recipient_clicks")),
    }
    for table in (f"message_{month}", f"personal_text_{month}"):
        assert scans[table]["Index Name"] == f"{table}_pkey"
        assert scans[table]["Actual Rows"] * scans[table]["Actual Loops"] <= 101


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def test_one_numbers_history_over_all_campaigns(api: Api, acme: Headers) -> None:
    first = await a_campaign(api, acme, smartLinkTitle="One")
    second = await a_campaign(api, acme, smartLinkTitle="Two")
    await settle(api, first, DELIVERED, DELIVERED, DELIVERED)

    history = await get(api, acme, "/recipients/09876543211")

    assert history["mobile"] == "919876543211"
    rows = [
        (row["campaign_uuid"], row["campaign_title"], row["status"]) for row in history["messages"]
    ]
    assert rows == [(second.uuid, "Two", "queued"), (first.uuid, "One", "delivered")]
    links = {row["link"] for row in history["messages"]}
    assert len(links) == 2
    assert history["next_cursor"] is None


async def test_one_numbers_history_pages_through_every_message_once(
    api: Api, acme: Headers
) -> None:
    one = await a_campaign(api, acme, mobile="919876543210,919876543211,919876543210")
    path = "/recipients/919876543210"
    first = await get(api, acme, path, limit=1)

    two = await a_campaign(api, acme, mobile="919876543210")
    second = await get(api, acme, path, limit=1, cursor=first["next_cursor"])

    listed = first["messages"] + second["messages"]
    assert [(row["campaign_uuid"], row["position"]) for row in listed] == [
        (one.uuid, 2),
        (one.uuid, 0),
    ]
    assert second["next_cursor"] is None
    assert (await get(api, acme, path))["messages"][0]["campaign_uuid"] == two.uuid
    stranger = await api.account("stranger")
    refused = await api.client.get(path, params={"cursor": first["next_cursor"]}, headers=stranger)
    assert (refused.status_code, refused.json()["field"]) == (400, "cursor")


async def test_one_numbers_history_shows_the_destination_and_segments_of_each_text(
    api: Api, acme: Headers
) -> None:
    await a_campaign(api, acme)
    await a_personal_campaign(
        api,
        acme,
        {"mobile": "919876543210", "id": "1", "rest": ""},
        {"mobile": "919876543211", "id": "2", "rest": "x" * 160},
        msg="Bill https://pay.example.com/{id} {rest}",
    )

    history = await get(api, acme, "/recipients/919876543211")

    assert [(row["destination"], row["segments"]) for row in history["messages"]] == [
        ("https://pay.example.com/2", 2),
        ("https://shop.example.com/sale", 1),
    ]
