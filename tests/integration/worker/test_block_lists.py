"""The platform's block-list is read from files and servers, and kept whatever goes wrong."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.storage.roles import apply_roles
from services.worker.block_lists import BlockLists
from services.worker.calling import Caller
from shared.domain.outbound import Reach, parse_reach
from shared.schema.grants import Service
from shared.storage.engine import create_engine
from tests.support.roles import engine_as, roles_of, url_as
from tests.support.webhook_receiver import receiver

HERE = parse_reach("127.0.0.1")
NOW = timedelta(0)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@asynccontextmanager
async def reading(
    engine: AsyncEngine, *sources: str, interval: timedelta = NOW, reach: Reach = HERE
) -> AsyncIterator[BlockLists]:
    caller = Caller(reach, concurrency=1, timeout_s=5)
    try:
        yield BlockLists(
            engine_as(Service.WORKER, engine), caller, sources, interval, octet_limit=500
        )
    finally:
        await caller.aclose()


async def keys(database: asyncpg.Connection) -> list[str]:
    rows = await database.fetch("SELECT key FROM destination_rule ORDER BY key")
    return [row["key"] for row in rows]


async def failure(database: asyncpg.Connection) -> tuple[str | None, int]:
    row = await database.fetchrow("SELECT failure, failure_count FROM destination_list")
    assert row is not None
    return row["failure"], row["failure_count"]


async def test_a_worker_reads_a_list_with_the_rights_of_its_own_role(
    database_url: str, database: asyncpg.Connection, tmp_path: Path
) -> None:
    # What belongs to the database itself is not copied from the template.
    await apply_roles(database_url, roles_of(database_url))
    engine = create_engine(url_as(Service.WORKER, database_url), application="test")
    path = tmp_path / "hosts"
    path.write_text("a.example\n")
    try:
        async with reading(engine, str(path)) as lists:
            await lists.refresh()
            path.write_text("b.example\n")
            await lists.refresh()
    finally:
        await engine.dispose()

    assert await keys(database) == ["b.example"]


async def test_a_file_is_read_again_when_it_has_changed(
    engine: AsyncEngine, database: asyncpg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "hosts"
    path.write_text("# bad hosts\n0.0.0.0 a.example\nb.example\nb.example\n||c.example^\n")
    async with reading(engine, str(path)) as lists:
        await lists.refresh()
        first = await keys(database)
        replaced = await database.fetchval("SELECT replaced_at FROM destination_list")
        await lists.refresh()
        unchanged = await database.fetchval("SELECT replaced_at FROM destination_list")
        path.write_text("b.example\nlater.example\n")
        await lists.refresh()

    assert first == ["a.example", "b.example", "c.example"]
    assert replaced == unchanged
    assert await keys(database) == ["b.example", "later.example"]
    assert await database.fetchval("SELECT rule_count FROM destination_list") == 2


async def test_a_server_is_asked_only_for_what_is_new(
    engine: AsyncEngine, database: asyncpg.Connection
) -> None:
    with receiver() as server:
        server.body, server.headers = b"a.example\n", {"etag": '"1"', "last-modified": "Monday"}
        async with reading(engine, server.url) as lists:
            await lists.refresh()
            server.statuses = [500]
            await lists.refresh()
            failed = await failure(database)
            await lists.refresh()

    asked = [headers.get("if-none-match") for headers, _ in server.requests]
    assert asked == [None, '"1"', '"1"']
    assert server.requests[1][0]["if-modified-since"] == "Monday"
    assert failed == ("answered 500", 1)
    assert await failure(database) == (None, 0)
    assert await keys(database) == ["a.example"]


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        pytest.param(404, b"", "answered 404", id="not there"),
        pytest.param(302, b"", "answered 302", id="elsewhere"),
        pytest.param(200, b"", "it names no host", id="empty"),
        pytest.param(
            200,
            b"<html>\n<title>Please log in\n<p>to go on\nexample.com\n",
            "3 of its lines are no hosts: that is no list of them",
            id="a page",
        ),
        pytest.param(200, b"a.example\n" * 100, "it has more than 500 octets", id="too long"),
    ],
)
async def test_what_is_no_list_leaves_the_old_one_and_is_counted(
    engine: AsyncEngine,
    database: asyncpg.Connection,
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: bytes,
    cause: str,
) -> None:
    with receiver() as server:
        server.body = b"old.example\n"
        async with reading(engine, server.url) as lists:
            await lists.refresh()
            server.statuses, server.body = [status], body
            with caplog.at_level(logging.ERROR):
                await lists.refresh()

    assert await keys(database) == ["old.example"]
    assert await failure(database) == (cause, 1)
    assert cause in caplog.text


async def test_nothing_private_is_asked_unless_it_is_named(
    engine: AsyncEngine, database: asyncpg.Connection
) -> None:
    with receiver() as server:
        async with reading(engine, server.url, reach=Reach()) as lists:
            await lists.refresh()

    assert server.requests == []
    assert await keys(database) == []
    assert await failure(database) == ("the URL must begin with https://", 1)


async def test_a_list_that_is_not_due_is_left_alone(
    engine: AsyncEngine, database: asyncpg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "hosts"
    path.write_text("a.example\n")
    async with reading(engine, str(path), interval=timedelta(hours=1)) as lists:
        await lists.refresh()
        path.write_text("b.example\nc.example\n")
        await lists.refresh()

    assert await keys(database) == ["a.example"]


async def test_a_source_that_is_no_longer_named_is_dropped_and_rules_set_by_hand_are_not(
    engine: AsyncEngine, database: asyncpg.Connection, tmp_path: Path
) -> None:
    path, gone = tmp_path / "hosts", tmp_path / "missing"
    path.write_text("a.example\n")
    await database.execute("INSERT INTO destination_list (kind) VALUES ('block')")
    await database.execute(
        "INSERT INTO destination_rule (key, list_id) SELECT 'hand.example', id"
        " FROM destination_list"
    )
    async with reading(engine, str(path), str(gone)) as lists:
        await lists.refresh()
    both = await keys(database)
    async with reading(engine) as lists:
        await lists.refresh()

    assert both == ["a.example", "hand.example"]
    assert await keys(database) == ["hand.example"]
