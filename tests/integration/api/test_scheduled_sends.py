"""A send with a time is stored at once, queues nothing, and says when it goes out."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.api import Api
from tests.support.orders import jobs_due
from tests.support.reports import a_campaign, get
from tests.support.sends import STORED, TRACKED, Headers, links_taken, send, stored

LATER = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)  # noqa: TID251
# India's clocks are never changed.
IN_KOLKATA = LATER + timedelta(hours=5, minutes=30)
LOCAL = f"{IN_KOLKATA:%Y-%m-%d %H:%M:%S}"
UNDERSTOOD = f"{IN_KOLKATA:%Y-%m-%dT%H:%M:%S}+05:30"
PARTED = ("/SMSApi/send", "/SMSApi/rest/send")


async def test_scheduled_send_is_stored_whole_and_not_queued(api: Api, acme: Headers) -> None:
    answer = await send(api, acme, **TRACKED, scheduleTime=LOCAL)

    assert answer["scheduledAt"] == UNDERSTOOD
    assert await stored(api) == dict.fromkeys(STORED, 1) | {"message": 2, "pgqueuer": 0}
    assert await links_taken(api) == 2
    (report,) = (await get(api, acme, "/campaigns"))["campaigns"]
    assert (report["state"], report["scheduled_at"]) == ("scheduled", UNDERSTOOD)
    assert report["queued"] == 2


async def test_send_without_a_time_is_queued_at_once(api: Api, acme: Headers) -> None:
    answer = await send(api, acme, **TRACKED)

    assert answer["scheduledAt"] is None
    assert await jobs_due(api) == 1
    (report,) = (await get(api, acme, "/campaigns"))["campaigns"]
    assert (report["state"], report["scheduled_at"]) == ("queued", None)


async def test_time_that_has_just_come_sends_at_once(api: Api, acme: Headers) -> None:
    now = datetime.now(UTC).isoformat()  # noqa: TID251

    answer = await send(api, acme, **TRACKED, scheduleTime=now)

    assert answer["scheduledAt"] is not None
    assert await jobs_due(api) == 1


@pytest.mark.parametrize("path", ["/send", *PARTED])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_every_path_schedules(api: Api, acme: Headers, path: str, method: str) -> None:
    given = TRACKED | {"SCHEDULETIME": LOCAL, "output": "json", "format": "json"}

    if method == "GET":
        response = await api.client.get(path, params=given, headers=acme)
    else:
        response = await api.client.post(path, data=given, headers=acme)

    assert response.json()["status"] == "success"
    (row,) = await api.database.fetch("SELECT control, scheduled_at FROM campaign")
    assert tuple(row) == ("scheduled", LATER)
    assert await jobs_due(api) == 0


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"mobile": "919876543210", "msg": "Hi"}, id="one text"),
        pytest.param({"sms": [{"mobile": "919876543210", "msg": "Hi"}]}, id="rows"),
    ],
)
async def test_json_schedules_whatever_it_sends(
    api: Api, acme: Headers, body: dict[str, object]
) -> None:
    response = await api.client.post(
        "/send", json=body | {"scheduleTime": LATER.isoformat()}, headers=acme
    )

    assert response.json()["scheduledAt"] == UNDERSTOOD
    assert await api.database.fetchval("SELECT control FROM campaign") == "scheduled"
    assert await jobs_due(api) == 0


async def test_file_is_sent_at_its_time(api: Api, acme: Headers) -> None:
    response = await api.client.post(
        "/send",
        data={"msg": "Hi {name}", "scheduleTime": LOCAL},
        files={"file": ("list.csv", b"Phone,Name\n919876543210,Asha\n")},
        headers=acme,
    )

    assert response.json()["scheduledAt"] == UNDERSTOOD
    assert await api.database.fetchval("SELECT control FROM campaign") == "scheduled"
    assert await jobs_due(api) == 0


async def test_dry_run_tells_the_time_as_it_is_understood(api: Api, acme: Headers) -> None:
    await api.database.execute("UPDATE account SET time_zone = 'Europe/Berlin'")
    day = next_change_to_summer_time()

    answer = await send(api, acme, **TRACKED, test="true", scheduleTime=f"{day} 02:30")

    assert answer["scheduledAt"] == f"{day}T03:30:00+02:00"
    codes = [warning["code"] for warning in answer["preflight"]["warnings"]]
    assert "schedule_time_doubtful" in codes
    assert await api.count("campaign") == 0


def next_change_to_summer_time() -> date:
    """Return the next last Sunday of March, when Europe's clocks skip an hour."""
    today = datetime.now(UTC).date()  # noqa: TID251
    ends = [date(today.year + ahead, 3, 31) for ahead in (0, 1)]
    sundays = [end - timedelta(days=(end.weekday() + 1) % 7) for end in ends]
    return next(sunday for sunday in sundays if sunday > today)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("soon", "must be YYYY-MM-DD HH:MM[:SS]", id="no time"),
        pytest.param("2020-01-01 10:00", "is past: 2020-01-01 10:00:00", id="past"),
        pytest.param("2199-01-01 10:00", "is too far ahead", id="too far ahead"),
    ],
)
async def test_wrong_time_is_refused_by_name_and_nothing_is_stored(
    api: Api, acme: Headers, text: str, said: str
) -> None:
    given = TRACKED | {"scheduleTime": text}

    response = await api.client.get("/send", params=given, headers=acme)
    old = await api.client.get("/SMSApi/send", params=given | {"output": "json"}, headers=acme)

    error = response.json()
    assert (response.status_code, error["code"]) == (400, "invalid_value")
    assert error["field"] == "scheduleTime"
    assert said in error["reason"]
    assert old.status_code == 200
    assert old.json() == {"status": "error", "statusCode": "400", "reason": error["reason"]}
    assert await stored(api) == dict.fromkeys(STORED, 0)


async def test_repeat_of_a_scheduled_send_is_answered_even_once_its_time_is_past(
    api: Api, acme: Headers
) -> None:
    given = TRACKED | {"scheduleTime": LOCAL, "idempotencyKey": "k1"}
    first = await send(api, acme, **given)
    await api.database.execute("UPDATE campaign SET scheduled_at = now() - interval '1 hour'")

    again = await send(api, acme, **given)
    other = await api.client.get(
        "/send", params=given | {"scheduleTime": UNDERSTOOD}, headers=acme
    )

    assert again == first | {"replayed": True}
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


async def test_blank_time_is_none(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme, scheduleTime=" ")

    assert await jobs_due(api) == 1
    assert (await get(api, acme, f"/campaigns/{campaign.uuid}"))["state"] == "queued"
