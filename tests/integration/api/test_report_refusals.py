"""A question that no report answers is refused by the name of what is wrong with it."""

import base64

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
