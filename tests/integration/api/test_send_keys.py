"""Whose key may send, and where a request may carry it."""

import pytest

from tests.support.api import Api
from tests.support.sends import TRACKED, Headers


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("apikey", id="apikey"),
        pytest.param("apiKey", id="apiKey"),
        pytest.param("Authorization", id="bearer"),
    ],
)
async def test_a_key_is_taken_from_each_header(api: Api, acme: Headers, header: str) -> None:
    key = f"Bearer {acme['apikey']}" if header == "Authorization" else acme["apikey"]

    response = await api.client.get("/send", params=TRACKED, headers={header: key})

    assert response.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"apikey": "txk_0123456789ab_wrong"}, id="unknown prefix"),
        pytest.param({"apikey": "nonsense"}, id="no key at all"),
        pytest.param({"Authorization": "Basic dXNlcjpwYXNz"}, id="another scheme"),
    ],
)
async def test_without_a_live_key_nothing_is_sent(api: Api, headers: Headers) -> None:
    response = await api.client.get("/send", params=TRACKED, headers=headers)

    assert response.status_code == 401
    assert (response.json()["statusCode"], response.json()["field"]) == ("216", "apikey")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("revoked_at = now()", id="revoked"),
        pytest.param("expires_at = now() - interval '1 second'", id="expired"),
        pytest.param("secret_sha256 = sha256('other')", id="another secret"),
    ],
)
async def test_a_key_that_is_no_longer_good_is_refused(
    api: Api, acme: Headers, change: str
) -> None:
    await api.database.execute(f"UPDATE api_key SET {change}")  # noqa: S608

    response = await api.client.get("/send", params=TRACKED, headers=acme)

    assert response.status_code == 401


async def test_a_key_without_the_scope_is_refused(api: Api, acme: Headers) -> None:
    await api.database.execute("UPDATE api_key SET scopes = '{report}'")

    response = await api.client.get("/send", params=TRACKED, headers=acme)

    assert response.status_code == 403
    assert "send" in response.json()["reason"]
