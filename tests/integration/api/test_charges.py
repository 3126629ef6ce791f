"""Sends are charged by the segment in their own transaction, whichever way they come."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from services.api.operations.row_sources import BATCH_ROW_COUNT
from tests.support.api import Api
from tests.support.credit import give, ledger
from tests.support.personal_sends import accepted, post, post_file, ready_upload
from tests.support.sends import TRACKED, TRADE_KEYS, Headers, links_taken, send, stored

LONG = "x" * 161
ROWS = [
    {"mobile": "919876543210", "msg": "short"},
    {"mobile": "919876543211", "msg": LONG},
]
SHEET = f"Phone,Message\n919876543210,short\n919876543211,{LONG}\n"
USES = "SELECT segment_count FROM daily_use"


async def spent(api: Api, account: str = "acme") -> list[int]:
    """Return what each campaign was charged."""
    rows = (await ledger(api.database, account)).rows
    return [-row["amount"] for row in rows if row["kind"] == "charge"]


@pytest.fixture
async def prepaid(api: Api, acme: Headers) -> AsyncIterator[Headers]:
    """Yield the headers of an account with 100 credits."""
    await give(api, credits_=100)
    yield acme
    # Whatever a test did, the books are right.
    await ledger(api.database)


async def test_one_text_costs_its_segments_a_recipient(api: Api, prepaid: Headers) -> None:
    await send(api, prepaid, mobile="919876543210,919876543211", msg=LONG)

    entries = (await ledger(api.database)).rows
    campaign_id = await api.database.fetchval("SELECT id FROM campaign")
    assert [(row["kind"], row["amount"], row["balance"]) for row in entries] == [
        ("top-up", 100, 100),
        ("charge", -4, 96),
    ]
    assert entries[1]["campaign_id"] == campaign_id


async def test_personal_texts_cost_their_own_segments(api: Api, prepaid: Headers) -> None:
    await accepted(api, prepaid, sms=ROWS)
    await post_file(api, prepaid, SHEET.encode(), sendMethod="bulkupload")
    upload = await ready_upload(api, prepaid, SHEET)
    await accepted(api, prepaid, upload=upload)

    assert await spent(api) == [3, 3, 3]


async def test_old_clients_are_charged_alike(api: Api, prepaid: Headers) -> None:
    for path in ("/SMSApi/send", "/SMSApi/rest/send"):
        params = {"mobile": "919876543210", "msg": LONG}
        await api.client.get(path, params=params, headers=prepaid)

    assert await spent(api) == [2, 2]


async def test_links_alone_cost_nothing(api: Api, prepaid: Headers) -> None:
    await give(api, daily_cap="0")

    body = {"mobile": "919876543210", "msg": TRACKED["msg"]}
    uniform = await api.client.post("/links", json=body, headers=prepaid)
    rows = {"sms": [{"mobile": "919876543210", "msg": TRACKED["msg"]}]}
    personal = await api.client.post("/links", json=rows, headers=prepaid)

    assert (uniform.status_code, personal.status_code) == (200, 200)
    assert await spent(api) == []
    assert await api.count("campaign_credit") == await api.count("daily_use") == 0


async def test_copy_is_charged_anew(api: Api, prepaid: Headers) -> None:
    first = await send(api, prepaid, **TRACKED)
    personal = await accepted(api, prepaid, sms=ROWS)

    for answer in (first, personal):
        path = f"/campaigns/{answer['uuid']}/duplicate"
        copied = await api.client.post(path, headers=prepaid)
        assert copied.status_code == 200, copied.text

    assert await spent(api) == [2, 3, 2, 3]


async def test_repeat_is_charged_once(api: Api, prepaid: Headers) -> None:
    asked = {**TRACKED, "idempotencyKey": "a"}
    answers = await asyncio.gather(*(send(api, prepaid, **asked) for _ in range(6)))
    rows = {"sms": ROWS, "idempotencyKey": "b"}
    await asyncio.gather(*(accepted(api, prepaid, **rows) for _ in range(6)))

    assert sum(answer["replayed"] for answer in answers) == 5
    assert sorted(await spent(api)) == [2, 3]


async def test_repeat_is_answered_though_nothing_is_left(api: Api, acme: Headers) -> None:
    await give(api, credits_=2)
    first = await send(api, acme, **TRACKED, idempotencyKey="a")

    again = await send(api, acme, **TRACKED, idempotencyKey="a")

    assert again == {**first, "replayed": True}


async def test_scheduled_send_is_charged_when_it_is_accepted(api: Api, prepaid: Headers) -> None:
    answer = await send(api, prepaid, **TRACKED, scheduleTime="2027-01-01 10:00")

    assert await spent(api) == [2]
    await api.client.post(f"/campaigns/{answer['uuid']}/cancel", headers=prepaid)
    assert (await ledger(api.database)).told[-1] == ("refund", 2, 100)


async def test_cancelled_texts_of_their_own_come_back_by_their_own_segments(
    api: Api, prepaid: Headers
) -> None:
    answer = await accepted(api, prepaid, sms=ROWS)

    for _ in range(2):
        await api.client.post(f"/campaigns/{answer['uuid']}/cancel", headers=prepaid)

    assert (await ledger(api.database)).told[1:] == [("charge", -3, 97), ("refund", 3, 100)]


async def test_dry_run_warns_and_costs_nothing(api: Api, acme: Headers) -> None:
    await give(api, credits_=1, daily_cap="1")

    uniform = await send(api, acme, **TRACKED, test="true")
    personal = await accepted(api, acme, sms=ROWS, test=True)

    for answer in (uniform, personal):
        codes = [each["code"] for each in answer["preflight"]["warnings"]]
        assert codes[:2] == ["daily_cap_reached", "insufficient_credit"]
    assert (
        "needs 2 credits and the account has 1" in uniform["preflight"]["warnings"][1]["message"]
    )
    assert (await ledger(api.database)).told == [("top-up", 1, 1)]
    assert await api.count("daily_use") == 0


@pytest.mark.parametrize(
    "asked",
    [
        {"mobile": "919876543210,919876543211", "msg": LONG},
        {**TRACKED, "mobile": "919876543210,919876543211,919876543212,919876543213"},
        {"sms": [*ROWS, ROWS[0]]},
        {"sms": [{"mobile": ROWS[0]["mobile"], "msg": TRACKED["msg"]}] * 4, "trackLink": True},
    ],
    ids=["uniform", "tracked", "personal", "personal and tracked"],
)
async def test_send_that_costs_more_is_refused_whole(
    api: Api, acme: Headers, asked: dict[str, Any]
) -> None:
    await give(api, credits_=3)

    status, answer = await post(api, acme, **asked)

    assert (status, answer["code"], answer["statusCode"]) == (402, "insufficient_credit", "402")
    assert answer["reason"].startswith("The send needs 4 credits and the account has 3:")
    assert set((await stored(api)).values()) == {0}
    assert await links_taken(api) == 0
    assert (await ledger(api.database)).told == [("top-up", 3, 3)]


@pytest.mark.parametrize(
    "asked",
    [TRACKED, {"sms": ROWS}],
    ids=["uniform", "personal"],
)
async def test_send_that_has_come_to_more_than_was_agreed_is_refused_whole(
    api: Api, acme: Headers, asked: dict[str, Any]
) -> None:
    looked_at = await accepted(api, acme, **asked, test=True, agreedSegments=1)
    agreed = looked_at["totalSegments"]

    status, answer = await post(api, acme, **asked, agreedSegments=agreed - 1)
    assert (status, answer["code"], answer["field"]) == (409, "more_than_agreed", "agreedSegments")
    assert set((await stored(api)).values()) == {0}

    sent = await accepted(api, acme, **asked, agreedSegments=agreed, idempotencyKey="a")
    again = await accepted(api, acme, **asked, agreedSegments=agreed - 1, idempotencyKey="a")
    assert again == {**sent, "replayed": True}
    copy = f"/campaigns/{sent['uuid']}/duplicate"
    refused = await api.client.post(copy, headers=acme, json={"agreedSegments": agreed - 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "more_than_agreed")


async def test_agreed_segments_are_a_whole_number(api: Api, acme: Headers) -> None:
    status, answer = await post(api, acme, **TRACKED, agreedSegments="two")

    assert (status, answer["field"]) == (400, "agreedSegments")


async def test_rows_that_are_not_all_read_when_it_is_refused_are_said_to_be_more(
    api: Api, acme: Headers
) -> None:
    rows = [{"mobile": f"9198765{end:05}", "msg": "x"} for end in range(BATCH_ROW_COUNT + 1)]
    await give(api, credits_=3)

    _, lacking = await post(api, acme, sms=rows)
    await give(api, daily_cap="3")
    _, capped = await post(api, acme, sms=rows)

    assert lacking["reason"].startswith("The send needs at least 2000 credits and")
    assert capped["reason"].startswith("The send has at least 2000 segment(s), and of the 3 that")
    assert set((await stored(api)).values()) == {0}


@pytest.mark.parametrize("path", ["/SMSApi/send", "/SMSApi/rest/send"])
async def test_old_clients_are_refused_in_their_envelope(
    api: Api, acme: Headers, path: str
) -> None:
    await give(api, credits_=1, daily_cap="1000")
    params = TRACKED | {"output": "json", "format": "json"}

    lacking = await api.client.get(path, params=params, headers=acme)
    await give(api, daily_cap="1")
    capped = await api.client.get(path, params=params, headers=acme)

    assert lacking.status_code == capped.status_code == 200
    assert list(lacking.json()) == [key for key in TRADE_KEYS if key in lacking.json()]
    assert lacking.json()["statusCode"] == "402"
    assert capped.json()["statusCode"] == "429"
    assert "needs 2 credits and the account has 1" in lacking.json()["reason"]


async def test_post_paid_account_is_never_charged_nor_refused(api: Api, acme: Headers) -> None:
    await send(api, acme, **TRACKED)
    # One that has a row, since it has been prepaid before.
    await give(api, credits_=1)
    await api.database.execute("UPDATE account_credit SET balance = NULL")
    await send(api, acme, **TRACKED)

    assert await api.count("credit_entry") == 1
    assert await api.count("campaign_credit") == 0


async def test_others_have_balances_of_their_own(api: Api, prepaid: Headers) -> None:
    other = await api.account("other")
    await give(api, "other", credits_=2)

    await send(api, prepaid, **TRACKED)
    await send(api, other, **TRACKED)
    status, _ = await post(api, other, **TRACKED)

    assert status == 402
    assert (await ledger(api.database, "other")).told == [("top-up", 2, 2), ("charge", -2, 0)]
    assert (await ledger(api.database)).total == 98


async def test_day_holds_no_more_than_its_cap(api: Api, acme: Headers) -> None:
    await give(api, daily_cap="5")
    await send(api, acme, **TRACKED)
    await send(api, acme, **TRACKED, scheduleTime="2027-01-01 10:00")

    response = await api.client.get("/send", params=TRACKED, headers=acme)

    answer = response.json()
    zone = ZoneInfo("Asia/Kolkata")
    now = datetime.now(zone)  # noqa: TID251 - as a client's clock
    left_s = 86_400 - (now.hour * 60 + now.minute) * 60 - now.second
    assert (response.status_code, answer["code"]) == (429, "daily_cap_reached")
    assert "of the 5 that the account may send in a day 4 are used" in answer["reason"]
    assert abs(int(response.headers["retry-after"]) - left_s) <= 30
    assert await api.database.fetchval(USES) == 4
    assert await links_taken(api) == 4
    # What was fits still.
    await send(api, acme, mobile="919876543210", msg="short")
    assert await api.database.fetchval(USES) == 5


async def test_cancelling_does_not_give_back_the_day(api: Api, acme: Headers) -> None:
    await give(api, credits_=10, daily_cap="2")
    answer = await send(api, acme, **TRACKED, scheduleTime="2027-01-01 10:00")
    await api.client.post(f"/campaigns/{answer['uuid']}/cancel", headers=acme)

    status, refusal = await post(api, acme, **TRACKED)

    assert (status, refusal["code"]) == (429, "daily_cap_reached")
    assert (await ledger(api.database)).total == 10


async def test_days_are_those_of_the_accounts_zone(api: Api, acme: Headers) -> None:
    await give(api, daily_cap="2")
    await api.database.execute("UPDATE account SET time_zone = 'Pacific/Kiritimati'")
    await send(api, acme, **TRACKED)
    # The furthest zones have never the same day.
    await api.database.execute("UPDATE account SET time_zone = 'Etc/GMT+12'")
    await send(api, acme, **TRACKED)

    days = await api.database.fetch("SELECT * FROM daily_use ORDER BY day")
    zones = ("Etc/GMT+12", "Pacific/Kiritimati")
    moment = datetime.now(UTC)  # noqa: TID251 - as the server's clock
    assert [row["day"] for row in days] == [
        moment.astimezone(ZoneInfo(zone)).date() for zone in zones
    ]
    assert [row["segment_count"] for row in days] == [2, 2]


async def test_refused_by_the_balance_leaves_the_day_as_it_was(api: Api, acme: Headers) -> None:
    await give(api, credits_=3, daily_cap="100")
    await send(api, acme, **TRACKED)

    status, _ = await post(api, acme, **TRACKED)

    assert status == 402
    assert await api.database.fetchval(USES) == 2


@pytest.mark.parametrize(
    "change", ["UPDATE credit_entry SET note = ''", "DELETE FROM credit_entry"]
)
async def test_nobody_can_change_the_ledger(api: Api, prepaid: Headers, change: str) -> None:
    assert prepaid
    for statement in (change, "TRUNCATE credit_entry"):
        with pytest.raises(asyncpg.RestrictViolationError, match="only ever added to"):
            await api.database.execute(statement)
