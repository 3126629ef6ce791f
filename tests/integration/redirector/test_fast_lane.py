"""What uvicorn does for a connection holds for one in the fast lane, too."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr
from uvicorn.server import ServerState

from services.redirector.bounded import MAX_PIPELINED, MAX_REQUEST_OCTETS
from services.redirector.context import open_redirector
from services.redirector.fast_lane import FastLane
from services.redirector.journal.files import list_journals
from services.redirector.main import SERVER_OPTIONS, create_app
from services.redirector.settings import RedirectorSettings
from shared.schema.grants import Service
from tests.support.lanes import Lane, running_lane
from tests.support.links import SeededCampaign, seed_campaign
from tests.support.roles import url_as
from tests.support.sealing import SECRET_KEYS

KEEP_ALIVE_S = 1
REQUEST_S = 1.0
LONG = "x-long: " + "a" * MAX_REQUEST_OCTETS


class HastyLane(FastLane):
    """The fast lane, with less patience."""

    request_s = REQUEST_S


@pytest.fixture
def campaign(database_url: str) -> SeededCampaign:
    return asyncio.run(seed_campaign(database_url))


@pytest.fixture
def lane(database_url: str, tmp_path: Path, campaign: SeededCampaign) -> Iterator[Lane]:
    with running_lane(
        database_url, tmp_path, HastyLane, timeout_keep_alive=KEEP_ALIVE_S
    ) as running:
        # From here on the links are cached.
        assert b"302 Found" in running.exchange(get(campaign, "connection: close\r\n"))
        yield running


def get(campaign: SeededCampaign, headers: str = "") -> bytes:
    return f"GET /{campaign.tokens[0]} HTTP/1.1\r\nhost: tx1.in\r\n{headers}\r\n".encode()


def slow_get(campaign: SeededCampaign, headers: str = "") -> bytes:
    return get(campaign, headers).replace(b" HTTP", b"? HTTP")


def pieces_of(whole: bytes, octets: int) -> list[bytes]:
    return [whole[start : start + octets] for start in range(0, len(whole), octets)]


def send_without_end(connection: socket.socket) -> None:
    for _ in range(1_000):
        connection.sendall(b"a" * MAX_REQUEST_OCTETS)


def is_closed(connection: socket.socket) -> bool:
    """Tell whether the other side has ended, after a moment of waiting for that."""
    try:
        return not connection.recv(65_536)
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


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


def test_busy_connection_that_began_in_the_slow_lane_outlives_it_too(
    lane: Lane, campaign: SeededCampaign
) -> None:
    with connected(lane) as connection:
        connection.sendall(slow_get(campaign))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 302 Found")
        for _ in range(6):
            connection.sendall(get(campaign))
            assert connection.recv(65_536).startswith(b"HTTP/1.1 302 Found")
            time.sleep(KEEP_ALIVE_S / 3)


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        pytest.param(b"", b"", id="nothing at all"),
        pytest.param(b"\r\n", b"\r\n", id="empty lines"),
        pytest.param(b"GET /", b"a", id="a path without end"),
        pytest.param(b"GET / HTTP/1.1\r\nx: ", b"a", id="a header without end"),
        pytest.param(b"GET / HTTP/1.1\r\n", b"x: a\r\n", id="headers without end"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", b"", id="a body to come"),
    ],
)
@pytest.mark.parametrize("is_answered_before", [False, True], ids=["at first", "kept alive"])
def test_request_that_is_never_whole_is_given_up(
    lane: Lane, campaign: SeededCampaign, first: bytes, rest: bytes, *, is_answered_before: bool
) -> None:
    with connected(lane) as connection:
        if is_answered_before:
            connection.sendall(get(campaign))
            assert connection.recv(65_536).startswith(b"HTTP/1.1 302 Found")
        began_at = time.monotonic()
        connection.sendall(first)
        connection.settimeout(0.1)

        # What trickles in does not count as progress.
        while not is_closed(connection) and time.monotonic() < began_at + 10:
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(rest)

    took_s = time.monotonic() - began_at
    assert 0.9 * REQUEST_S <= took_s <= 2 * (KEEP_ALIVE_S + REQUEST_S)


def test_client_that_reads_no_answers_is_given_up(lane: Lane, campaign: SeededCampaign) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.connect(("127.0.0.1", lane.port))
        connection.settimeout(0.5)
        with suppress(TimeoutError, ConnectionResetError):
            while True:
                connection.sendall(get(campaign))
        stuck_at = time.monotonic()
        while lane.server.server_state.connections and time.monotonic() < stuck_at + 10:
            time.sleep(0.05)

        assert not lane.server.server_state.connections


@pytest.mark.parametrize("piece_octets", [1 << 30, 50_000], ids=["in one piece", "in pieces"])
def test_head_that_is_too_long_is_refused(
    lane: Lane, campaign: SeededCampaign, piece_octets: int
) -> None:
    before = len(lane.hits())
    whole = get(campaign, f"{LONG}\r\n") + get(campaign)

    answer = lane.exchange(*pieces_of(whole, piece_octets))

    assert answer.startswith(b"HTTP/1.1 431 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert len(lane.hits()) == before


def test_head_that_never_ends_is_not_gathered(lane: Lane) -> None:
    with connected(lane) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nx: ")

        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            send_without_end(connection)


@pytest.mark.parametrize(
    "framing",
    [
        pytest.param(b"Content-Length: 999999999999\r\n\r\n", id="of a length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n", id="of chunks"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n0\r\nx: ", id="a trailer"),
    ],
)
def test_body_that_never_ends_is_not_read(lane: Lane, framing: bytes) -> None:
    with connected(lane) as connection:
        connection.sendall(b"POST /abcdef HTTP/1.1\r\nHost: tx1.in\r\n" + framing)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 405 ")

        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            send_without_end(connection)


def test_long_head_within_the_bound_is_answered_by_either_lane(
    lane: Lane, campaign: SeededCampaign
) -> None:
    header = f"x-long: {'a' * (MAX_REQUEST_OCTETS - 1_000)}\r\n"

    answer = lane.exchange(get(campaign, header), slow_get(campaign, header))

    assert answer.count(b"HTTP/1.1 302 Found") == 2


def test_more_requests_than_may_wait_end_their_connection(
    lane: Lane, campaign: SeededCampaign
) -> None:
    before = len(lane.hits())

    answer = lane.exchange(slow_get(campaign) * (10 * MAX_PIPELINED))

    # As many were answered as were counted, whatever the reads were.
    answered = answer.count(b"HTTP/1.1 302 Found")
    assert answered == len(lane.hits()) - before
    assert answer.count(b"HTTP/1.1 400 ") == 1
    assert MAX_PIPELINED <= answered < 10 * MAX_PIPELINED


def test_as_many_requests_as_may_wait_are_all_answered(
    lane: Lane, campaign: SeededCampaign
) -> None:
    answer = lane.exchange(slow_get(campaign) * MAX_PIPELINED)

    assert answer.count(b"HTTP/1.1 302 Found") == MAX_PIPELINED


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("is_slow", [False, True], ids=["fast", "slow"])
def test_client_that_ends_its_side_gets_its_answers(
    lane: Lane, campaign: SeededCampaign, count: int, *, is_slow: bool
) -> None:
    before = len(lane.hits())
    with connected(lane) as connection:
        connection.sendall((slow_get if is_slow else get)(campaign) * count)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))

    assert answer.count(b"HTTP/1.1 302 Found") == count == len(lane.hits()) - before


def test_nonsense_behind_a_request_of_the_slow_lane_is_refused_after_its_answer(
    lane: Lane, campaign: SeededCampaign
) -> None:
    before = len(lane.hits())

    answer = lane.exchange(slow_get(campaign) + b"nonsense\r\n\r\n" + get(campaign))

    assert [each[:4] for each in answer.split(b"HTTP/1.1 ")] == [b"", b"302 ", b"400 "]
    assert len(lane.hits()) == before + 1


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
    settings = RedirectorSettings(
        database_url=SecretStr(url_as(Service.REDIRECTOR, database_url)),
        secret_keys=SECRET_KEYS,
        data_dir=data_dir,
    )
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
