"""Old clients read, change and delete what they have scheduled, in their own envelope."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.orders import give, kept_counts
from tests.support.reports import Campaign, a_campaign
from tests.support.sends import Headers

LATER = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)  # noqa: TID251
IN_KOLKATA = timedelta(hours=5, minutes=30)
UNKNOWN = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"


def local(moment: datetime) -> str:
    return f"{moment + IN_KOLKATA:%Y-%m-%d %H:%M:%S}"


async def scheduled(
    api: Api, headers: Headers, at: datetime = LATER, **parameters: str
) -> Campaign:
    return await a_campaign(api, headers, scheduleTime=at.isoformat(), **parameters)


async def call(
    api: Api, headers: Headers, action: str, method: str = "GET", **parameters: str
) -> dict[str, Any]:
    """Call as an old client does, and return what is in the envelope."""
    path = f"/SMSApi/schedule/{action}"
    if method == "GET":
        response = await api.client.get(path, params=parameters, headers=headers)
    else:
        response = await api.client.post(path, data=parameters, headers=headers)
    assert response.status_code == 200
    (envelope,) = response.json().values()
    answer: dict[str, Any] = envelope
    assert (answer["api"], answer["action"]) == ("schedule", action)
    assert answer["count"] == len(answer[f"schedule_{action}List"])
    return answer


async def transaction_id(api: Api, campaign: Campaign) -> str:
    found = await api.database.fetchval(
        "SELECT transaction_id FROM campaign WHERE id = $1", campaign.id
    )
    return str(found)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_is_scheduled_is_read_soonest_first(
    api: Api, acme: Headers, method: str
) -> None:
    later = await scheduled(api, acme, LATER + timedelta(days=1), smartLinkTitle="Second")
    sooner = await scheduled(api, acme, smartLinkTitle="First")
    await a_campaign(api, acme)
    cancelled = await scheduled(api, acme)
    await give(api, acme, cancelled, "cancel")

    answer = await call(api, acme, "read", method)

    assert (answer["status"], answer["msg"], answer["code"]) == ("success", "success", "200")
    rows = answer["schedule_readList"]
    assert [row["uuId"] for row in rows] == [sooner.uuid, later.uuid]
    made = rows[0].pop("createTime")
    assert abs(datetime.fromisoformat(made) - datetime.fromisoformat(local(LATER))) > timedelta(29)
    assert rows[0] == {
        "uuId": sooner.uuid,
        "transactionId": await transaction_id(api, sooner),
        "senderName": "ACMEIN",
        "title": "First",
        "text": "Sale: {link}. Reply STOP",
        "mobileCount": "3",
        "scheduleTime": local(LATER),
        "Status": "SCHEDULED",
    }


@pytest.mark.parametrize("is_named_by_transaction", [False, True], ids=["uuid", "transaction"])
async def test_one_of_several_is_read_by_its_id(
    api: Api, acme: Headers, *, is_named_by_transaction: bool
) -> None:
    await scheduled(api, acme)
    wanted = await scheduled(api, acme)
    named = await transaction_id(api, wanted) if is_named_by_transaction else wanted.uuid

    answer = await call(api, acme, "read", UUID=named)

    assert [row["uuId"] for row in answer["schedule_readList"]] == [wanted.uuid]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_time_is_changed(api: Api, acme: Headers, method: str) -> None:
    campaign = await scheduled(api, acme)
    at = LATER + timedelta(days=2)

    answer = await call(api, acme, "update", method, uuid=campaign.uuid, scheduletime=local(at))

    assert answer["status"] == "success"
    assert answer["schedule_updateList"][0]["scheduleTime"] == local(at)
    assert await api.database.fetchval("SELECT scheduled_at FROM campaign") == at


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_deleted_schedule_is_cancelled_and_may_be_deleted_again(
    api: Api, acme: Headers, method: str
) -> None:
    campaign = await scheduled(api, acme)
    named = await transaction_id(api, campaign)

    answers = [await call(api, acme, "delete", method, uuid=named) for _ in range(2)]

    assert [answer["status"] for answer in answers] == ["success", "success"]
    assert answers[0]["schedule_deleteList"][0]["Status"] == "CANCELLED"
    assert await kept_counts(api, campaign) == {"cancelled": 3}
    assert (await call(api, acme, "read"))["count"] == 0


async def test_login_and_password_do_for_a_key(api: Api, acme: Headers) -> None:
    campaign = await scheduled(api, acme)
    await api.user("acme", "Priya", "open sesame, please")
    login = {"USERID": "Priya", "Password": "open sesame, please"}

    answers = [
        await call(api, {}, "read", **login),
        await call(
            api, {}, "update", "POST", uuid=campaign.uuid, SCHEDULETIME=local(LATER), **login
        ),
        await call(api, {}, "delete", "POST", uuid=campaign.uuid, **login),
        await call(api, {}, "read", **login | {"Password": "wrong"}),
        await call(api, {}, "read"),
    ]

    assert [answer["code"] for answer in answers] == ["200", "200", "200", "216", "216"]


@pytest.mark.parametrize("action", ["update", "delete"])
async def test_campaign_that_has_begun_is_left_alone(api: Api, acme: Headers, action: str) -> None:
    campaign = await a_campaign(api, acme)

    answer = await call(api, acme, action, uuid=campaign.uuid, scheduleTime=local(LATER))

    assert (answer["status"], answer["code"], answer["count"]) == ("error", "409", 0)
    assert "which is queued" in answer["msg"]
    assert await kept_counts(api, campaign) == {"queued": 3}


@pytest.mark.parametrize(
    ("action", "parameters", "code", "said"),
    [
        pytest.param("update", {}, "400", "uuid is missing", id="no id"),
        pytest.param("delete", {"uuid": "x"}, "400", "uuid must be", id="no id at all"),
        pytest.param("delete", {"uuid": UNKNOWN}, "404", "No campaign", id="unknown"),
        pytest.param("delete", {"uuid": "9" * 19}, "404", "No campaign", id="highest number"),
        pytest.param("delete", {"uuid": "9" * 40}, "400", "uuid must be", id="long number"),
        pytest.param("read", {"uuid": UNKNOWN}, "404", "No scheduled campaign", id="read unknown"),
        pytest.param("update", {"uuid": "own"}, "400", "scheduleTime is missing", id="no time"),
        pytest.param(
            "update",
            {"uuid": "own", "scheduleTime": "soon"},
            "400",
            "scheduleTime must be YYYY-MM-DD HH:MM[:SS]",
            id="wrong time",
        ),
        pytest.param("read", {"output": "yaml"}, "400", "output must be one of", id="output"),
    ],
)
async def test_error_comes_in_the_envelope_and_says_what_would_be_right(
    api: Api, acme: Headers, action: str, parameters: dict[str, str], code: str, said: str
) -> None:
    campaign = await scheduled(api, acme)
    given = {
        name: campaign.uuid if value == "own" else value for name, value in parameters.items()
    }

    answer = await call(api, acme, action, **given)

    assert (answer["status"], answer["code"], answer["count"]) == ("error", code, 0)
    assert said in answer["msg"]
    assert await kept_counts(api, campaign) == {"queued": 3}


@pytest.mark.parametrize("action", ["read", "update", "delete"])
async def test_anothers_schedule_is_not_there(api: Api, acme: Headers, action: str) -> None:
    campaign = await scheduled(api, acme)
    stranger = await api.account("stranger")

    by_uuid = await call(api, stranger, action, uuid=campaign.uuid, scheduleTime=local(LATER))
    by_number = await call(
        api,
        stranger,
        action,
        uuid=await transaction_id(api, campaign),
        scheduleTime=local(LATER),
    )

    assert [by_uuid["code"], by_number["code"]] == ["404", "404"]
    assert (await call(api, stranger, "read"))["count"] == 0
    assert await kept_counts(api, campaign) == {"queued": 3}


@pytest.mark.parametrize("action", ["read", "update", "delete"])
async def test_key_that_may_not_send_may_not_schedule(
    api: Api, acme: Headers, action: str
) -> None:
    campaign = await scheduled(api, acme)
    await api.database.execute("UPDATE api_key SET scopes = '{report}'")

    answer = await call(api, acme, action, uuid=campaign.uuid, scheduleTime=local(LATER))

    assert (answer["status"], answer["code"]) == ("error", "403")


@pytest.mark.parametrize(
    ("output", "kind", "begins"),
    [
        ("xml", "application/xml", "<?xml version='1.0' encoding='utf-8'?>\n<response><api>"),
        ("plain", "text/plain; charset=utf-8", "schedule | read | success | success | 200 | 1 |"),
    ],
)
async def test_answer_comes_in_the_form_asked_for(
    api: Api, acme: Headers, output: str, kind: str, begins: str
) -> None:
    await scheduled(api, acme)

    response = await api.client.get(
        "/SMSApi/schedule/read", params={"output": output}, headers=acme
    )

    assert response.headers["content-type"] == kind
    assert response.text.startswith(begins)
