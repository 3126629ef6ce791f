"""An account as a whole: its days, and its campaigns by what they were."""

from datetime import UTC, datetime
from itertools import product

import pytest

from services.api.domain.campaign_states import CampaignState
from shared.domain.campaigns import CampaignControl
from tests.support.api import Api
from tests.support.orders import give
from tests.support.reports import DELIVERED, UNDELIVERED, Campaign, a_campaign, get, settle
from tests.support.sends import Headers

ADD_QUARTER = "INSERT INTO quarter_clicks VALUES ($1, $2, $3, $4)"


async def sent_at(api: Api, headers: Headers, at: str, **parameters: str) -> Campaign:
    campaign = await a_campaign(api, headers, **parameters)
    moment = datetime.fromisoformat(at)
    await api.database.execute(
        "UPDATE campaign SET created_at = $2 WHERE id = $1", campaign.id, moment
    )
    return campaign


async def test_days_have_what_was_sent_and_what_came_on_them(api: Api, acme: Headers) -> None:
    # Half past six in the evening in London is midnight in Kolkata.
    late = await sent_at(api, acme, "2026-11-23T18:29:59Z")
    early = await sent_at(api, acme, "2026-11-23T18:30:00Z")
    await settle(api, late, DELIVERED, DELIVERED, UNDELIVERED)
    for campaign, at, hits, clicks in (
        (late, "2026-11-23T18:15:00Z", 5, 3),
        (late, "2026-11-23T18:30:00Z", 7, 4),
        (early, "2026-11-24T18:15:00Z", 2, 2),
        (early, "2026-11-24T18:30:00Z", 100, 100),
    ):
        await api.database.execute(
            ADD_QUARTER, campaign.id, datetime.fromisoformat(at), hits, clicks
        )
    # Taken in long before, and sent out on that day.
    planned = await sent_at(api, acme, "2026-11-01T10:00:00Z")
    await api.database.execute(
        "UPDATE campaign SET scheduled_at = '2026-11-24T10:00:00Z' WHERE id = $1", planned.id
    )
    stranger = await api.account("stranger")

    report = await get(api, acme, "/days", **{"from": "2026-11-22", "to": "2026-11-24"})
    none = await get(api, stranger, "/days", **{"from": "2026-11-22", "to": "2026-11-24"})

    names = ("day", "campaigns", "messages", "delivered", "failed", "hits", "clicks")
    assert report["time_zone"] == "Asia/Kolkata"
    assert [tuple(day[name] for name in names) for day in report["days"]] == [
        ("2026-11-22", 0, 0, 0, 0, 0, 0),
        ("2026-11-23", 1, 3, 2, 1, 5, 3),
        ("2026-11-24", 2, 6, 0, 0, 9, 6),
    ]
    assert {sum(day[name] for name in names[1:]) for day in none["days"]} == {0}


async def test_days_do_not_count_what_was_never_handed_over(api: Api, acme: Headers) -> None:
    day = "2026-11-24T10:00:00Z"
    stopped, recalled, held, planned = [await sent_at(api, acme, day) for _ in range(4)]
    await give(api, acme, recalled, "cancel")
    await give(api, acme, held, "pause")
    await api.database.execute(
        "UPDATE campaign SET control = 'scheduled', scheduled_at = $2 WHERE id = $1",
        planned.id,
        datetime.fromisoformat(day),
    )
    # One message went out before the rest was stopped.
    await api.database.execute(
        "UPDATE message SET status = 2, submitted_at = now() "
        "WHERE campaign_id = $1 AND position = 0",
        stopped.id,
    )
    await api.database.execute(
        "UPDATE campaign_delivery SET queued = 2, submitted = 1 WHERE campaign_id = $1", stopped.id
    )
    await give(api, acme, stopped, "cancel")

    report = await get(api, acme, "/days", **{"from": "2026-11-24", "to": "2026-11-24"})

    (found,) = report["days"]
    assert (found["campaigns"], found["messages"]) == (1, 1)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"from": "2026-11-24", "to": "2026-11-23"}, "to"),
        ({"from": "2020-01-01", "to": "2026-11-23"}, "from"),
        ({"from": "9999-12-31", "to": "9999-12-31"}, "to"),
        ({"from": "2026-11-24"}, "to"),
        ({"from": "24.11.2026", "to": "2026-11-23"}, "from"),
        ({"from": "2026-11-24", "to": "2026-11-24", "tz": "Asia/Nowhere"}, "tz"),
    ],
    ids=["wrong way round", "too many", "end of the calendar", "no end", "no date", "no zone"],
)
async def test_span_that_cannot_be_reported_is_refused_by_its_field(
    api: Api, acme: Headers, parameters: dict[str, str], field: str
) -> None:
    response = await api.client.get("/days", params=parameters, headers=acme)

    assert response.status_code in {400, 422}
    assert response.json()["field"] == field


