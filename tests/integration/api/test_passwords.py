"""userId and password, as old clients send them: who gets in, who does not, and what shows."""

import logging
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from argon2 import PasswordHasher, extract_parameters

from services.api.domain.roles import UserKind
from services.api.operations.passwords import PASSWORD_HASHER
from tests.support.api import Api
from tests.support.api_process import COMMANDS, api_process

# What must survive encoding: blanks, a plus, an ampersand, a percent sign, another script.
PASSWORD = "Blue +Kettle& 7%41 नदी"  # noqa: S105 - of nobody
OTHER_PASSWORD = "Green Kettle of the other"  # noqa: S105 - of nobody
SEND = {"mobile": "919876543210", "msg": "Hello"}
LOGIN = {"userId": "asha", "password": PASSWORD}

# Of asha, with her password: hashing it for each of them would take most of the tests' time.
COLLEAGUES = """
    INSERT INTO account_user (account_id, password_hash, login, role, is_disabled)
    SELECT account_id, password_hash, colleague.*
    FROM account_user, (VALUES
        ('owner', 'owner', false),
        ('analyst', 'analyst', false),
        ('reader', 'read-only', false),
        ('gone', 'sender', true)
    ) AS colleague
    WHERE account_user.login = 'asha'
"""

OLD_PATHS = ("/SMSApi/send", "/SMSApi/rest/send")
PATHS = ("/send", *OLD_PATHS)


@pytest.fixture
async def users(api: Api) -> Api:
    """Return the API with two accounts and a user of each role."""
    await api.account("acme", "ACMEIN")
    await api.account("other", "OTHERS")
    await api.user("acme", "asha", PASSWORD)
    await api.user("other", "bela", OTHER_PASSWORD)
    await api.database.execute(COLLEAGUES)
    return api


def as_json(path: str) -> dict[str, str]:
    """Return what makes a path answer in JSON."""
    return {"format" if path == "/SMSApi/rest/send" else "output": "json"}


async def answer_of(api: Api, path: str, parameters: dict[str, str]) -> tuple[int, dict[str, Any]]:
    response = await api.client.get(path, params=parameters | as_json(path))
    return response.status_code, response.json()


@pytest.mark.parametrize(
    "login",
    [
        pytest.param(LOGIN, id="sender"),
        pytest.param(LOGIN | {"userId": "owner"}, id="owner"),
        pytest.param({"USERID": "asha", "Password": PASSWORD}, id="names in any case"),
    ],
)
async def test_a_user_sends_for_their_account(users: Api, login: dict[str, str]) -> None:
    for path in PATHS:
        status, answer = await answer_of(users, path, SEND | login)

        assert (status, answer["status"], answer["statusCode"]) == (200, "success", "200")
    rows = await users.database.fetch(
        "SELECT account.name, sender_id FROM campaign JOIN account ON account.id = account_id"
    )
    assert [tuple(row) for row in rows] == [("acme", "ACMEIN")] * len(PATHS)


@pytest.mark.parametrize("path", PATHS)
async def test_the_password_is_read_wherever_parameters_may_stand(users: Api, path: str) -> None:
    parameters = SEND | LOGIN | as_json(path)
    client = users.client

    answers = [
        await client.get(path, params=parameters),
        await client.post(path, params=parameters),
        await client.post(path, data=parameters),
        await client.post(path, json=parameters),
    ]

    assert [answer.json()["status"] for answer in answers] == ["success"] * 4


@pytest.mark.parametrize(
    "login",
    [
        pytest.param({"userId": "asha", "password": "Blue Kettle 7"}, id="wrong password"),
        pytest.param({"userId": "asha", "password": PASSWORD.lower()}, id="another case"),
        pytest.param({"userId": "asha", "password": PASSWORD + " "}, id="a blank more"),
        pytest.param({"userId": "asha", "password": ""}, id="empty password"),
        pytest.param({"userId": "asha"}, id="no password"),
        pytest.param({"userId": "nobody", "password": PASSWORD}, id="unknown user"),
        pytest.param({"userId": "ASHA", "password": PASSWORD}, id="user in another case"),
        pytest.param({"userId": "gone", "password": PASSWORD}, id="disabled user"),
        pytest.param({"userId": "asha", "password": OTHER_PASSWORD}, id="another account's"),
        pytest.param({"userId": "", "password": PASSWORD}, id="empty user"),
        pytest.param({"password": PASSWORD}, id="no user"),
    ],
)
async def test_wrong_credentials_get_one_answer_and_leave_nothing(
    users: Api, login: dict[str, str]
) -> None:
    new_status, new_answer = await answer_of(users, "/send", SEND | login)
    old_answers = [await answer_of(users, path, SEND | login) for path in OLD_PATHS]

    reason = new_answer["reason"]
    old_answer = {"status": "error", "statusCode": "216", "reason": reason}
    assert reason.startswith("Invalid credentials")
    named = {"code": "invalid_credentials", "field": new_answer["field"]}
    assert (new_status, new_answer) == (401, old_answer | named)
    assert named["field"] == ("userId" if login.get("userId") else "apikey")
    assert old_answers == [(200, old_answer)] * 2
    assert await users.count("campaign") == 0


@pytest.mark.parametrize("login", ["analyst", "reader"])
async def test_a_user_who_may_only_read_sends_nothing(users: Api, login: str) -> None:
    parameters = SEND | LOGIN | {"userId": login}

    new_status, new_answer = await answer_of(users, "/send", parameters)
    old_answers = [await answer_of(users, path, parameters) for path in OLD_PATHS]

    reason = "These credentials lack the scope send"
    old_answer = {"status": "error", "statusCode": "403", "reason": reason}
    assert (new_status, new_answer) == (403, old_answer | {"code": "scope_missing"})
    assert old_answers == [(200, old_answer)] * 2
    assert await users.count("campaign") == 0


