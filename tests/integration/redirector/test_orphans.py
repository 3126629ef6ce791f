"""Requests for links that lead nowhere are counted, for an account where one can be named."""

from pathlib import Path

import asyncpg
import pytest

from services.api.operations.change_links import LinkChanges, change_links
from services.redirector.orphans import MAX_NAMES, OrphanCounts, header_of
from services.redirector.settings import RedirectorSettings
from services.redirector.storage.connections import open_pool
from shared.storage.engine import create_engine
from tests.support.links import seed_campaign
from tests.support.redirector import journaled_hits, serving

COUNTED = "SELECT account_id, signal_count FROM signal_count ORDER BY account_id"
REGISTER = "INSERT INTO sender_id (account_id, header) VALUES ($1, $2)"
ADD_ACCOUNT = "INSERT INTO account (name) VALUES ($1) RETURNING id"


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/ACMEIN/abcdef", "ACMEIN"),
        ("/ACMEIN/abcdefgh.", "ACMEIN"),
        ("/abcdef", None),
        ("/abcdef/", None),
        ("/ACMEIN/abcdefghi", None),
    ],
)
def test_a_path_names_a_sender_id_before_a_token_alone(path: str, header: str | None) -> None:
    assert header_of(path) == header


def test_names_that_are_told_apart_are_bounded_and_none_is_lost() -> None:
    counts = OrphanCounts()

    for number in range(MAX_NAMES + 5):
        counts.note_unknown(f"/A{number}/abcdef")
        counts.note_gone(number)
    counts.note_gone(0)

    assert (len(counts.by_header), len(counts.by_campaign)) == (MAX_NAMES, MAX_NAMES)
    assert (counts.of_nobody, counts.by_campaign[0]) == (10, 2)


async def test_unknown_and_ended_links_are_counted_and_are_no_hits(
    settings: RedirectorSettings,
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
) -> None:
    campaign = await seed_campaign(database_url)
    ours = await connection.fetchval("SELECT account_id FROM campaign WHERE id = $1", campaign.id)
    first, second = [await connection.fetchval(ADD_ACCOUNT, name) for name in ("one", "two")]
    for account_id, header in ((first, "ONE"), (first, "BOTH"), (second, "BOTH")):
        await connection.execute(REGISTER, account_id, header)
    engine = create_engine(database_url, application="test")
    await change_links(engine, str(campaign.uuid), LinkChanges(is_paused=True))
    await engine.dispose()

    async with serving(settings) as client:
        for path in ("/ONE/abcdef", "/ONE/abcdef.", "/BOTH/abcdef", "/NOBODY/abcdef", "/abcdef"):
            assert (await client.get(path)).status_code == 404
        for _ in range(3):
            assert (await client.get(f"/{campaign.tokens[0]}")).status_code == 410

    counted = [tuple(row) for row in await connection.fetch(COUNTED)]
    assert counted == sorted([(0, 3), (ours, 3), (first, 2)])
    assert journaled_hits(tmp_path / "journal") == []


async def test_who_guesses_too_much_does_not_raise_an_accounts_count(
    settings: RedirectorSettings, connection: asyncpg.Connection
) -> None:
    strict = settings.model_copy(update={"unknown_links_per_minute": 5})

    async with serving(strict) as client:
        answers = [(await client.get("/abcdef")).status_code for _ in range(9)]

    assert answers == [404] * 5 + [429] * 4
    assert [tuple(row) for row in await connection.fetch(COUNTED)] == [(0, 5)]


async def test_counts_wait_while_postgres_is_away() -> None:
    away = await open_pool(
        "postgresql://nobody@127.0.0.1:1/none", application="test", size=1, statement_timeout_s=1
    )
    counts = OrphanCounts()
    counts.note_unknown("/abcdef")
    counts.note_gone(7)

    await counts.flush(away)
    away.terminate()

    assert (counts.of_nobody, counts.by_campaign) == (1, {7: 1})
