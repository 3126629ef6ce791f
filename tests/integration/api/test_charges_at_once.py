"""However many sends come at once, to two real API processes: no credit is spent twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.api import Api, running_api
from tests.support.api_process import api_process
from tests.support.credit import give, ledger
from tests.support.database import DatabaseServer
from tests.support.sends import Headers

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("charges-at-once")]

SENDS = 50
OF_ACCOUNT = """
    SELECT count(*) FROM {table} JOIN campaign ON campaign.id = campaign_id
    JOIN account ON account.id = campaign.account_id AND account.name = $1
"""
CAMPAIGNS = "SELECT count(*) FROM campaign JOIN account a ON a.id = account_id AND a.name = $1"
USED = "SELECT segment_count FROM daily_use JOIN account a ON a.id = account_id AND a.name = $1"


@dataclass(frozen=True, slots=True)
class Processes:
    """Two API processes on one database, and one in this process to set things up with."""

    api: Api
    urls: Sequence[str]

    async def at_once(self, headers: Headers, **asked: object) -> Counter[tuple[int, str | None]]:
        """Send the same so many times at once; return how often what was answered."""
        limits = httpx.Limits(max_connections=SENDS)
        async with httpx.AsyncClient(headers=headers, timeout=60, limits=limits) as client:

            async def send(number: int) -> tuple[int, str | None]:
                url = self.urls[number % len(self.urls)]
                response = await client.post(f"{url}/send", json=asked)
                return response.status_code, response.json().get("code")

            return Counter(await asyncio.gather(*map(send, range(SENDS))))

    async def one(self, statement: str, account: str) -> int:
        found: int = await self.api.database.fetchval(statement, account)
        return found


@pytest.fixture(scope="module")
def database(postgres_server: DatabaseServer) -> Iterator[str]:
    with postgres_server.migrated_database() as url:
        yield url


@pytest.fixture(scope="module")
def urls(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    folder = tmp_path_factory.mktemp("logs")
    with (
        api_process("python", database, folder / "first.log") as first,
        api_process("python", database, folder / "second.log") as second,
    ):
        yield [str(each.base_url).rstrip("/") for each in (first, second)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def processes(database: str, urls: list[str]) -> AsyncIterator[Processes]:
    async with running_api(database) as api:
        yield Processes(api, urls)


async def test_fifty_sends_against_twenty_credits_leave_twenty_and_none(
    processes: Processes,
) -> None:
    headers = await processes.api.account("twenty", "ACMEIN")
    await give(processes.api, "twenty", credits_=20)

    answers = await processes.at_once(headers, mobile="919876543210", msg="short")

    assert answers == {(200, None): 20, (402, "insufficient_credit"): 30}
    assert await processes.one(CAMPAIGNS, "twenty") == 20
    for table in ("message", "campaign_delivery", "campaign_credit"):
        assert await processes.one(OF_ACCOUNT.format(table=table), "twenty") == 20
    book = await ledger(processes.api.database, "twenty")
    assert book.total == 0
    assert Counter(row["kind"] for row in book.rows) == {"top-up": 1, "charge": 20}


@pytest.mark.parametrize(
    ("account", "asked", "segments"),
    [
        ("threes", {"mobile": "919876543210,919876543211,919876543212", "msg": "short"}, 3),
        (
            "eights",
            {
                "sms": [{"mobile": "919876543210", "msg": "x" * 160 * count} for count in (1, 2)]
                * 2
            },
            8,
        ),
    ],
)
async def test_sends_that_do_not_divide_evenly_leave_what_is_too_little(
    processes: Processes, account: str, asked: dict[str, Any], segments: int
) -> None:
    headers = await processes.api.account(account, "ACMEIN")
    balance = 13 * segments + segments - 1
    await give(processes.api, account, credits_=balance)

    answers = await processes.at_once(headers, **asked)

    assert answers == {(200, None): 13, (402, "insufficient_credit"): 37}
    assert await processes.one(CAMPAIGNS, account) == 13
    assert (await ledger(processes.api.database, account)).total == segments - 1


async def test_caps_are_never_exceeded(processes: Processes) -> None:
    headers = await processes.api.account("capped", "ACMEIN")
    await give(processes.api, "capped", daily_cap="41")

    answers = await processes.at_once(headers, mobile="919876543210,919876543211", msg="short")

    assert answers == {(200, None): 20, (429, "daily_cap_reached"): 30}
    assert await processes.one(CAMPAIGNS, "capped") == 20
    assert await processes.one(USED, "capped") == 40


async def test_balance_and_cap_hold_together(processes: Processes) -> None:
    headers = await processes.api.account("both", "ACMEIN")
    await give(processes.api, "both", credits_=12, daily_cap="30")

    answers = await processes.at_once(headers, mobile="919876543210", msg="short")

    assert answers == {(200, None): 12, (402, "insufficient_credit"): 38}
    assert await processes.one(USED, "both") == 12
    assert (await ledger(processes.api.database, "both")).total == 0
