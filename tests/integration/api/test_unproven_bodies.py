"""A stranger's large body is not read; that of whoever shows credentials first is."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from services.api.auth import UNPROVEN_OCTETS
from tests.support.api import Api

PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody
LOGIN = {"userId": "asha", "password": PASSWORD}
SEND = {"msg": "Hi", "duplicateCheck": "true"}
# More than a stranger may send, and almost all of them the same number.
MANY = "919876543210," * (UNPROVEN_OCTETS // 13 + 1_000) + "919876543211"
FORM = {"content-type": "application/x-www-form-urlencoded"}
WRONG_KEY = {"apikey": "txk_0123456789ab_wrong"}


@dataclass
class CountedBody:
    """A body that counts how much of it was asked for; in chunks, so of no declared length."""

    octets: bytes
    sent: int = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.octets), 10_000):
            chunk = self.octets[start : start + 10_000]
            self.sent += len(chunk)
            yield chunk


@pytest.fixture
async def users(api: Api) -> Api:
    await api.account("acme", "ACMEIN")
    await api.user("acme", "asha", PASSWORD)
    return api


async def post(
    api: Api, path: str, body: CountedBody, headers: dict[str, str] | None = None
) -> httpx.Response:
    return await api.client.post(path, content=body.chunks(), headers=FORM | (headers or {}))


def form(*parts: dict[str, str]) -> CountedBody:
    return CountedBody("&".join(map(urlencode, parts)).encode())


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        pytest.param({}, 413, "body_too_large", id="no credentials"),
        pytest.param(WRONG_KEY, 401, "invalid_credentials", id="wrong key"),
    ],
)
async def test_a_strangers_large_body_is_not_read_to_its_end(
    users: Api, headers: dict[str, str], status: int, code: str
) -> None:
    body = form({"mobile": MANY * 10, **SEND})

    response = await post(users, "/send", body, headers)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["connection"] == "close"
    assert body.sent <= UNPROVEN_OCTETS + 20_000


async def test_of_a_body_whose_length_is_declared_nothing_is_read(users: Api) -> None:
    body = form({"mobile": MANY, **SEND})

    response = await post(users, "/send", body, {"content-length": str(len(body.octets))})

    assert (response.status_code, body.sent <= 70_000) == (413, True)
    assert "send the API key in a header" in response.json()["reason"]


async def test_an_old_client_gets_the_same_as_its_own_error(users: Api) -> None:
    response = await post(users, "/SMSApi/send", form({"mobile": MANY, **SEND}))

    assert response.status_code == 200
    assert response.text.startswith("error | 413 | The request body is larger")


@pytest.mark.parametrize("path", ["/send", "/SMSApi/send", "/SMSApi/rest/send"])
async def test_a_login_near_the_beginning_opens_the_way_for_a_large_form(
    users: Api, path: str
) -> None:
    answer = {"format" if "rest" in path else "output": "json"}

    response = await post(users, path, form(LOGIN, answer, SEND, {"mobile": MANY}))

    assert response.json()["mobile"] == "919876543210,919876543211"


async def test_a_login_in_the_query_opens_the_way(users: Api) -> None:
    body = form(SEND, {"mobile": MANY})

    response = await post(users, f"/send?{urlencode(LOGIN)}", body)

    assert response.status_code == 200


async def test_a_key_opens_the_way(users: Api) -> None:
    headers = await users.account("other")

    response = await post(users, "/send", form(SEND, {"mobile": MANY}), headers)

    assert response.status_code == 200


async def test_a_login_behind_a_list_of_some_size_is_found_too(users: Api) -> None:
    numbers = {"mobile": "919876543210," * 10_000 + "919876543211"}

    response = await post(users, "/send", form(SEND, numbers, LOGIN))

    assert response.status_code == 200


async def test_a_wrong_login_near_the_beginning_is_told_before_the_rest_is_read(
    users: Api,
) -> None:
    body = form(LOGIN | {"password": "wrong"}, SEND, {"mobile": MANY * 10})

    response = await post(users, "/send", body)

    assert response.status_code == 401
    assert body.sent <= UNPROVEN_OCTETS + 20_000


async def test_who_logs_in_early_is_not_another_in_the_end(users: Api) -> None:
    await users.account("other", "OTHERS")
    await users.user("other", "bela", "Green Kettle in the rain")
    bela: dict[str, Any] = {"userId": "bela", "password": "Green Kettle in the rain"}

    twice = await post(users, "/send", form(LOGIN, SEND, {"mobile": MANY}, bela))
    body_counts = await post(
        users, f"/send?{urlencode(LOGIN)}", form(bela, SEND, {"mobile": "919876543210"})
    )

    assert (twice.status_code, twice.json()["code"]) == (400, "repeated_parameter")
    assert body_counts.status_code == 200
    senders = await users.database.fetch("SELECT sender_id FROM campaign")
    assert [row["sender_id"] for row in senders] == ["OTHERS"]


async def test_many_strangers_at_once_are_all_refused_unread(users: Api) -> None:
    bodies = [form({"mobile": MANY * 10, **SEND}) for _ in range(8)]

    responses = await asyncio.gather(*(post(users, "/send", body) for body in bodies))

    assert {response.status_code for response in responses} == {413}
