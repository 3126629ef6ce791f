"""Orders to a campaign: what they do, where they are refused, and whose they are."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.api import Api
from tests.support.orders import ask, give, jobs_due, kept_counts, let_come_closer, refused
from tests.support.reports import DELIVERED, Campaign, a_campaign, get, settle
from tests.support.sends import Headers

LATER = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)  # noqa: TID251
LATER_STILL = LATER + timedelta(days=1)
UNKNOWN = Campaign("0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de", 0)
ORDERS = ["pause", "resume", "cancel", "reschedule", "duplicate"]
TAKE_JOBS = "DELETE FROM pgqueuer"


def local(moment: datetime) -> str:
    """Return a moment as an account in India has it."""
    return (moment + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M:%S+05:30")


async def scheduled(api: Api, headers: Headers) -> Campaign:
    return await a_campaign(api, headers, scheduleTime=LATER.isoformat())


async def state(api: Api, headers: Headers, campaign: Campaign) -> str:
    return str((await get(api, headers, f"/campaigns/{campaign.uuid}"))["state"])


async def test_paused_campaign_goes_on_where_it_was(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    await api.database.execute(TAKE_JOBS)

    paused = await give(api, acme, campaign, "pause")
    assert (paused["state"], paused["statuses"]["queued"]) == ("paused", 3)
    assert await jobs_due(api) == 0
    resumed = await give(api, acme, campaign, "resume")

    assert (resumed["state"], resumed["recipients"]) == ("queued", 3)
    assert await jobs_due(api) == 1


async def test_only_slices_with_something_left_are_queued_again(api: Api, acme: Headers) -> None:
    numbers = ",".join(str(919876000000 + number) for number in range(1_200))
    campaign = await a_campaign(api, acme, mobile=numbers)
    await api.database.execute(TAKE_JOBS)
    await api.database.execute(
        "UPDATE message SET status = 2 WHERE position BETWEEN 500 AND 999 OR position = 3"
    )
    await api.database.execute(
        "UPDATE campaign_delivery SET queued = 699, submitted = 501 WHERE true"
    )

    await give(api, acme, campaign, "pause")
    await give(api, acme, campaign, "resume")

    payloads = await api.database.fetch("SELECT payload FROM pgqueuer ORDER BY id")
    assert [b"[0, 500]" in payloads[0]["payload"], b"[1000, 1200]" in payloads[1]["payload"]] == [
        True,
        True,
    ]
    assert len(payloads) == 2


async def test_cancelled_messages_have_that_status_and_are_counted(
    api: Api, acme: Headers
) -> None:
    campaign = await a_campaign(api, acme)

    cancelled = await give(api, acme, campaign, "cancel")

    assert cancelled["state"] == "cancelled"
    assert cancelled["statuses"]["cancelled"] == 3
    assert await kept_counts(api, campaign) == {"cancelled": 3}
    recipients = await get(api, acme, f"/campaigns/{campaign.uuid}/recipients")
    assert {each["status"] for each in recipients["recipients"]} == {"cancelled"}
    report = await get(api, acme, f"/campaigns/{campaign.uuid}")
    assert (report["state"], report["queued"], report["failed"]) == ("cancelled", 0, 0)


async def test_cancelling_takes_all_that_waits_and_nothing_that_is_out(
    api: Api, acme: Headers
) -> None:
    campaign = await a_campaign(
        api, acme, mobile=",".join(map(str, range(919876000000, 919876000006)))
    )
    # Delivered, under way, of a dead worker, waiting for a retry, and two that wait.
    await api.database.execute(
        "UPDATE message SET status = (ARRAY[3, 1, 1, 0, 0, 0])[position + 1],"
        " attempt_count = (ARRAY[1, 1, 1, 4, 0, 0])[position + 1],"
        " claimed_until = now() + (ARRAY[-1, 1, -1, -1, 0, 0])[position + 1] * interval '1 minute'"
    )
    await api.database.execute(
        "UPDATE campaign_delivery SET queued = 3, submitting = 2, delivered = 1"
    )

    await give(api, acme, campaign, "cancel")

    assert await kept_counts(api, campaign) == {"submitting": 1, "delivered": 1, "cancelled": 4}
    rows = await api.database.fetch("SELECT status FROM message ORDER BY position")
    assert [row["status"] for row in rows] == [3, 1, 8, 8, 8, 8]
    # Somebody looks whether the one under way has been settled.
    assert await api.count("pgqueuer") == 2


async def test_order_given_twice_is_no_error(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)

    for order, reached in (
        ("resume", "queued"),
        ("pause", "paused"),
        ("pause", "paused"),
        ("resume", "queued"),
        ("resume", "queued"),
        ("cancel", "cancelled"),
        ("cancel", "cancelled"),
    ):
        assert (await give(api, acme, campaign, order))["state"] == reached
    assert await kept_counts(api, campaign) == {"cancelled": 3}


async def test_orders_of_many_at_once_end_in_one_state_with_right_counts(
    api: Api, acme: Headers
) -> None:
    campaign = await a_campaign(api, acme)

    orders = ["pause", "resume", "cancel", "pause", "resume", "cancel"]
    responses = await asyncio.gather(*(ask(api, acme, campaign, order) for order in orders))

    assert {response.status_code for response in responses} <= {200, 409}
    assert [responses[place].status_code for place in (2, 5)] == [200, 200]
    assert await state(api, acme, campaign) == "cancelled"
    assert await kept_counts(api, campaign) == {"cancelled": 3}


@pytest.mark.parametrize("order", ["pause", "resume", "cancel", "reschedule"])
async def test_campaign_that_is_done_takes_no_orders(api: Api, acme: Headers, order: str) -> None:
    campaign = await a_campaign(api, acme)
    await settle(api, campaign, DELIVERED, DELIVERED, DELIVERED)
    parameters = {"scheduleTime": LATER.isoformat()} if order == "reschedule" else {}

    assert await state(api, acme, campaign) == "done"
    assert await refused(api, acme, campaign, order, **parameters) == (409, "campaign_done")


@pytest.mark.parametrize("order", ["pause", "resume", "reschedule"])
async def test_cancelled_campaign_cannot_be_brought_back(
    api: Api, acme: Headers, order: str
) -> None:
    campaign = await a_campaign(api, acme)
    await give(api, acme, campaign, "cancel")
    parameters = {"scheduleTime": LATER.isoformat()} if order == "reschedule" else {}

    assert await refused(api, acme, campaign, order, **parameters) == (409, "campaign_cancelled")


async def test_scheduled_campaign_can_be_given_another_time(api: Api, acme: Headers) -> None:
    campaign = await scheduled(api, acme)

    standing = await give(api, acme, campaign, "reschedule", scheduleTime=LATER_STILL.isoformat())

    assert (standing["state"], standing["scheduled_at"]) == ("scheduled", local(LATER_STILL))
    assert await jobs_due(api) == 0


async def test_campaign_that_has_begun_cannot(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)

    assert await refused(api, acme, campaign, "reschedule", scheduleTime=LATER.isoformat()) == (
        409,
        "campaign_queued",
    )


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        pytest.param({}, "missing_field", id="missing"),
        pytest.param({"scheduleTime": "soon"}, "invalid_value", id="no time"),
        pytest.param({"scheduleTime": "2020-01-01 10:00"}, "invalid_value", id="past"),
        pytest.param({"scheduleTme": "2030-01-01 10:00"}, "unknown_parameter", id="misspelt"),
    ],
)
async def test_wrong_time_leaves_the_old_one(
    api: Api, acme: Headers, parameters: dict[str, str], code: str
) -> None:
    campaign = await scheduled(api, acme)

    assert await refused(api, acme, campaign, "reschedule", **parameters) == (400, code)
    report = await get(api, acme, f"/campaigns/{campaign.uuid}")
    assert report["scheduled_at"] == local(LATER)


async def test_scheduled_campaign_that_is_paused_waits_on_when_it_is_resumed(
    api: Api, acme: Headers
) -> None:
    campaign = await scheduled(api, acme)

    assert (await give(api, acme, campaign, "pause"))["state"] == "paused"
    at = LATER_STILL.isoformat()
    moved = await give(api, acme, campaign, "reschedule", scheduleTime=at)
    assert (moved["state"], moved["scheduled_at"]) == ("paused", local(LATER_STILL))
    assert (await give(api, acme, campaign, "resume"))["state"] == "scheduled"
    assert await jobs_due(api) == 0


async def test_campaign_paused_over_its_time_goes_out_once_it_is_resumed(
    api: Api, acme: Headers
) -> None:
    campaign = await scheduled(api, acme)
    await give(api, acme, campaign, "pause")
    await let_come_closer(api, campaign, timedelta(days=31))

    assert (await give(api, acme, campaign, "resume"))["state"] == "queued"
    assert await jobs_due(api) == 1


async def test_cancelled_schedule_never_goes_out(api: Api, acme: Headers) -> None:
    campaign = await scheduled(api, acme)

    assert (await give(api, acme, campaign, "cancel"))["state"] == "cancelled"

    assert await kept_counts(api, campaign) == {"cancelled": 3}
    assert await jobs_due(api) == 0


@pytest.mark.parametrize("order", ORDERS)
async def test_anothers_campaign_is_not_told_from_none(
    api: Api, acme: Headers, order: str
) -> None:
    campaign = await a_campaign(api, acme)
    stranger = await api.account("stranger", "OTHERS")
    parameters = {"scheduleTime": LATER.isoformat()} if order == "reschedule" else {}

    response = await ask(api, stranger, campaign, order, **parameters)
    unknown = await ask(api, stranger, UNKNOWN, order, **parameters)

    assert response.status_code == unknown.status_code == 404
    assert response.json() == unknown.json()
    assert await state(api, acme, campaign) == "queued"
    assert await kept_counts(api, campaign) == {"queued": 3}
    assert await api.count("campaign") == 1


@pytest.mark.parametrize("order", ORDERS)
async def test_order_wants_a_key_with_the_scope(api: Api, acme: Headers, order: str) -> None:
    campaign = await a_campaign(api, acme)

    without = await ask(api, {}, campaign, order)
    await api.database.execute("UPDATE api_key SET scopes = '{report}'")
    lacking = await ask(api, acme, campaign, order)

    assert (without.status_code, lacking.status_code) == (401, 403)
    assert await kept_counts(api, campaign) == {"queued": 3}


async def test_order_to_what_is_no_uuid_says_so(api: Api, acme: Headers) -> None:
    response = await api.client.post("/campaigns/latest/pause", headers=acme)

    assert (response.status_code, response.json()["field"]) == (400, "campaign_uuid")
