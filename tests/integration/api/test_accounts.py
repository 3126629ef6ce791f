"""An account that exists can be sent for: what could not be is refused when it is made."""

import re
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.errors import InvalidValueError
from services.api.operations.authenticate import authenticate_key
from services.api.operations.create_account import create_account
from services.api.storage.accounts import SenderId
from shared.storage.engine import create_engine
from tests.support.api import Api


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application="test")
    yield engine
    await engine.dispose()


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        pytest.param({"name": " "}, "name must have", id="blank name"),
        pytest.param({"region": "ZZ"}, "region must be", id="no region"),
        pytest.param({"region": "India"}, "region must be", id="a country's name"),
        pytest.param({"time_zone": "Asia/Kolkatta"}, "time zone must be", id="no zone"),
        pytest.param({"sender_ids": ["AC ME/"]}, "senderId 'AC ME/' must", id="no sender ID"),
        pytest.param({"sender_ids": ["A", "a"]}, "the same sender ID twice", id="twice"),
    ],
)
async def test_an_account_that_could_not_send_is_refused_and_not_made(
    api: Api, engine: AsyncEngine, wrong: dict[str, str], complaint: str
) -> None:
    right = {"name": "acme", "sender_ids": ["ACME"], "region": "IN", "time_zone": "Asia/Kolkata"}

    with pytest.raises(InvalidValueError, match=complaint):
        await create_account(engine, **right | wrong)  # type: ignore[arg-type]

    assert await api.count("account") == 0


async def test_a_region_in_small_letters_is_taken(api: Api, engine: AsyncEngine) -> None:
    made = await create_account(
        engine, "acme", sender_ids=[], region="in", time_zone="Asia/Kolkata"
    )

    answer = await api.client.get(
        "/send", params={"mobile": "9876543210", "msg": "Hi"}, headers={"apikey": made.key.text}
    )

    assert answer.json()["mobile"] == "919876543210"


async def test_a_caller_is_known_with_all_that_the_account_sends_by(
    api: Api, engine: AsyncEngine
) -> None:
    headers = await api.account("acme", "ACMEIN", "ACMEUS")
    await api.database.execute(
        "UPDATE account SET link_shape = 'header', smart_encoding = true, "
        "accepts_landlines = true, segment_price = 0.25, currency = 'EUR'"
    )
    await api.database.execute(
        "UPDATE sender_id SET link_shape = 'token', link_domains = '{tx1.in,go.in}', "
        "dlt_entity_id = '1101' WHERE header = 'ACMEUS'"
    )

    account = (await authenticate_key(engine, headers["apikey"])).account

    assert account.sender_ids == (
        SenderId("ACMEIN", None, frozenset(), None),
        SenderId("ACMEUS", "token", frozenset({"tx1.in", "go.in"}), "1101"),
    )
    assert (account.link_shape, account.smart_encoding) == ("header", True)
    assert (account.accepts_landlines, account.accepts_short_codes) == (True, False)
    assert (account.segment_price, account.currency) == (Decimal("0.25"), "EUR")


async def test_a_caller_is_known_after_one_query(api: Api, engine: AsyncEngine) -> None:
    headers = await api.account("acme", "ACMEIN")
    statements: list[str] = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    await authenticate_key(engine, headers["apikey"])

    assert len([s for s in statements if re.search("FROM (account|api_key|sender_id)", s)]) == 1
