"""Postgres reads the rows that we encode as those that its driver encodes."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.redirector.storage.hit_rows import encode_rows
from services.redirector.storage.hits import HitRow
from tests.support.database import DatabaseServer
from tests.support.rollups import A_HIT

IST = timezone(timedelta(hours=5, minutes=30))
TABLES = """
CREATE TABLE ours (LIKE hit);
CREATE TABLE drivers (LIKE hit);
"""


@dataclass(frozen=True, slots=True)
class Tables:
    """Two tables like that of hits, and a loop to ask about them in."""

    runner: asyncio.Runner
    connection: asyncpg.Connection

    def stored_by_both(self, rows: Sequence[HitRow]) -> list[list[tuple[object, ...]]]:
        """Store rows as we do and as the driver does; return what came of both."""
        return self.runner.run(self._store(rows))

    async def _store(self, rows: Sequence[HitRow]) -> list[list[tuple[object, ...]]]:
        async def octets() -> AsyncIterator[bytes]:
            yield encode_rows(rows)

        names = HitRow._fields
        await self.connection.execute("TRUNCATE ours, drivers")
        await self.connection.copy_to_table(
            "ours", source=octets(), columns=names, format="binary"
        )
        await self.connection.copy_records_to_table("drivers", records=rows, columns=names)
        return [
            [tuple(row) for row in await self.connection.fetch(f"SELECT * FROM {table}")]  # noqa: S608
            for table in ("ours", "drivers")
        ]


@pytest.fixture(scope="module")
def tables(postgres_server: DatabaseServer) -> Iterator[Tables]:
    with postgres_server.migrated_database() as url, asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url))
        runner.run(connection.execute(TABLES))
        yield Tables(runner, connection)
        runner.run(connection.close())


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
maybe = st.none() | texts
numbers = st.integers(0, 2**63 - 1)
rows = st.builds(
    HitRow,
    campaign_id=numbers,
    position=st.integers(0, 2**31 - 1),
    occurred_at=st.timedeltas(timedelta(days=-20_000), timedelta(days=60_000)).map(
        lambda since: A_HIT.occurred_at + since
    ),
    journal_id=numbers,
    journal_offset=numbers,
    click_class=texts,
    reasons=st.lists(texts, max_size=4).map(tuple),
    score=st.integers(-(2**15), 2**15 - 1),
    address=st.none() | st.ip_addresses(),
    country=maybe,
    region=maybe,
    city=maybe,
    asn=st.none() | st.integers(0, 2**32 - 1),
    as_organisation=maybe,
    browser=maybe,
    browser_version=maybe,
    os=maybe,
    os_version=maybe,
    device_type=texts,
    device=maybe,
    user_agent=maybe,
    referrer=maybe,
    request_head=texts,
)


@given(st.lists(rows, max_size=5))
def test_any_rows_are_stored_as_the_driver_stores_them(tables: Tables, hits: list[HitRow]) -> None:
    ours, drivers = tables.stored_by_both(hits)

    assert ours == drivers
    assert len(ours) == len(hits)


@pytest.mark.parametrize(
    "row",
    [
        A_HIT,
        A_HIT._replace(address=ip_address("81.2.69.142"), asn=2**32 - 1),
        A_HIT._replace(address=ip_address("2001:db8::1")),
        A_HIT._replace(occurred_at=datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        A_HIT._replace(occurred_at=A_HIT.occurred_at.replace(tzinfo=IST)),
        A_HIT._replace(reasons=("agent:empty", "network:hosting"), city="Zürich", region="कर्नाटक"),
    ],
    ids=["bare", "IPv4", "IPv6", "before 2000", "another zone", "reasons and letters"],
)
def test_row_is_stored_as_the_driver_stores_it(tables: Tables, row: HitRow) -> None:
    [ours], [drivers] = tables.stored_by_both([row])

    assert ours == drivers
    assert ours[:3] == row[:3]
