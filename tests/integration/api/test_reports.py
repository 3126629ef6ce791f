"""Reports tell an account what came of its sends, and nobody else's."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.api.storage.reports import LIST_RECIPIENTS
from shared.domain.tokens import TokenCipher
from shared.storage.engine import create_engine
from tests.support.api import Api

Headers = dict[str, str]
NUMBERS = [919876543210, 919876543211, 919876543212]
TEXT = "Sale: https://shop.example.com/sale. Reply STOP"
DELIVERED, UNDELIVERED = 3, 4
UNKNOWN = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
ADD_HIT = """
    INSERT INTO hit (campaign_id, position, occurred_at, journal_id, journal_offset, click_class,
        reasons, score, address, browser, os, device_type, request_head)
    VALUES ($1, $2, $3, 1, $4, $5, '{}', 0, '203.0.113.7', 'Chrome Mobile', 'Android', 'mobile',
        'GET / HTTP/1.1')
"""
ADD_RECIPIENT_CLICKS = """
    INSERT INTO recipient_clicks (campaign_id, position, hit_count, click_count, first_click_at,
        last_click_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""


@dataclass(frozen=True, slots=True)
class Campaign:
    uuid: str
    id: int


async def a_campaign(api: Api, headers: Headers, **parameters: str) -> Campaign:
    values = {"mobile": ",".join(map(str, NUMBERS)), "msg": TEXT, "trackLink": "true"}
    response = await api.client.get("/send", params=values | parameters, headers=headers)
    uuid = response.json()["uuid"]
    return Campaign(
        uuid, await api.database.fetchval("SELECT id FROM campaign WHERE uuid=$1", uuid)
    )


async def settle(api: Api, campaign: Campaign, *statuses: int) -> None:
    """Put the messages at these statuses, and the totals with them."""
    for position, status in enumerate(statuses):
        await api.database.execute(
            "UPDATE message SET status = $3, submitted_at = now(), settled_at = now() "
            "WHERE campaign_id = $1 AND position = $2",
            campaign.id,
            position,
            status,
        )
    await api.database.execute(
        "UPDATE campaign_delivery SET queued = 0, delivered = $2, undelivered = $3 "
        "WHERE campaign_id = $1",
        campaign.id,
        statuses.count(DELIVERED),
        statuses.count(UNDELIVERED),
    )


async def a_hit(
    api: Api, campaign: Campaign, position: int, at: datetime, *, click_class: str = "person"
) -> None:
    offset = int(at.timestamp() * 1_000) * 10 + position
    await api.database.execute(ADD_HIT, campaign.id, position, at, offset, click_class)


def place(text: str) -> str:
    """Write a cursor of visits as a page does."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


async def get(api: Api, headers: Headers, path: str, **parameters: str | int | bool) -> Any:  # noqa: ANN401
    response = await api.client.get(path, params=parameters, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


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


async def a_personal_campaign(
    api: Api, headers: Headers, *rows: dict[str, str], **parameters: str
) -> Campaign:
    response = await api.client.post(
        "/send", json={"sms": rows, "trackLink": "true"} | parameters, headers=headers
    )
    assert response.status_code == 200, response.text
    uuid = response.json()["uuid"]
    return Campaign(
        uuid, await api.database.fetchval("SELECT id FROM campaign WHERE uuid=$1", uuid)
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
        [False, 2, 6, "0.720000", "EUR"],
    ]


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
    assert (report["cost"], report["currency"]) == ("0.360000", "INR")


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
            text(f"EXPLAIN (ANALYZE, FORMAT JSON) {LIST_RECIPIENTS.text}"),
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


async def test_visits_are_people_only_unless_all_are_asked_for(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    start = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a hit's partition is today's
    await a_hit(api, campaign, 1, start)
    await a_hit(api, campaign, 1, start + timedelta(seconds=1), click_class="preview")

    people = (await get(api, acme, f"/campaigns/{campaign.uuid}/clicks"))["clicks"]
    every = (await get(api, acme, f"/campaigns/{campaign.uuid}/clicks", machines=True))["clicks"]

    assert [visit["click_class"] for visit in people] == ["person"]
    assert [visit["click_class"] for visit in every] == ["preview", "person"]
    visit = people[0]
    assert (visit["mobile"], visit["ip"]) == ("919876543211", "203.0.113.7")
    assert (visit["browser"], visit["os"], visit["device_type"]) == (
        "Chrome Mobile",
        "Android",
        "mobile",
    )
    assert datetime.fromisoformat(visit["occurred_at"]) == start


async def test_visits_can_be_asked_of_one_number_in_any_form(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    now = datetime.now(UTC)  # noqa: TID251 - a hit's partition is today's
    await a_hit(api, campaign, 0, now)
    await a_hit(api, campaign, 1, now)

    path = f"/campaigns/{campaign.uuid}/clicks"
    visits = (await get(api, acme, path, mobile="+91 98765 43211"))["clicks"]

    assert [visit["mobile"] for visit in visits] == ["919876543211"]


async def test_pages_of_visits_do_not_drift_while_clicks_arrive(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    start = datetime.now(UTC)  # noqa: TID251 - a hit's partition is today's
    for second in range(5):
        await a_hit(api, campaign, 0, start + timedelta(seconds=second))

    seen: list[str] = []
    cursor: str | None = None
    while True:
        path = f"/campaigns/{campaign.uuid}/clicks"
        page = await get(api, acme, path, limit=2, cursor=cursor or "")
        seen += [visit["occurred_at"] for visit in page["clicks"]]
        await a_hit(api, campaign, 0, start + timedelta(seconds=100 + len(seen)))
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


async def test_pages_of_recipients_and_campaigns_cover_all_once(api: Api, acme: Headers) -> None:
    campaigns = [await a_campaign(api, acme) for _ in range(3)]

    first = await get(api, acme, "/campaigns", limit=2)
    second = await get(api, acme, "/campaigns", limit=2, cursor=first["next_cursor"])
    uuids = [report["uuid"] for report in first["campaigns"] + second["campaigns"]]
    path = f"/campaigns/{campaigns[0].uuid}/recipients"
    left = await get(api, acme, path, limit=2)
    right = await get(api, acme, path, limit=2, cursor=left["next_cursor"])

    assert uuids == [campaign.uuid for campaign in reversed(campaigns)]
    assert second["next_cursor"] is None
    positions = [row["position"] for row in left["recipients"] + right["recipients"]]
    assert positions == [0, 1, 2]


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


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/campaigns?tz=Mars/Base", "tz"),
        ("/campaigns?limit=0", "limit"),
        ("/campaigns?limit=1001", "limit"),
        ("/campaigns?limit=x", "limit"),
        ("/campaigns?cursor=x", "cursor"),
        ("/campaigns/not-a-uuid", "campaign_uuid"),
        ("/recipients/12", "mobile"),
        ("/sandbox/messages?cursor=-1", "cursor"),
        ("/sandbox/messages?cursor=9223372036854775808", "cursor"),
        ("/campaigns?limt=5", "limt"),
        ("/campaigns?limit=5&apikey=x", "apikey"),
        ("/recipients/9876543210?cursor=5", "cursor"),
        ("/sandbox/messages?machines=true", "machines"),
    ],
)
async def test_a_bad_question_is_named(api: Api, acme: Headers, path: str, field: str) -> None:
    response = await api.client.get(path, headers=acme)

    assert response.status_code == 400
    assert response.json()["field"] == field


@pytest.mark.parametrize(
    ("page", "cursor"),
    [
        pytest.param("clicks", "x", id="no base 64"),
        pytest.param("clicks", "!!", id="marks"),
        pytest.param("clicks", "MjAyNg", id="a year"),
        pytest.param("clicks", "4", id="a digit"),
        pytest.param("clicks", "\u0967", id="no ASCII"),
        pytest.param("clicks", place("2026-11-25T00:00:00 1 1"), id="no zone"),
        pytest.param("clicks", place("9999-12-31T23:59:59-23:59 1 1"), id="year 10,000"),
        pytest.param("clicks", place("0001-01-01T00:00:00+23:59 1 1"), id="year 0"),
        pytest.param("clicks", place(f"2026-11-25T00:00:00Z {1 << 63} 1"), id="journal"),
        pytest.param("clicks", place(f"2026-11-25T00:00:00Z 1 {1 << 63}"), id="offset"),
        pytest.param("clicks", place("2026-11-25T00:00:00Z -1 1"), id="negative"),
        pytest.param("recipients", "9999999999", id="beyond any position"),
        pytest.param("recipients", "1" * 5_000, id="thousands of digits"),
        pytest.param("recipients", "\u0967", id="another script's digit"),
        pytest.param("recipients", "-1", id="below any position"),
    ],
)
async def test_a_cursor_that_no_page_gave_is_refused(
    api: Api, acme: Headers, page: str, cursor: str
) -> None:
    campaign = await a_campaign(api, acme)

    response = await api.client.get(
        f"/campaigns/{campaign.uuid}/{page}", params={"cursor": cursor}, headers=acme
    )

    assert response.status_code == 400
    assert response.json()["field"] == "cursor"


async def test_a_full_last_page_has_no_next(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    now = datetime.now(UTC)  # noqa: TID251 - a hit's partition is today's
    for position in range(3):
        await a_hit(api, campaign, position, now)

    pages = [
        await get(api, acme, "/campaigns", limit=1),
        await get(api, acme, f"/campaigns/{campaign.uuid}/recipients", limit=3),
        await get(api, acme, f"/campaigns/{campaign.uuid}/clicks", limit=3),
    ]

    assert [page["next_cursor"] for page in pages] == [None] * 3
    assert len(pages[2]["clicks"]) == 3


async def test_a_path_names_what_it_takes(api: Api, acme: Headers) -> None:
    response = await api.client.delete("/campaigns", headers=acme)

    assert (response.status_code, response.headers["allow"]) == (405, "GET")


OWN_THINGS = ["", "/recipients", "/clicks", "/clicks?machines=true"]


@pytest.mark.parametrize("suffix", OWN_THINGS)
async def test_another_accounts_campaign_is_not_found(
    api: Api, acme: Headers, suffix: str
) -> None:
    campaign = await a_campaign(api, acme)
    stranger = await api.account("stranger")

    response = await api.client.get(f"/campaigns/{campaign.uuid}{suffix}", headers=stranger)
    unknown = await api.client.get(f"/campaigns/{UNKNOWN}{suffix}", headers=stranger)

    assert response.status_code == 404
    assert response.json() == unknown.json()


async def test_another_accounts_rows_are_in_no_list(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    stranger = await api.account("stranger")
    await api.database.execute(
        "INSERT INTO sandbox_message (carrier_message_id, account_id, sender_id, msisdn, body, "
        "encoding, segment_count, receipt_state, receipt_due_at) "
        "SELECT 'x', account_id, '', 1, 'secret', 'GSM-7', 1, 'DELIVRD', now() FROM campaign"
    )

    own = await get(api, acme, "/sandbox/messages")
    lists = [
        (await get(api, stranger, "/campaigns"))["campaigns"],
        (await get(api, stranger, f"/recipients/{NUMBERS[0]}"))["messages"],
        (await get(api, stranger, "/sandbox/messages"))["messages"],
        (await get(api, stranger, "/campaigns", cursor=campaign.uuid))["campaigns"],
    ]

    assert [message["text"] for message in own["messages"]] == ["secret"]
    assert lists == [[], [], [], []]


@pytest.mark.parametrize(
    "path",
    [
        "/campaigns",
        f"/campaigns/{UNKNOWN}",
        f"/campaigns/{UNKNOWN}/recipients",
        f"/campaigns/{UNKNOWN}/clicks",
        "/recipients/919876543210",
        "/sandbox/messages",
    ],
)
async def test_reports_want_a_key_with_the_scope(api: Api, acme: Headers, path: str) -> None:
    without = await api.client.get(path)
    await api.database.execute("UPDATE api_key SET scopes = '{send}'")
    lacking = await api.client.get(path, headers=acme)

    assert (without.status_code, lacking.status_code) == (401, 403)


async def test_an_unknown_path_says_so_in_the_same_shape(api: Api) -> None:
    response = await api.client.get("/nothing")

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


async def test_health_tells_that_the_database_is_reached(api: Api) -> None:
    assert await get(api, {}, "/healthz") == {"status": "ok"}
