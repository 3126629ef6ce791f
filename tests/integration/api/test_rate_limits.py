"""Calls beyond a limit are refused, all say how limits stand, and processes count together."""

import asyncio
import json
import time
from collections import Counter

import asyncpg
import httpx
import pytest

from services.api.domain.errors import InvalidValueError
from services.api.domain.rate_limits import CallKind, RateLimit
from services.api.operations import limit_rates
from services.api.operations.change_sending import SendingChanges, change_sending
from services.api.operations.limit_rates import RateLimiter
from services.api.storage.rate_levels import purge, tell
from shared.storage.engine import create_engine
from tests.support.api import Api, running_api

SEND = {"mobile": "919876543210", "msg": "Hello", "test": "true"}
# Few enough for the connections of one process.
AT_ONCE = 8
PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody


def client_from(api: Api, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(api.app, client=(address, 40_000), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://api.test")


async def burst(apis: list[Api], count: int, headers: dict[str, str]) -> Counter[int]:
    """Call each in its turn, some at a time, and count the statuses."""
    numbers = iter(range(count))
    statuses: Counter[int] = Counter()

    async def call_on() -> None:
        for number in numbers:
            client = apis[number % len(apis)].client
            statuses[(await client.get("/campaigns", headers=headers)).status_code] += 1

    await asyncio.gather(*(call_on() for _ in range(AT_ONCE)))
    return statuses


async def test_an_answer_tells_how_the_limits_of_the_call_stand(
    api: Api, acme: dict[str, str]
) -> None:
    read = await api.client.get("/campaigns", headers=acme)
    sent = await api.client.get("/send", params=SEND, headers=acme)

    assert read.headers["ratelimit-policy"] == (
        '"address-calls";q=6000;w=60, "account-calls";q=6000;w=60'
    )
    assert read.headers["ratelimit"] == '"address-calls";r=5999;t=1, "account-calls";r=5999;t=1'
    # Calls that send are counted apart.
    assert sent.headers["ratelimit"] == '"address-sends";r=5999;t=1, "account-sends";r=5999;t=1'
    assert "retry-after" not in sent.headers


async def test_a_call_beyond_a_limit_is_told_which_and_when_to_come_again(
    database_url: str,
) -> None:
    async with running_api(database_url, calls_per_minute_per_account=2) as api:
        acme, other = await api.account("acme", "ACMEIN"), await api.account("other")
        assert await burst([api], 2, acme) == {200: 2}

        refused = await api.client.get("/campaigns", headers=acme)
        sent = await api.client.get("/send", params=SEND, headers=acme)
        of_other = await api.client.get("/campaigns", headers=other)

    answer = refused.json()
    assert refused.status_code == 429
    assert (answer["code"], answer["limit"]) == ("rate_limited", "account-calls")
    assert answer["reason"].startswith("More than 2 calls a minute of this account: try again in ")
    assert 0 < answer["retryAfter"] <= 30
    assert refused.headers["retry-after"] == str(answer["retryAfter"])
    assert f'"account-calls";r=0;t={answer["retryAfter"]}' in refused.headers["ratelimit"]
    assert (sent.status_code, of_other.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("path", "output"),
    [("/SMSApi/send", "xml"), ("/SMSApi/rest/send", "plain"), ("/SMSApi/schedule/read", "json")],
)
async def test_an_old_client_is_refused_in_its_envelope(
    database_url: str, path: str, output: str
) -> None:
    limits = {"sends_per_minute_per_address": 1, "calls_per_minute_per_address": 1}
    async with running_api(database_url, **limits) as api:
        asked = {"output": output, "format": output}
        await api.client.get(path, params=asked)

        refused = await api.client.get(path, params=asked)

    assert refused.status_code == 200
    assert "429" in refused.text
    assert "a minute from your address: try again in" in refused.text
    assert output in refused.headers["content-type"]
    assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_strangers_are_refused_by_address_before_their_credentials_are_looked_at(
    database_url: str,
) -> None:
    async with running_api(database_url, sends_per_minute_per_address=3) as api:
        await api.account("acme")
        await api.user("acme", "asha", PASSWORD)
        wrong = {"userId": "asha", "password": "wrong"}
        async with client_from(api, "2001:db8:0:7::1") as near:
            told = [(await near.get("/send", params=wrong)).status_code for _ in range(3)]
        async with (
            client_from(api, "2001:db8:0:7:ffff::2") as same,
            client_from(api, "2001:db8:0:8::1") as beside,
        ):
            right = wrong | SEND | {"password": PASSWORD}
            of_same = await same.get("/send", params=right)
            of_beside = await beside.get("/send", params=right)

    assert told == [401, 401, 401]
    assert (of_same.status_code, of_same.json()["limit"]) == (429, "address-sends")
    assert of_beside.status_code != 429


async def test_health_documentation_and_whoami_are_not_limited(database_url: str) -> None:
    async with running_api(database_url, calls_per_minute_per_address=1) as api:
        for path in ("/healthz", "/whoami", "/openapi.json", "/healthz", "/whoami"):
            answer = await api.client.get(path)
            assert answer.status_code == 200
            assert "ratelimit" not in answer.headers


async def test_a_key_has_its_own_limit_besides_the_accounts(
    api: Api, acme: dict[str, str]
) -> None:
    made = await api.client.post(
        "/keys",
        headers=acme,
        json={"name": "slow", "scopes": ["report"], "calls_per_minute": 1},
    )
    slow = {"apikey": made.json()["key"]}
    prefix = made.json()["prefix"]
    assert made.json()["calls_per_minute"] == 1
    assert await burst([api], 1, slow) == {200: 1}

    refused = await api.client.get("/campaigns", headers=slow)
    await api.client.put(f"/keys/{prefix}/rate-limits", headers=acme, json={"calls_per_minute": 0})
    let_in = await api.client.get("/campaigns", headers=slow)

    assert (refused.status_code, refused.json()["limit"]) == (429, "key-calls")
    assert let_in.status_code == 200
    assert "key-calls" not in let_in.headers["ratelimit"]


async def test_a_keys_limit_is_for_its_account_to_set_and_in_the_trail(
    api: Api, acme: dict[str, str]
) -> None:
    other = await api.account("other")
    path = f"/keys/{acme['apikey'].split('_')[1]}/rate-limits"

    by_other = await api.client.put(path, headers=other, json={"sends_per_minute": 0})
    wrong = await api.client.put(path, headers=acme, json={"sends_per_minute": -1})
    by_acme = await api.client.put(path, headers=acme, json={"sends_per_minute": 9})

    assert (by_other.status_code, by_other.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["field"]) == (400, "sends_per_minute")
    assert (by_acme.status_code, by_acme.json()["sends_per_minute"]) == (200, 9)
    entries = await api.database.fetch(
        "SELECT before, after FROM audit_entry WHERE action = 'key.limit'"
    )
    assert [tuple(map(json.loads, entry)) for entry in entries] == [
        ({"sends_per_minute": None}, {"sends_per_minute": 9})
    ]


async def test_the_command_line_sets_an_accounts_limits_and_leaves_a_trace(
    api: Api, acme: dict[str, str]
) -> None:
    engine = create_engine(api.database_url, application="test")
    changes = SendingChanges(calls_per_minute="0", sends_per_minute="120")
    await change_sending(engine, "acme", changes)
    await change_sending(engine, "acme", SendingChanges(calls_per_minute="default"))
    with pytest.raises(InvalidValueError, match="calls per minute must be a whole number"):
        await change_sending(engine, "acme", SendingChanges(calls_per_minute="many"))
    await engine.dispose()

    sent = await api.client.get("/send", params=SEND, headers=acme)
    assert '"account-sends";q=120;w=60' in sent.headers["ratelimit-policy"]
    entries = await api.database.fetch(
        "SELECT after FROM audit_entry WHERE action = 'account.limit' ORDER BY id"
    )
    assert [json.loads(entry["after"]) for entry in entries] == [
        {"calls_per_minute": 0, "sends_per_minute": 120},
        {"calls_per_minute": None, "sends_per_minute": 120},
    ]


async def test_an_account_may_have_a_limit_of_its_own_or_none(database_url: str) -> None:
    async with running_api(database_url, calls_per_minute_per_account=1) as api:
        small, none = await api.account("small"), await api.account("none")
        await api.database.execute("UPDATE account SET calls_per_minute = 3 WHERE name = 'small'")
        await api.database.execute("UPDATE account SET calls_per_minute = 0 WHERE name = 'none'")

        assert await burst([api], 6, small) == {200: 3, 429: 3}
        assert await burst([api], 6, none) == {200: 6}


@pytest.mark.parametrize("limit", [7, 60])
async def test_two_processes_let_pass_a_limit_together(database_url: str, limit: int) -> None:
    settings = {"calls_per_minute_per_account": limit}
    async with (
        running_api(database_url, **settings) as one,
        running_api(database_url, **settings) as two,
    ):
        acme = await one.account("acme")
        began_at = time.monotonic()

        told = await burst([one, two], 3 * limit, acme)

        took_s = time.monotonic() - began_at
    refilled = int(limit * took_s / 60) + 1
    ahead = max(1, limit // 20)
    assert set(told) == {200, 429}
    assert limit <= told[200] <= limit + ahead + refilled


async def test_another_process_knows_what_one_let_pass(database_url: str) -> None:
    settings = {"calls_per_minute_per_account": 100}
    async with running_api(database_url, **settings) as one:
        acme = await one.account("acme")
        assert (await burst([one], 150, acme))[200] >= 100
    async with running_api(database_url, **settings) as two:
        assert (await burst([two], 50, acme))[200] <= 5 + 5


async def test_limits_hold_in_each_process_while_the_counts_cannot_be_shared(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"calls_per_minute_per_account": 10}
    async with running_api(database_url, **settings) as api:
        acme = await api.account("acme")
        await api.database.execute("ALTER TABLE rate_level RENAME TO gone")

        told = await burst([api], 30, acme)

        await api.database.execute("ALTER TABLE gone RENAME TO rate_level")
    assert told[200] in {10, 11}
    assert told[429] == 30 - told[200]
    assert "rate limits hold for each process by itself" in caplog.text


async def test_counts_that_are_slow_to_share_hold_up_no_call_for_long(
    database_url: str,
) -> None:
    settings = {"calls_per_minute_per_account": 10}
    async with running_api(database_url, **settings) as api:
        acme = await api.account("acme")
        async with api.database.transaction():
            await api.database.execute("LOCK TABLE rate_level")
            began_at = time.monotonic()

            told = await burst([api], 30, acme)

            took_s = time.monotonic() - began_at
    assert told[200] in {10, 11}
    assert took_s < 5


async def test_a_caller_whose_calls_are_few_costs_no_row(api: Api, acme: dict[str, str]) -> None:
    assert await burst([api], 50, acme) == {200: 50}

    assert await api.count("rate_level") == 0


async def test_counts_are_deleted_once_they_are_over_and_never_more_than_many(
    database_url: str,
) -> None:
    engine = create_engine(database_url, application="test")
    async with engine.begin() as connection:
        buckets = [f"address/2001:db8:0:{number:x}::/64/calls" for number in range(500)]
        known = await tell(connection, buckets, [10.0 + number for number in range(500)])
        await tell(connection, ["over"], [0.0])
        assert known[buckets[7]] == pytest.approx(17.0)
        assert (await tell(connection, buckets[7:8], [5.0]))[buckets[7]] == pytest.approx(
            22, abs=1
        )
    async with engine.begin() as connection:
        await purge(connection, row_limit=100)
    await engine.dispose()

    database = await asyncpg.connect(database_url)
    left = await database.fetch("SELECT bucket FROM rate_level")
    await database.close()
    assert {row["bucket"] for row in left} == set(buckets[-100:])


async def test_a_process_remembers_only_so_many(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.operations.limit_rates.MAX_LEVELS", 10)
    async with running_api(database_url) as api:
        for number in range(30):
            async with client_from(api, f"192.0.2.{number}") as client:
                assert (await client.get("/campaigns")).status_code == 401
        assert api.app.state.context.rates.remembered_count == 10


async def test_whoever_waits_for_counts_that_are_over_waits_no_longer(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(database_url, application="test")
    limiter = RateLimiter(engine)
    # Of so few, one is a twentieth, and is over in a second and a half.
    limits = [RateLimit("address", CallKind.CALLS, "198.51.100.9", 39)]
    await limiter.take(limits)
    await asyncio.sleep(60 / 39)
    waiting = asyncio.create_task(limiter.take(limits))
    await asyncio.sleep(0)
    assert not waiting.done()

    # As after an outage: what is over is forgotten before it could be told.
    monkeypatch.setattr(limit_rates, "PURGED_EVERY_S", 0.0)
    limiter.start()
    async with asyncio.timeout(5):
        await waiting

    await limiter.aclose()
    await engine.dispose()
