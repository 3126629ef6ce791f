"""What uvicorn does for a connection holds for one in the fast lane, too."""

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.redirector.fast_lane import FastLane
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


def test_busy_connection_outlives_the_time_of_an_idle_one(
    lane: Lane, campaign: SeededCampaign
) -> None:
    with connected(lane) as connection:
        for _ in range(6):
            connection.sendall(get(campaign))
            assert connection.recv(65_536).startswith(b"HTTP/1.1 302 Found")
            time.sleep(KEEP_ALIVE_S / 3)


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
