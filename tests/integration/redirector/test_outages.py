import asyncio
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.api.operations.change_links import LinkChanges, change_links
from services.redirector.links.blocks import Block
from services.redirector.links.personal_links import ENTRY_OCTETS, PersonalLink
from services.redirector.links.snapshots import Snapshot, SnapshotFile
from services.redirector.settings import RedirectorSettings
from services.redirector.storage.links import TokenDomain
from shared.schema.grants import Service
from shared.storage.engine import create_engine
from tests.support.database import REPOSITORY
from tests.support.links import DESTINATION, SeededCampaign, seed_campaign, seed_personal_campaign
from tests.support.postgres_relay import PostgresRelay
from tests.support.redirector import journaled_hits, serving
from tests.support.roles import url_as
from tests.support.sealing import SECRET_KEYS
from tests.support.waiting import until

DOMAIN = TokenDomain(6, bytes(32), 1000, 5_000_000)

# Adds a hundred blocks of its own, one a writing.
WRITE = """
import sys
from pathlib import Path
from services.redirector.links.blocks import Block
from services.redirector.links.snapshots import Snapshot, SnapshotFile
from services.redirector.storage.links import TokenDomain
file = SnapshotFile(Path(sys.argv[1]), limit=1_000, personal_octet_limit=0)
for first_link in range(int(sys.argv[2]), 400, 4):
    block = Block(6, first_link, 1, first_link, "https://shop.example.com/")
    file.write(Snapshot([TokenDomain(6, bytes(32), 1000, 5_000_000)], [block], []))
"""


@pytest.fixture
async def relay(database_url: str) -> AsyncIterator[PostgresRelay]:
    relay = PostgresRelay(database_url)
    await relay.open()
    yield relay
    await relay.cut()


@pytest.fixture
def settings(relay: PostgresRelay, tmp_path: Path) -> RedirectorSettings:
    return RedirectorSettings(
        database_url=SecretStr(url_as(Service.REDIRECTOR, relay.url)),
        secret_keys=SECRET_KEYS,
        data_dir=tmp_path,
    )


async def pause(database_url: str, campaign: SeededCampaign) -> None:
    engine = create_engine(database_url, application="test")
    await change_links(engine, str(campaign.uuid), LinkChanges(is_paused=True))
    await engine.dispose()


def a_block(first_link: int) -> Block:
    return Block(6, first_link, 10, first_link, DESTINATION)


def a_personal_link(position: int) -> PersonalLink:
    return PersonalLink(7, position, f"https://shop.example.com/{position}")


def a_file(path: Path, *, limit: int = 10, personal_octet_limit: int = 10_000) -> SnapshotFile:
    return SnapshotFile(path, limit=limit, personal_octet_limit=personal_octet_limit)


async def test_through_an_outage_known_links_redirect_and_others_are_asked_to_come_back(
    database_url: str, relay: PostgresRelay, settings: RedirectorSettings
) -> None:
    known = await seed_campaign(database_url)
    unknown = await seed_campaign(database_url)
    async with serving(settings) as client:
        await client.get(f"/{known.tokens[0]}")
        await relay.cut()

        of_known = await client.get(f"/{known.tokens[1]}")
        of_unknown = await client.get(f"/{unknown.tokens[0]}")
        guessed = await client.get("/zzzzzz")
        await relay.open()
        afterwards = await client.get(f"/{unknown.tokens[0]}")

    assert (of_known.status_code, of_known.headers["location"]) == (302, DESTINATION)
    assert (of_unknown.status_code, of_unknown.headers["retry-after"]) == (503, "5")
    assert guessed.status_code == 404
    assert afterwards.status_code == 302
    assert len(journaled_hits(settings.journal_folder)) == 3


async def test_a_redirector_restarted_in_an_outage_still_knows_its_recent_links(
    database_url: str, relay: PostgresRelay, settings: RedirectorSettings
) -> None:
    known = await seed_campaign(database_url)
    unknown = await seed_campaign(database_url)
    async with serving(settings) as client:
        await client.get(f"/{known.tokens[0]}")
    await relay.cut()

    async with serving(settings) as client:
        of_known = await client.get(f"/{known.tokens[2]}")
        of_unknown = await client.get(f"/{unknown.tokens[0]}")
        await relay.open()
        afterwards = await client.get(f"/{unknown.tokens[0]}")

    assert [of_known.status_code, of_unknown.status_code, afterwards.status_code] == [
        302,
        503,
        302,
    ]


async def test_the_snapshot_has_a_pause_though_no_link_was_looked_up_since(
    database_url: str, settings: RedirectorSettings
) -> None:
    campaign = await seed_campaign(database_url)
    file = a_file(settings.snapshot_path)

    async def pauses() -> list[bool]:
        snapshot = await asyncio.to_thread(file.read)
        return [block.is_paused for block in snapshot.blocks] if snapshot else []

    async def is_written() -> bool:
        return await pauses() == [False]

    async def is_written_anew() -> bool:
        return await pauses() == [True]

    async with serving(settings) as client:
        await client.get(f"/{campaign.tokens[0]}")
        await until(is_written)
        await pause(database_url, campaign)
        await until(is_written_anew)


async def test_a_link_paused_while_no_process_had_it_cached_stays_paused_in_an_outage(
    database_url: str, relay: PostgresRelay, settings: RedirectorSettings
) -> None:
    campaign = await seed_campaign(database_url)
    async with serving(settings) as client:
        await client.get(f"/{campaign.tokens[0]}")
    await pause(database_url, campaign)
    async with serving(settings):
        pass  # it was restarted, and nobody followed the link
    await relay.cut()

    async with serving(settings) as client:
        answer = await client.get(f"/{campaign.tokens[0]}")

    assert answer.status_code == 410


