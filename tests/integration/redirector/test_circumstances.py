"""What the recorder makes of a hit by what came before and beside it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from services.redirector.recorder.recording import Recorder
from services.redirector.storage.histories import LIST_HISTORIES
from tests.support.deliveries import deliver
from tests.support.journals import CRAWLER, PHONE, Journal, counts, record_all
from tests.support.links import seed_campaign

LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/124.0.0.0 Safari/537.36"


async def judged(connection: asyncpg.Connection) -> list[tuple[str, list[str], int]]:
    rows = await connection.fetch(
        "SELECT click_class, reasons, score FROM hit ORDER BY occurred_at, journal_offset"
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("ago", "status", "reasons"),
    [
        (timedelta(seconds=-5), 3, ["time:delivery"]),
        (timedelta(seconds=0), 3, ["time:delivery"]),
        (timedelta(seconds=5), 3, []),
        (timedelta(seconds=0), 4, []),
        (timedelta(seconds=0), 2, []),
    ],
    ids=["before it", "at once", "seconds later", "undelivered", "only submitted"],
)
async def test_a_hit_by_two_seconds_after_delivery_says_so_and_is_still_a_persons(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
    ago: timedelta,
    status: int,
    reasons: list[str],
) -> None:
    campaign = await seed_campaign(database_url)
    await deliver(connection, campaign, 1, ago=ago, status=status)
    journal = Journal(tmp_path)
    journal.add(campaign, 1)

    await record_all(a_recorder())
    journal.close()

    assert await judged(connection) == [("person", reasons, 25 * len(reasons))]


async def test_an_address_that_follows_a_campaigns_links_without_headers_is_a_scanner(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=120)
    journal = Journal(tmp_path)
    for position in range(120):
        journal.add(campaign, position, headers="")

    await record_all(a_recorder(batch_hits=200))
    journal.close()

    assert set(map(repr, await judged(connection))) == {
        repr(("scanner", ["sender:flood", "headers:missing"], 80))
    }
    assert await counts(connection) == (120, 120, 120, 0, 120, 0, 0)


async def test_addresses_of_one_ipv6_subscriber_are_one_sender(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=120)
    journal = Journal(tmp_path)
    for position in range(120):
        journal.add(campaign, position, address=f"2a00:1450:4001:81b::{position:x}", headers="")

    await record_all(a_recorder(batch_hits=200))
    journal.close()

    assert {verdict[0] for verdict in await judged(connection)} == {"scanner"}


async def test_persons_behind_one_address_stay_persons_in_batches_of_any_size(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=120)
    journal = Journal(tmp_path)
    for position in range(120):
        journal.add(campaign, position)

    await record_all(a_recorder(batch_hits=10))
    journal.close()

    verdicts = await judged(connection)
    assert {verdict[0] for verdict in verdicts} == {"person"}
    assert verdicts[0][1] == []
    assert verdicts[-1][1] == ["sender:flood"]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "fd00::1"])
async def test_an_address_that_is_not_public_tells_nothing_of_its_sender(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
    address: str,
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=120)
    journal = Journal(tmp_path)
    for position in range(120):
        journal.add(campaign, position, address=address)

    await record_all(a_recorder(batch_hits=200))
    journal.close()

    assert {tuple(reasons) for _, reasons, _ in await judged(connection)} == {()}


@pytest.mark.parametrize("batch_hits", [1, 100], ids=["in later batches", "in one batch"])
async def test_a_link_that_is_opened_on_another_device_was_likely_forwarded(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
    batch_hits: int,
) -> None:
    campaign = await seed_campaign(database_url)
    journal = Journal(tmp_path)
    for user_agent in (CRAWLER, PHONE, PHONE, LAPTOP, CRAWLER, LAPTOP):
        journal.add(campaign, 0, user_agent=user_agent)
    journal.add(campaign, 1, user_agent=LAPTOP)

    await record_all(a_recorder(batch_hits=batch_hits))
    journal.close()

    assert [(kind, "forwarded:device" in why) for kind, why, _ in await judged(connection)] == [
        ("preview", False),
        ("person", False),
        ("person", False),
        ("person", True),
        ("preview", False),
        ("person", True),
        ("person", False),
    ]
    assert await counts(connection) == (7, 7, 7, 5, 7, 5, 2)


@pytest.mark.parametrize("batch_hits", [1, 100], ids=["in later batches", "in one batch"])
async def test_hits_of_one_instant_are_each_what_they_are(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
    batch_hits: int,
) -> None:
    campaign = await seed_campaign(database_url)
    at = datetime.now(UTC)  # noqa: TID251 - within the months that there are
    journal = Journal(tmp_path)
    for user_agent in (PHONE, CRAWLER, LAPTOP, PHONE):
        journal.add(campaign, 0, user_agent=user_agent, at=at)

    await record_all(a_recorder(batch_hits=batch_hits))
    journal.close()

    kinds = [kind for kind, _, _ in await judged(connection)]
    assert kinds == ["person", "preview", "person", "person"]


async def test_histories_are_found_by_their_keys(
    database_url: str, connection: asyncpg.Connection
) -> None:
    await seed_campaign(database_url)
    await connection.execute("SET enable_seqscan = off")

    plan = await connection.fetch(f"EXPLAIN {LIST_HISTORIES}", [1], [1], [True], 3)

    text = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in text
    assert "occurred_at = " in text
