"""What uvicorn does for a connection holds for one in the fast lane, too."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr
from uvicorn.server import ServerState

from services.redirector.context import open_redirector
from services.redirector.fast_lane import FastLane
from services.redirector.journal.files import list_journals
from services.redirector.main import SERVER_OPTIONS, create_app
from services.redirector.settings import RedirectorSettings
from tests.support.lanes import Lane, running_lane
from tests.support.links import SeededCampaign, seed_campaign

KEEP_ALIVE_S = 1


@pytest.fixture
def campaign(database_url: str) -> SeededCampaign:
    return asyncio.run(seed_campaign(database_url))


@pytest.fixture
def lane(database_url: str, tmp_path: Path, campaign: SeededCampaign) -> Iterator[Lane]:
    with running_lane(
        database_url, tmp_path, FastLane, timeout_keep_alive=KEEP_ALIVE_S
    ) as running:
        # From here on the links are cached.
        assert b"302 Found" in running.exchange(get(campaign, "connection: close\r\n"))
        yield running


def get(campaign: SeededCampaign, headers: str = "") -> bytes:
    return f"GET /{campaign.tokens[0]} HTTP/1.1\r\nhost: tx1.in\r\n{headers}\r\n".encode()


def connected(lane: Lane) -> socket.socket:
    return socket.create_connection(("127.0.0.1", lane.port), timeout=20)


def test_idle_connection_is_closed_when_its_time_is_over(
    lane: Lane, campaign: SeededCampaign
) -> None:
    with connected(lane) as connection:
        connection.sendall(get(campaign))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 302 Found")
        answered_at = time.monotonic()

        assert connection.recv(65_536) == b""

    assert time.monotonic() - answered_at >= 0.9 * KEEP_ALIVE_S


@pytest.mark.parametrize("first", ["/{token}", "/favicon.ico"], ids=["fast lane", "slow lane"])
@pytest.mark.parametrize("then", ["/{token}", "/zzzzzz"], ids=["known", "unknown"])
def test_busy_connection_outlives_the_time_of_an_idle_one(
    lane: Lane, campaign: SeededCampaign, first: str, then: str
) -> None:
    with connected(lane) as connection:
        for path in [first, *[then] * 6]:
            target = path.format(token=campaign.tokens[0])
            connection.sendall(f"GET {target} HTTP/1.1\r\nhost: tx1.in\r\n\r\n".encode())
            assert connection.recv(65_536).startswith(b"HTTP/1.1 ")
            time.sleep(KEEP_ALIVE_S / 3)


async def test_connection_is_not_idle_while_an_answer_is_still_to_come(
    database_url: str, tmp_path: Path
) -> None:
    campaign = await seed_campaign(database_url)
    async with connected_protocol(database_url, tmp_path, campaign.tokens[0]) as (lane, reader):
        lane.data_received(get(campaign))
        await reader.readuntil(b"\r\n\r\n")
        lane.timeout_keep_alive = 0
        lane.data_received(get(campaign))
        # As the loop may have it: the timer first, the journal's write behind it.
        lane._close_if_idle()

        assert (await reader.read(12)) == b"HTTP/1.1 302"


def test_every_answer_counts_among_the_servers_requests(
    lane: Lane, campaign: SeededCampaign
) -> None:
    before = lane.server.server_state.total_requests

    lane.exchange(get(campaign) * 3 + get(campaign, "connection: close\r\n"))

    assert lane.server.server_state.total_requests == before + 4


def test_stop_closes_idle_connections_and_answers_what_is_whole(
    database_url: str, tmp_path: Path, campaign: SeededCampaign
) -> None:
    with running_lane(database_url, tmp_path, FastLane) as lane:
        lane.exchange(get(campaign, "connection: close\r\n"))
        connection = connected(lane)
        connection.sendall(get(campaign))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 302 Found")

    with connection:
        assert connection.recv(65_536) == b""
    assert len(lane.hits()) == 2


def test_request_that_comes_in_many_pieces_is_answered_once(
    lane: Lane, campaign: SeededCampaign
) -> None:
    before = len(lane.hits())
    whole = get(campaign)

    answer = lane.exchange(
        *(whole[place : place + 1] for place in range(len(whole))),
        get(campaign, "connection: close\r\n"),
    )

    assert answer.count(b"HTTP/1.1 302 Found") == 2
    assert len(lane.hits()) == before + 2


def test_head_is_journaled_as_it_came_by_either_lane(
    database_url: str, tmp_path: Path, campaign: SeededCampaign
) -> None:
    whole = get(campaign, "X-Mixed: Case\r\nx-Blanks:\t a \r\n")
    close = get(campaign, "Connection: close\r\n")
    with running_lane(database_url, tmp_path, FastLane) as lane:
        # Nothing is cached yet, so the first goes by the slow lane, and so does the last.
        lane.exchange(whole)
        lane.exchange(whole)
        lane.exchange(close)
        first, second, last = lane.hits()

        # The first, the last, and none in between.
        assert lane.app.request_count == 2
    assert first == second
    assert [first.head, last.head] == [whole[:-2], close[:-2]]


@asynccontextmanager
async def connected_protocol(
    database_url: str, data_dir: Path, token: str
) -> AsyncIterator[tuple[FastLane, asyncio.StreamReader]]:
    """Connect a client in this loop, so that what comes can come all in one tick of it."""
    settings = RedirectorSettings(database_url=SecretStr(database_url), data_dir=data_dir)
    app = create_app(settings)
    config = uvicorn.Config(app, log_level="critical", **SERVER_OPTIONS)
    config.load()
    async with open_redirector(settings) as redirector:
        app.redirector = redirector
        await redirector.resolver.resolve(token)
        ours, theirs = socket.socketpair()
        _, protocol = await asyncio.get_running_loop().connect_accepted_socket(
            lambda: FastLane(config, ServerState(), {}), ours
        )
        reader, writer = await asyncio.open_connection(sock=theirs)
        yield protocol, reader
        writer.close()
        await writer.wait_closed()


async def test_nonsense_behind_a_request_of_the_same_tick_is_refused_after_its_answer(
    database_url: str, tmp_path: Path
) -> None:
    campaign = await seed_campaign(database_url)
    async with connected_protocol(database_url, tmp_path, campaign.tokens[0]) as (lane, reader):
        lane.data_received(get(campaign))
        lane.data_received(b"nonsense\r\n\r\n")
        lane.data_received(get(campaign))

        answers = (await reader.read()).split(b"HTTP/1.1 ")

    # Behind nonsense nobody knows where a request begins, so the last is none.
    assert [answer[:4] for answer in answers] == [b"", b"302 ", b"400 "]
    journaled = b"".join(path.read_bytes() for path in list_journals(tmp_path / "journal"))
    assert journaled.count(b"GET /") == 1


async def test_stop_in_the_tick_of_a_request_comes_after_its_answer(
    database_url: str, tmp_path: Path
) -> None:
    campaign = await seed_campaign(database_url)
    async with connected_protocol(database_url, tmp_path, campaign.tokens[0]) as (lane, reader):
        lane.data_received(get(campaign))
        lane.shutdown()

        answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 302 Found\r\n")
