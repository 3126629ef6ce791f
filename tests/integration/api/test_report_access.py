"""Reports tell an account of its own sends, and nobody else's."""

import pytest

from tests.support.api import Api
from tests.support.reports import NUMBERS, a_campaign, get
from tests.support.sends import Headers

UNKNOWN = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
OWN_THINGS = ["", "/breakdown", "/recipients", "/clicks", "/clicks?machines=true"]


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
    await a_campaign(api, acme)
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
    ]

    assert [message["text"] for message in own["messages"]] == ["secret"]
    assert lists == [[], [], []]


@pytest.mark.parametrize(
    "path",
    [
        "/campaigns",
        f"/campaigns/{UNKNOWN}",
        f"/campaigns/{UNKNOWN}/recipients",
        f"/campaigns/{UNKNOWN}/breakdown",
        f"/campaigns/{UNKNOWN}/clicks",
        f"/campaigns/{UNKNOWN}/clicks.csv",
        f"/campaigns/{UNKNOWN}/recipients.csv",
        "/days",
        "/recipients/919876543210",
        "/sandbox/messages",
    ],
)
async def test_reports_want_a_key_with_the_scope(api: Api, acme: Headers, path: str) -> None:
    without = await api.client.get(path)
    await api.database.execute("UPDATE api_key SET scopes = '{send}'")
    lacking = await api.client.get(path, headers=acme)

    assert (without.status_code, lacking.status_code) == (401, 403)
