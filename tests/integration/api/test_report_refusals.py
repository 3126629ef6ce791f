"""A question that no report answers is refused by the name of what is wrong with it."""

import base64
from uuid import UUID

import pytest

from tests.support.api import Api
from tests.support.reports import a_campaign
from tests.support.sends import Headers


def place(text: str) -> str:
    """Write a cursor of visits as a page does."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/campaigns?tz=Mars/Base", "tz"),
        ("/campaigns?limit=0", "limit"),
        ("/campaigns?limit=1001", "limit"),
        ("/campaigns?limit=x", "limit"),
        ("/campaigns?cursor=x", "cursor"),
        ("/campaigns/not-a-uuid", "campaign_uuid"),
        ("/recipients/12", "msisdn"),
        ("/sandbox/messages?cursor=-1", "cursor"),
        ("/sandbox/messages?cursor=9223372036854775808", "cursor"),
        ("/campaigns?limt=5", "limt"),
        ("/campaigns?limit=5&apikey=x", "apikey"),
        ("/recipients/9876543210?cursor=5", "cursor"),
        (f"/recipients/9876543210?cursor={UUID(int=1)}.", "cursor"),
        (f"/recipients/9876543210?cursor={UUID(int=1)}.x", "cursor"),
        ("/recipients/9876543210?cursor=x.5", "cursor"),
        ("/sandbox/messages?machines=true", "machines"),
    ],
)
async def test_a_bad_question_is_named(api: Api, acme: Headers, path: str, field: str) -> None:
    response = await api.client.get(path, headers=acme)

    assert response.status_code == 400
    assert response.json()["field"] == field


async def test_every_refusal_says_what_would_be_right(api: Api, acme: Headers) -> None:
    wanted = {
        "/campaigns/compare?b=x": "a is missing: give a campaign's uuid: what the others are",
        "/days": "from is missing: give the first day, such as 2026-11-01, of the zone",
        "/days?from=25-11-2026&to=x": "from must be a day such as 2026-11-25, not '25-11-2026'",
        "/campaigns?from=20261125": "from must be a day such as 2026-11-25, not '20261125'",
        "/campaigns?to=": "to must be a day such as 2026-11-25, not ''",
        "/campaigns?limit=x": "limit must be a whole number, not 'x'",
        "/campaigns?limit=0": "limit must be 1 or more",
        "/campaigns?limit=1001": "limit must be 1000 or less",
        "/campaigns?cursor=x": "cursor must be the next_cursor of the page before, unchanged",
        "/campaigns?status=sent": "status must be one of scheduled, queued, sending, paused, ",
        "/campaigns?titel=x": "'titel' is not a parameter of this call; did you mean title?",
        "/campaigns?senderId=x": "'senderId' is not a parameter of this call; did you mean sende",
        f"/campaigns?title={'x' * 201}": "title must be at most 200 characters",
        "/campaigns?title=%00": "title must not hold the character NUL",
        "/campaigns/x": "campaign_uuid must be a UUID such as 0a2f5c0e-6f9f-4a52-8f5b-4d1f",
        f"/campaigns/{UUID(int=1)}/clicks?machines=some": "machines must be true or false, not",
        "/campaigns?limit=1&limit=2": "limit came more than once: give it once",
        f"/campaigns/{UUID(int=1)}/events?last_event_id=1": "'last_event_id' is not a parameter",
        f"/campaigns/{UUID(int=1)}/links?tz=UTC": "'tz' is not a parameter of this call",
        f"/webhooks/{UUID(int=1)}/deliveries?limt=1": "'limt' is not a parameter of this call; di",
        f"/webhooks/{UUID(int=1)}/deliveries?limit=0": "limit must be 1 or more",
    }

    told = {path: (await api.client.get(path, headers=acme)).json() for path in wanted}

    assert {path: values["reason"][: len(wanted[path])] for path, values in told.items()} == wanted
    assert not [values for values in told.values() if values["field"] not in values["reason"]]


async def test_every_refusal_of_a_body_says_what_would_be_right(api: Api, acme: Headers) -> None:
    url = "https://crm.example.com/x"
    wanted = {
        "{}": "url is missing: give where requests go; https, on a public address",
        '{"url": 5}': "url must be a text",
        f'{{"url": "{url}", "kinds": ["click"]}}': "kinds must be one of click.recorded, message.",
        f'{{"url": "{url}", "kinds": []}}': "kinds must have 1 value(s) or more",
        f'{{"url": "{url}", "kinds": "click.recorded"}}': "kinds must be a list",
        f'{{"url": "{url}", "kind": []}}': "'kind' is not a parameter of this call; did you mean ",
        f'{{"url": "{url}", "is_enabled": "maybe"}}': "is_enabled must be true or false, not 'may",
    }

    told = {
        body: (await api.client.post("/webhooks", content=body, headers=acme)).json()["reason"]
        for body in wanted
    }

    assert {body: reason[: len(wanted[body])] for body, reason in told.items()} == wanted


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
