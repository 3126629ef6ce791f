"""A request repeated with its idempotency key is sent once."""

import asyncio

from tests.support.api import Api
from tests.support.sends import NUMBERS, STORED, TRACKED, Headers, send, stored


async def test_the_same_idempotency_key_sends_once_and_answers_the_same(
    api: Api, acme: Headers
) -> None:
    first = await send(api, acme, **TRACKED, idempotencyKey="k1")
    second = await send(api, acme, **TRACKED, idempotencyKey="k1")

    assert second == first | {"replayed": True}
    assert await api.count("campaign") == 1


async def test_the_idempotency_key_may_be_a_header(api: Api, acme: Headers) -> None:
    headers = acme | {"Idempotency-Key": "k1"}

    await send(api, headers, **TRACKED)
    again = await send(api, acme, **TRACKED, idempotencyKey="k1")

    assert again["replayed"] is True


async def test_a_repeat_may_write_its_numbers_as_a_list(api: Api, acme: Headers) -> None:
    await send(api, acme, **TRACKED, idempotencyKey="k1")

    again = await api.client.post(
        "/send",
        json=TRACKED | {"mobile": NUMBERS.split(","), "idempotencyKey": "k1"},
        headers=acme,
    )

    assert again.json()["replayed"] is True


async def test_two_idempotency_keys_that_differ_are_refused(api: Api, acme: Headers) -> None:
    response = await api.client.get(
        "/send",
        params=TRACKED | {"idempotencyKey": "k1"},
        headers=acme | {"Idempotency-Key": "k2"},
    )

    assert (response.status_code, response.json()["field"]) == (400, "idempotencyKey")
    assert await stored(api) == dict.fromkeys(STORED, 0)


async def test_an_idempotency_key_with_another_request_is_a_conflict(
    api: Api, acme: Headers
) -> None:
    await send(api, acme, **TRACKED, idempotencyKey="k1")

    response = await api.client.get(
        "/send",
        params=TRACKED | {"msg": "Other", "trackLink": "false", "idempotencyKey": "k1"},
        headers=acme,
    )

    assert response.status_code == 409
    assert await api.count("campaign") == 1


async def test_two_accounts_may_use_the_same_idempotency_key(api: Api, acme: Headers) -> None:
    other = await api.account("other")

    first = await send(api, acme, **TRACKED, idempotencyKey="k1")
    second = await send(api, other, **TRACKED, idempotencyKey="k1")

    assert first["uuid"] != second["uuid"]
    assert second["replayed"] is False


async def test_an_idempotency_key_is_free_again_after_a_day(api: Api, acme: Headers) -> None:
    first = await send(api, acme, **TRACKED, idempotencyKey="k1")
    await api.database.execute(
        "UPDATE idempotency_key SET created_at = created_at - interval '24 hours 1 second'"
    )

    second = await send(api, acme, **TRACKED, idempotencyKey="k1")

    assert second["uuid"] != first["uuid"]
    assert second["replayed"] is False


async def test_of_repeats_at_once_only_one_is_sent(api: Api, acme: Headers) -> None:
    answers = await asyncio.gather(
        *(send(api, acme, **TRACKED, idempotencyKey="k1") for _ in range(8))
    )

    assert len({answer["uuid"] for answer in answers}) == 1
    assert sum(not answer["replayed"] for answer in answers) == 1
    assert await api.count("campaign") == 1