async def test_a_sender_id_of_another_account_is_unknown(users: Api) -> None:
    parameters = SEND | LOGIN | {"senderId": "OTHERS"}

    answers = [(await answer_of(users, path, parameters))[1] for path in PATHS]

    assert [answer["statusCode"] for answer in answers] == ["400"] * 3
    assert all("'OTHERS' is not registered" in answer["reason"] for answer in answers)
    assert await users.count("campaign") == 0


async def test_a_key_that_is_wrong_is_not_saved_by_a_right_password(users: Api) -> None:
    response = await users.client.get("/send", params=SEND | LOGIN, headers={"apikey": "txk_x_y"})

    assert response.status_code == 401


async def test_a_password_opens_no_report(users: Api) -> None:
    response = await users.client.get("/campaigns", params=LOGIN)

    assert response.status_code == 401


async def test_wrong_credentials_are_told_in_the_old_plain_form(users: Api) -> None:
    for path in OLD_PATHS:
        response = await users.client.get(path, params=SEND | LOGIN | {"password": "no"})

        assert response.status_code == 200
        assert response.text.startswith("error | 216 | Invalid credentials")


@pytest.mark.parametrize(
    "login",
    [
        pytest.param(LOGIN | {"password": "wrong"}, id="wrong password"),
        pytest.param(LOGIN | {"userId": "nobody"}, id="unknown user"),
        pytest.param(LOGIN | {"userId": "gone"}, id="disabled user"),
    ],
)
async def test_every_refusal_costs_one_hash_and_none_in_the_event_loop(
    users: Api, login: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[tuple[str, threading.Thread]] = []
    verify = PasswordHasher.verify

    def watched(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
        verified.append((password_hash, threading.current_thread()))
        return verify(hasher, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)

    await answer_of(users, "/SMSApi/send", SEND | login)

    [(password_hash, thread)] = verified
    cost = extract_parameters(password_hash)
    assert (cost.time_cost, cost.memory_cost, cost.parallelism) == (
        PASSWORD_HASHER.time_cost,
        PASSWORD_HASHER.memory_cost,
        PASSWORD_HASHER.parallelism,
    )
    assert thread is not threading.current_thread()


async def test_equal_passwords_are_stored_as_hashes_that_differ(users: Api) -> None:
    await users.user("other", "carla", PASSWORD)

    rows = await users.database.fetch(
        "SELECT password_hash FROM account_user WHERE login IN ('asha', 'carla')"
    )

    hashes = {row["password_hash"] for row in rows}
    assert len(hashes) == 2
    assert all(stored.startswith("$argon2id$") for stored in hashes)


def spellings() -> list[str]:
    """Return the password as it would stand in a log: bare, or as the query had it."""
    return [PASSWORD, urlencode({"password": PASSWORD}), "Kettle"]


async def test_no_logger_of_ours_ever_writes_the_password(
    users: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    for path in PATHS:
        for login in (LOGIN, LOGIN | {"userId": "nobody"}, LOGIN | {"userId": "analyst"}):
            await answer_of(users, path, SEND | login)

    # The client's own loggers tell what it asked.
    of_server = [r for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    text = "\n".join(map(logging.Formatter().format, of_server))
    assert not [spelling for spelling in spellings() if spelling in text]


def sign_in_and_out(client: httpx.Client) -> list[str]:
    """Do all that has to do with sessions, well and badly; return what must show nowhere."""
    login = {"login": "sunita", "password": PASSWORD}
    path = "/session/second-factor"
    signed_in = client.post("/session", json=login)
    # Over plain http the client would not send it back.
    cookie = signed_in.headers["set-cookie"].partition(";")[0]
    headers = {"cookie": cookie, "x-csrf-token": signed_in.json()["csrf_token"]}
    begun = client.post(path, json={"password": PASSWORD}, headers=headers).json()
    for given in (login | {"password": "wrong Kettle"}, login | {"code": "000000"}, {"x": 1}):
        client.post("/session", json=given, params=LOGIN)
        client.post("/session", content=str(given))
    client.get("/session", params=LOGIN, headers=headers)
    client.post("/users", json=login | {"kind": "api", "role": "sender"}, headers=headers)
    change = {"password": PASSWORD, "new_password": "a Kettle anew"}
    changed = client.post("/session/password", json=change, headers=headers)
    assert changed.status_code == 200
    renewed = changed.headers["set-cookie"].partition(";")[0]
    return [
        begun["secret"],
        *headers.values(),
        cookie.partition("=")[2],
        renewed.partition("=")[2],
    ]


@pytest.mark.parametrize("command", COMMANDS)
async def test_the_process_writes_the_password_nowhere(
    users: Api, tmp_path: Path, command: str
) -> None:
    log = tmp_path / "api.log"
    await users.user("acme", "sunita", PASSWORD, "owner", UserKind.CONSOLE)

    with api_process(command, users.database_url, log) as client:
        for path in PATHS:
            assert client.get(path, params=SEND | LOGIN).is_success
            client.get(path, params=SEND | LOGIN | {"userId": "nobody"})
            client.post(path, data=SEND | LOGIN)
            client.request("DELETE", path, params=LOGIN)
        client.get("/nowhere", params=LOGIN)
        secrets = sign_in_and_out(client)
        await users.database.execute("ALTER TABLE account_user RENAME TO account_user_away")
        assert client.get("/send", params=SEND | LOGIN).status_code == 500

    text = log.read_text()
    assert "sqlstate=42P01" in text, "the fault was not logged, so this test sees nothing"
    assert not [spelling for spelling in [*spellings(), *secrets] if spelling in text]
    assert "asha" not in text
    assert "sunita" not in text