async def test_through_an_outage_personal_links_followed_before_redirect_and_others_wait(
    database_url: str, relay: PostgresRelay, settings: RedirectorSettings
) -> None:
    campaign = await seed_personal_campaign(database_url, [DESTINATION, f"{DESTINATION}/2"])
    async with serving(settings) as client:
        await client.get(f"/{campaign.tokens[1]}")
        await relay.cut()

        followed = await client.get(f"/{campaign.tokens[1]}")
        other = await client.get(f"/{campaign.tokens[0]}")
        await relay.open()
        afterwards = await client.get(f"/{campaign.tokens[0]}")

    assert (followed.status_code, followed.headers["location"]) == (302, f"{DESTINATION}/2")
    assert (other.status_code, other.headers["retry-after"]) == (503, "5")
    assert (afterwards.status_code, afterwards.headers["location"]) == (302, DESTINATION)


async def test_a_redirector_restarted_in_an_outage_still_knows_its_recent_personal_links(
    database_url: str, relay: PostgresRelay, settings: RedirectorSettings
) -> None:
    campaign = await seed_personal_campaign(database_url, [DESTINATION, f"{DESTINATION}/2"])
    async with serving(settings) as client:
        await client.get(f"/{campaign.tokens[1]}")
    await relay.cut()

    async with serving(settings) as client:
        followed = await client.get(f"/{campaign.tokens[1]}")
        other = await client.get(f"/{campaign.tokens[0]}")

    assert (followed.status_code, followed.headers["location"]) == (302, f"{DESTINATION}/2")
    assert other.status_code == 503


async def test_a_redirector_first_started_in_an_outage_answers_once_it_is_over(
    database_url: str, relay: PostgresRelay, settings: RedirectorSettings
) -> None:
    campaign = await seed_campaign(database_url)
    await relay.cut()

    async with serving(settings) as client:
        during = await client.get(f"/{campaign.tokens[0]}")
        await relay.open()
        afterwards = await client.get(f"/{campaign.tokens[0]}")

    assert (during.status_code, afterwards.status_code) == (503, 302)


async def test_the_snapshot_is_written_while_the_process_runs_for_its_owner_only(
    database_url: str, settings: RedirectorSettings
) -> None:
    campaign = await seed_campaign(database_url)
    async with serving(settings) as client:
        await client.get(f"/{campaign.tokens[0]}")

        async def is_written() -> bool:
            return settings.snapshot_path.exists()

        await until(is_written)

        snapshot = a_file(settings.snapshot_path).read()

    assert snapshot is not None
    assert [block.campaign_id for block in snapshot.blocks] == [campaign.id]
    assert stat.S_IMODE(settings.snapshot_path.stat().st_mode) == 0o600


def test_a_snapshot_keeps_older_blocks_and_the_latest_where_there_are_too_many(
    tmp_path: Path,
) -> None:
    file = a_file(tmp_path / "links.snapshot", limit=3)
    file.write(Snapshot([DOMAIN], [a_block(0), a_block(10), a_block(20)], []))

    file.write(Snapshot([DOMAIN], [a_block(0), a_block(30)], []))

    kept = file.read()
    assert kept is not None
    assert [block.first_link for block in kept.blocks] == [20, 0, 30]


def test_a_snapshot_keeps_older_personal_links_and_the_latest_where_there_are_too_many(
    tmp_path: Path,
) -> None:
    octets = 3 * (ENTRY_OCTETS + len(a_personal_link(0).location))
    file = a_file(tmp_path / "links.snapshot", personal_octet_limit=octets)
    file.write(Snapshot([DOMAIN], [], [a_personal_link(n) for n in (0, 1, 2)]))

    file.write(Snapshot([DOMAIN], [], [a_personal_link(n) for n in (0, 3)]))

    kept = file.read()
    assert kept is not None
    assert kept.personal_links == [a_personal_link(n) for n in (2, 0, 3)]


def test_a_snapshot_of_a_release_without_personal_links_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "links.snapshot"
    path.write_text('{"domains": [], "block_rows": [[6, 0, 10, 0, "https://x.example/"]]}')

    assert a_file(path).read() == Snapshot([], [Block(6, 0, 10, 0, "https://x.example/")], [])


def test_redirectors_that_write_at_the_same_time_lose_none_of_each_others_blocks(
    tmp_path: Path,
) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, str(tmp_path / "links.snapshot"), str(number)],
            cwd=REPOSITORY,
        )
        for number in range(4)
    ]

    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]

    kept = a_file(tmp_path / "links.snapshot", limit=1_000).read()
    assert kept is not None
    assert {block.first_link for block in kept.blocks} == set(range(400))


def test_a_snapshot_of_other_token_keys_is_forgotten(tmp_path: Path) -> None:
    file = a_file(tmp_path / "links.snapshot", limit=3)
    file.write(Snapshot([DOMAIN], [a_block(0)], [a_personal_link(0)]))

    other = TokenDomain(6, b"x" * 32, 1000, 5_000_000)
    file.write(Snapshot([other], [a_block(10)], []))

    assert file.read() == Snapshot([other], [a_block(10)], [])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"domains": [{}], "block_rows": []}',
        '{"domains": [], "blocks": []}',
        '{"domains": [], "block_rows": [], "personal_rows": [[7]]}',
        "\x00",
    ],
)
def test_a_snapshot_that_cannot_be_understood_counts_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "links.snapshot"
    path.write_text(content)

    assert a_file(path).read() is None


def test_the_token_keys_never_show_in_a_printed_domain() -> None:
    assert "key" not in repr(DOMAIN)
