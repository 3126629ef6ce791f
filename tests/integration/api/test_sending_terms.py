"""How an account sends: what it has set, and what a request asks for instead."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.errors import InvalidValueError
from services.api.domain.link_shape import LinkShape
from services.api.operations.change_sending import (
    SenderIdChanges,
    SendingChanges,
    change_sender_id,
    change_sending,
)
from shared.storage.engine import create_engine
from tests.support.api import Api

Headers = dict[str, str]
Json = dict[str, Any]
TRACKED = {"mobile": "919876543210", "msg": "Sale: https://a.example.com/x now", "trackLink": "1"}


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application="test")
    yield engine
    await engine.dispose()


async def send(api: Api, headers: Headers, **parameters: str) -> Json:
    response = await api.client.get("/send", params=parameters, headers=headers)
    answer: Json = response.json()
    return answer


def codes(answer: Json) -> set[str]:
    return {warning["code"] for warning in answer["preflight"]["warnings"]}


@pytest.mark.parametrize(
    ("asked", "of_sender_id", "of_account", "prefix"),
    [
        pytest.param({}, None, None, "https://tx1.in/", id="token by default"),
        pytest.param({}, None, "header", "https://tx1.in/ACMEIN/", id="the account's"),
        pytest.param({}, "token", "header", "https://tx1.in/", id="the sender ID's before it"),
        pytest.param(
            {"linkShape": "Header"}, "token", None, "https://tx1.in/ACMEIN/", id="asked for"
        ),
        pytest.param(
            {"linkShape": "header", "appendHttp": "false"},
            None,
            None,
            "tx1.in/ACMEIN/",
            id="without https",
        ),
    ],
)
async def test_shape_of_links_is_as_asked_or_as_set(
    api: Api,
    acme: Headers,
    engine: AsyncEngine,
    *,
    asked: dict[str, str],
    of_sender_id: str | None,
    of_account: str | None,
    prefix: str,
) -> None:
    if of_account:
        await change_sending(engine, "acme", SendingChanges(link_shape=LinkShape(of_account)))
    if of_sender_id:
        changes = SenderIdChanges(link_shape=LinkShape(of_sender_id))
        await change_sender_id(engine, "acme", "acmein", changes)

    answer = await send(api, acme, **TRACKED, **asked)

    assert answer["link"]["sample"].startswith(prefix)
    assert len(answer["link"]["sample"]) == len(prefix) + 6
    assert await api.database.fetchval("SELECT link_prefix FROM campaign") == prefix
    assert await api.database.fetchval("SELECT count(*) FROM sender_id") == 2


async def test_header_shape_without_a_sender_id_is_refused(api: Api) -> None:
    nobody = await api.account("nobody")

    answer = await send(api, nobody, **TRACKED, linkShape="header")

    assert (answer["code"], answer["field"]) == ("header_shape_needs_sender_id", "linkShape")


@pytest.mark.parametrize(
    ("is_set", "asked", "text"),
    [
        pytest.param(False, {}, "“Sale” – now", id="off by default"),
        pytest.param(True, {}, '"Sale" - now', id="set"),
        pytest.param(True, {"smartEncoding": "false"}, "“Sale” – now", id="set, not asked for"),
        pytest.param(False, {"smartEncoding": "true"}, '"Sale" - now', id="asked for"),
    ],
)
async def test_smart_encoding_is_as_asked_or_as_set(
    api: Api, acme: Headers, engine: AsyncEngine, *, is_set: bool, asked: Headers, text: str
) -> None:
    await change_sending(engine, "acme", SendingChanges(smart_encoding=is_set))

    answer = await send(api, acme, mobile="919876543210", msg="“Sale” – now", **asked)

    assert answer["text"] == text
    assert await api.database.fetchval("SELECT body_before FROM campaign") == text


async def test_cost_is_the_price_of_all_segments(
    api: Api, acme: Headers, engine: AsyncEngine
) -> None:
    assert (await send(api, acme, **TRACKED))["cost"] is None
    await change_sending(engine, "acme", SendingChanges(segment_price="0.25", currency="usd"))

    answer = await send(api, acme, mobile="919876543210,919876543211", msg="x" * 161, test="true")

    assert (answer["totalSegments"], answer["currency"]) == (4, "USD")
    assert (answer["cost"], answer["preflight"]["cost"]) == ("1.00", "1.00")


@pytest.mark.parametrize(
    ("mobile", "reason", "changes"),
    [
        pytest.param(
            "01123456789", "landline", SendingChanges(accepts_landlines=True), id="landline"
        ),
        pytest.param(
            "1909", "short_code", SendingChanges(accepts_short_codes=True), id="short code"
        ),
    ],
)
async def test_kinds_of_number_are_taken_where_the_account_says_so(
    api: Api,
    acme: Headers,
    engine: AsyncEngine,
    *,
    mobile: str,
    reason: str,
    changes: SendingChanges,
) -> None:
    numbers = {"mobile": f"919876543210,{mobile}", "msg": "Hi"}

    before = await send(api, acme, **numbers)
    await change_sending(engine, "acme", changes)
    after = await send(api, acme, **numbers)

    assert [rejected["reason"] for rejected in before["rejected"]] == [reason]
    assert (after["recipients"], after["rejected"]) == (2, [])


async def test_dry_run_shows_the_first_ten_and_what_operators_would_scrub(
    api: Api, acme: Headers, engine: AsyncEngine
) -> None:
    numbers = ",".join(str(919876543210 + place) for place in range(12))
    dlt = TRACKED | {"mobile": numbers, "test": "true", "dltTemplateId": "1107161234567890123"}

    as_it_is = await send(api, acme, **dlt, appendHttp="false")
    changes = SenderIdChanges(link_shape=LinkShape.HEADER, link_domains=["TX1.in"])
    await change_sender_id(engine, "acme", "ACMEIN", changes)
    mended = await send(api, acme, **dlt)

    links = [message["text"].split()[1] for message in as_it_is["preflight"]["messages"]]
    assert len(links) == len(set(links)) == 10
    assert as_it_is["preflight"]["linkLength"] == 13
    assert {"dlt_no_scheme", "dlt_no_header", "dlt_unregistered_domain"} <= codes(as_it_is)
    assert codes(mended) == set()
    assert await api.count("campaign") == 0


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        pytest.param(SendingChanges(), "settings to change are missing", id="nothing"),
        pytest.param(SendingChanges(segment_price="-1"), "segment price must", id="price"),
        pytest.param(SendingChanges(currency="rupee"), "currency must", id="currency"),
        pytest.param(
            SendingChanges(currency="", link_shape=LinkShape.TOKEN),
            "currency must",
            id="blank currency beside another setting",
        ),
        pytest.param(
            SendingChanges(clicks_kept_months="0"),
            "clicks kept months must be a whole number from 1 to 1200, or none",
            id="no month",
        ),
        pytest.param(
            SendingChanges(clicks_kept_months="1201"), "clicks kept months must", id="far month"
        ),
        pytest.param(
            SendingChanges(addresses_kept_days="-1"),
            "addresses kept days must be a whole number from 0 to 36500, or none",
            id="negative days",
        ),
        pytest.param(
            SendingChanges(addresses_kept_days="1.5"), "addresses kept days must", id="half days"
        ),
        pytest.param(
            SendingChanges(addresses_kept_days="٣"), "addresses kept days must", id="other digits"
        ),
    ],
)
async def test_setting_that_makes_no_sense_is_refused(
    api: Api, acme: Headers, engine: AsyncEngine, changes: SendingChanges, complaint: str
) -> None:
    del api, acme
    with pytest.raises(InvalidValueError, match=complaint):
        await change_sending(engine, "acme", changes)


@pytest.mark.parametrize(
    ("header", "changes", "complaint"),
    [
        pytest.param("A/B", SenderIdChanges(), "senderId 'A/B' must", id="sender ID"),
        pytest.param(
            "ACME", SenderIdChanges(link_domains=["https://a.in"]), "must be a domain", id="domain"
        ),
        pytest.param("ACME", SenderIdChanges(dlt_entity_id="x"), "1 to 30 digits", id="entity"),
    ],
)
async def test_sender_id_that_makes_no_sense_is_refused(
    api: Api,
    acme: Headers,
    engine: AsyncEngine,
    *,
    header: str,
    changes: SenderIdChanges,
    complaint: str,
) -> None:
    del api, acme
    with pytest.raises(InvalidValueError, match=complaint):
        await change_sender_id(engine, "acme", header, changes)


async def test_limits_are_set_and_taken_back(api: Api, acme: Headers, engine: AsyncEngine) -> None:
    del acme
    limits = "SELECT clicks_kept_months, addresses_kept_days FROM account WHERE name = 'acme'"
    found = [await api.database.fetchrow(limits)]
    for months, days in (("13", "0"), (None, "30"), ("none", None), (None, "None")):
        changes = SendingChanges(clicks_kept_months=months, addresses_kept_days=days)
        await change_sending(engine, "acme", changes)
        found.append(await api.database.fetchrow(limits))

    assert [tuple(row or ()) for row in found] == [
        (None, None),
        (13, 0),
        (13, 30),
        (None, 30),
        (None, None),
    ]


async def test_account_that_is_none_cannot_be_changed(api: Api, engine: AsyncEngine) -> None:
    del api
    with pytest.raises(InvalidValueError, match="'ghost' is not an account's name"):
        await change_sending(engine, "ghost", SendingChanges(smart_encoding=True))
    with pytest.raises(InvalidValueError, match="'ghost' is not an account's name"):
        await change_sender_id(engine, "ghost", "ACME", SenderIdChanges())