@pytest.mark.parametrize(
    ("parameters", "titles"),
    [
        ({}, ["Holi", "Big Diwali sale", "diwali"]),
        ({"title": "DIWALI"}, ["Big Diwali sale", "diwali"]),
        ({"title": "%"}, []),
        ({"sender_id": "acmeus"}, ["Big Diwali sale"]),
        ({"from": "2026-11-24"}, ["Holi", "Big Diwali sale"]),
        ({"to": "2026-11-24"}, ["Big Diwali sale", "diwali"]),
        ({"from": "2026-11-24", "to": "2026-11-24"}, ["Big Diwali sale"]),
        ({"from": "2026-11-24", "to": "2026-11-24", "tz": "UTC"}, []),
        ({"title": "diwali", "limit": "1"}, ["Big Diwali sale"]),
    ],
    ids=[
        "all",
        "part of a title",
        "no pattern",
        "sender ID",
        "from a day",
        "to a day",
        "one day",
        "the day of another zone",
        "a page of them",
    ],
)
async def test_campaigns_are_found_by_title_sender_and_day(
    api: Api, acme: Headers, parameters: dict[str, str], titles: list[str]
) -> None:
    await sent_at(api, acme, "2026-11-23T18:29:59Z", smartLinkTitle="diwali")
    await sent_at(
        api,
        acme,
        "2026-11-23T18:30:00Z",
        smartLinkTitle="Big Diwali sale",
        senderId="ACMEUS",
    )
    await sent_at(api, acme, "2026-11-25T10:00:00Z", smartLinkTitle="Holi")

    page = await get(api, acme, "/campaigns", **parameters)

    assert [campaign["title"] for campaign in page["campaigns"]] == titles


async def test_campaigns_are_found_by_where_they_stand(api: Api, acme: Headers) -> None:
    # Of three messages: so many queued, so many submitting.
    counts = [(0, 0), (3, 0), (2, 0), (2, 1), (0, 1)]
    for control, (queued, submitting) in product(CampaignControl, counts):
        sent = await a_campaign(api, acme)
        await api.database.execute(
            "UPDATE campaign SET control = $2, scheduled_at = now() WHERE id = $1",
            sent.id,
            control,
        )
        await api.database.execute(
            "UPDATE campaign_delivery SET queued = $2, submitting = $3, delivered = $4 "
            "WHERE campaign_id = $1",
            sent.id,
            queued,
            submitting,
            3 - queued - submitting,
        )
    every = (await get(api, acme, "/campaigns"))["campaigns"]

    found = {
        state: (await get(api, acme, "/campaigns", status=state))["campaigns"]
        for state in CampaignState
    }
    mistaken = await api.client.get("/campaigns", params={"status": "sent"}, headers=acme)

    assert found == {
        state: [campaign for campaign in every if campaign["state"] == state]
        for state in CampaignState
    }
    assert all(found.values())
    assert mistaken.status_code == 400
    assert mistaken.json()["field"] == "status"
    assert all(state in mistaken.json()["reason"] for state in CampaignState)


async def test_pages_of_a_search_follow_one_another(api: Api, acme: Headers) -> None:
    for number in range(4):
        await sent_at(
            api, acme, f"2026-11-2{number}T10:00:00Z", smartLinkTitle=f"{number % 2} diwali"
        )

    first = await get(api, acme, "/campaigns", title="0 diw", limit=1)
    second = await get(
        api, acme, "/campaigns", title="0 diw", limit=1, cursor=first["next_cursor"]
    )

    assert datetime.fromisoformat(first["campaigns"][0]["created_at"]) == datetime(
        2026, 11, 22, 10, tzinfo=UTC
    )
    assert datetime.fromisoformat(second["campaigns"][0]["created_at"]) == datetime(
        2026, 11, 20, 10, tzinfo=UTC
    )
    assert second["next_cursor"] is None
