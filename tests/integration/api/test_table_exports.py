"""Whole reports as CSV: every row, nothing that runs as a formula, and numbers kept whole."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.hit_months import add_month
from tests.support.reports import (
    COUNT_CLICK,
    DELIVERED,
    NUMBERS,
    UNDELIVERED,
    Campaign,
    a_campaign,
    a_hit,
    get,
    settle,
)
from tests.support.sends import Headers

AT = datetime(2026, 11, 25, 10, tzinfo=UTC)


async def table(api: Api, headers: Headers, path: str, **parameters: str) -> list[dict[str, str]]:
    response = await api.client.get(path, params=parameters, headers=headers)
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


@pytest.fixture
async def campaign(api: Api, acme: Headers) -> Campaign:
    """Return one whose first recipient clicked, whose second did not, and whose third got none."""
    sent = await a_campaign(api, acme)
    await settle(api, sent, DELIVERED, DELIVERED, UNDELIVERED)
    await a_hit(api, sent, 0, AT)
    await api.database.execute(COUNT_CLICK, sent.id, 0, AT)
    return sent


async def test_file_of_recipients_has_what_the_pages_have(
    api: Api, acme: Headers, campaign: Campaign
) -> None:
    page = await get(api, acme, f"/campaigns/{campaign.uuid}/recipients")

    rows = await table(api, acme, f"/campaigns/{campaign.uuid}/recipients.csv")

    def shown(recipient: dict[str, Any]) -> dict[str, str]:
        return {name: "" if value is None else str(value) for name, value in recipient.items()}

    assert [shown(each) | {"mobile": "", **times(each)} for each in page["recipients"]] == [
        row | {"mobile": ""} for row in rows
    ]
    assert [row["mobile"] for row in rows] == [f"'+{number}" for number in NUMBERS]


def times(recipient: dict[str, Any]) -> dict[str, str]:
    names = ("submitted_at", "settled_at", "first_click_at", "last_click_at")
    return {
        name: datetime.fromisoformat(recipient[name]).isoformat(timespec="seconds")
        for name in names
        if recipient[name]
    }


@pytest.mark.parametrize(
    ("which", "positions"),
    [
        ("all", ["0", "1", "2"]),
        ("clicked", ["0"]),
        ("not_clicked", ["1"]),
        ("failed", ["2"]),
    ],
)
async def test_recipients_are_listed_by_what_they_did(
    api: Api, acme: Headers, campaign: Campaign, which: str, positions: list[str]
) -> None:
    path = f"/campaigns/{campaign.uuid}/recipients"

    rows = await table(api, acme, f"{path}.csv", which=which)
    page = await get(api, acme, path, which=which)

    assert [row["position"] for row in rows] == positions
    assert [str(each["position"]) for each in page["recipients"]] == positions
    links = {each["mobile"]: each["link"] for each in (await get(api, acme, path))["recipients"]}
    assert all(each["link"] == links[each["mobile"]] for each in page["recipients"])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\uff1d1"])
async def test_text_that_a_visitor_wrote_is_no_formula(
    api: Api, acme: Headers, campaign: Campaign, text: str
) -> None:
    await api.database.execute("UPDATE hit SET user_agent = $1, referrer = $1", text)

    [row] = await table(api, acme, f"/campaigns/{campaign.uuid}/clicks.csv")

    assert row["user_agent"] == row["referrer"] == f"'{text}"
    assert row["mobile"] == f"'+{NUMBERS[0]}"
    assert row["occurred_at"] == "2026-11-25T15:30:00+05:30"


async def test_machines_are_in_the_file_of_visits_when_asked_for(
    api: Api, acme: Headers, campaign: Campaign
) -> None:
    await a_hit(api, campaign, 1, AT, click_class="scanner")
    path = f"/campaigns/{campaign.uuid}/clicks.csv"

    assert [row["click_class"] for row in await table(api, acme, path)] == ["person"]
    both = await table(api, acme, path, machines="true")
    assert sorted(row["click_class"] for row in both) == ["person", "scanner"]
    assert await table(api, acme, path, mobile=str(NUMBERS[1])) == []


async def test_file_begins_with_a_byte_order_mark_only_when_asked_for(
    api: Api, acme: Headers, campaign: Campaign
) -> None:
    path = f"/campaigns/{campaign.uuid}/recipients.csv"

    plain = await api.client.get(path, headers=acme)
    marked = await api.client.get(path, params={"bom": "true"}, headers=acme)

    assert marked.content == b"\xef\xbb\xbf" + plain.content
    assert plain.headers["content-disposition"] == (
        f'attachment; filename="recipients-{campaign.uuid}.csv"'
    )


@pytest.mark.parametrize("name", ["recipients.csv", "clicks.csv"])
async def test_file_of_another_accounts_campaign_is_not_found(
    api: Api, campaign: Campaign, name: str
) -> None:
    stranger = await api.account("stranger")

    response = await api.client.get(f"/campaigns/{campaign.uuid}/{name}", headers=stranger)

    assert response.status_code == 404


async def test_file_of_more_rows_than_a_batch_has_each_once(api: Api, acme: Headers) -> None:
    sent = await a_campaign(api, acme)
    await api.database.execute(
        "INSERT INTO message (campaign_id, position, msisdn) "
        "SELECT $1, n, 919800000000 + n FROM generate_series(3, 12344) n",
        sent.id,
    )
    await add_month(api.database, AT)
    await api.database.execute(
        "INSERT INTO hit (campaign_id, position, occurred_at, journal_id, journal_offset, "
        "click_class, reasons, score, device_type, request_head) "
        "SELECT $1, n, timestamptz '2026-11-25 10:00Z' + n / 100 * interval '1 second', 1, n, "
        "'person', '{}', 0, 'mobile', 'GET' FROM generate_series(1, 12344) n",
        sent.id,
    )

    recipients = await table(api, acme, f"/campaigns/{sent.uuid}/recipients.csv")
    visits = await table(api, acme, f"/campaigns/{sent.uuid}/clicks.csv")

    assert [int(row["position"]) for row in recipients] == list(range(12_345))
    assert len({row["link"] for row in recipients}) == 12_345
    assert len({row["mobile"] for row in visits}) == len(visits) == 12_344
    moments = [row["occurred_at"] for row in visits]
    assert moments == sorted(moments, reverse=True)
