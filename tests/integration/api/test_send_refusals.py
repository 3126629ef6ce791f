"""What /send refuses it names, and leaves nothing of."""

import pytest

from tests.support.api import Api, running_api
from tests.support.sends import STORED, TRACKED, Headers, links_taken, stored


@pytest.mark.parametrize(
    ("changed", "status", "code", "field"),
    [
        pytest.param({"mobile": ""}, 400, "missing_field", "mobile", id="no number"),
        pytest.param({"mobile": ",; ,"}, 400, "missing_field", "mobile", id="separators only"),
        pytest.param({"mobile": "123,abc"}, 400, "no_valid_mobile", "mobile", id="bad numbers"),
        pytest.param({"msg": ""}, 400, "missing_field", "msg", id="no text"),
        pytest.param({"msg": "  "}, 400, "missing_field", "msg", id="blank text"),
        pytest.param({"msg": "No link"}, 400, "no_link", "msg", id="no URL to track"),
        pytest.param(
            {"msg": "See https://tx1.in/SAlhjS"}, 400, "own_short_link", "msg", id="own short link"
        ),
        pytest.param({"trackLink": "maybe"}, 400, "invalid_boolean", "trackLink", id="boolean"),
        pytest.param({"appendHttp": "2"}, 400, "invalid_boolean", "appendHttp", id="boolean 2"),
        pytest.param({"msgType": "voice"}, 400, "unknown_value", "msgType", id="message type"),
        pytest.param({"output": "yaml"}, 400, "unknown_value", "output", id="output"),
        pytest.param({"sendMethod": "groups"}, 400, "unknown_value", "sendMethod", id="method"),
        pytest.param(
            {"sendMethod": "group"}, 400, "invalid_value", "sendMethod", id="group and numbers"
        ),
        pytest.param(
            {"sendMethod": "groupMsg", "mobile": ""}, 400, "missing_field", "group", id="no group"
        ),
        pytest.param(
            {"group": "customers", "mobile": ""}, 400, "unknown_group", "group", id="no such group"
        ),
        pytest.param({"group": "customers"}, 400, "invalid_value", "group", id="both"),
        pytest.param({"category": "news"}, 400, "unknown_value", "category", id="category"),
        pytest.param({"senderId": "OTHER"}, 400, "unknown_sender_id", "senderId", id="sender ID"),
        pytest.param({"dltEntityId": "x1"}, 400, "invalid_value", "dltEntityId", id="DLT id"),
        pytest.param(
            {"smartLinkTitle": "x" * 201}, 400, "invalid_value", "smartLinkTitle", id="long title"
        ),
        pytest.param(
            {"idempotencyKey": "x" * 256}, 400, "invalid_value", "idempotencyKey", id="long key"
        ),
        pytest.param(
            {"link": "https://a.example.com"},
            400,
            "unsupported_parameter",
            "link",
            id="not served yet",
        ),
        pytest.param({"trackLnk": "true"}, 400, "unknown_parameter", "trackLnk", id="misspelt"),
        pytest.param(
            {"msg": "नमस्ते https://a.example.com", "msgType": "text"},
            400,
            "not_gsm",
            "msg",
            id="text with other characters",
        ),
        pytest.param(
            {"msg": "https://a.example.com " + "x" * 3_040},
            400,
            "text_too_long",
            "msg",
            id="too long with its short link",
        ),
        pytest.param({"msg": "e.com " * 2_000}, 400, "msg_too_long", "msg", id="not even read"),
        pytest.param(
            {"msg": "x" * 12_000, "trackLink": "false"},
            400,
            "msg_too_long",
            "msg",
            id="not even counted",
        ),
        pytest.param(
            {"msg": "See https://u:p@a.example.com"}, 400, "userinfo_in_link", "msg", id="password"
        ),
    ],
)
async def test_bad_input_is_named_and_leaves_nothing(
    api: Api, acme: Headers, changed: dict[str, str], status: int, code: str, field: str
) -> None:
    response = await api.client.get("/send", params=TRACKED | changed, headers=acme)

    answer = response.json()
    assert response.status_code == status
    assert (answer["status"], answer["code"], answer["field"]) == ("error", code, field)
    assert len(answer["reason"]) > 20
    assert await stored(api) == dict.fromkeys(STORED, 0)
    assert await links_taken(api) == 0


async def test_a_body_over_the_limit_is_refused(database_url: str) -> None:
    async with running_api(database_url, max_body_octets=1_000) as api:
        headers = await api.account("acme")

        response = await api.client.post(
            "/send", json={"mobile": "919876543210", "msg": "x" * 2_000}, headers=headers
        )

    assert response.status_code == 413
    assert response.json()["code"] == "body_too_large"


async def test_more_recipients_than_allowed_are_refused(database_url: str) -> None:
    async with running_api(database_url, max_recipients=1) as api:
        headers = await api.account("acme")

        response = await api.client.get("/send", params=TRACKED, headers=headers)

        assert response.status_code == 413
        assert response.json()["field"] == "mobile"
