"""The fast lane and the slow one give the same answers and write the same journal."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.destination_lists import parse_rules
from services.api.operations.change_destinations import orders_for
from services.redirector.bounded import BoundedProtocol
from services.redirector.fast_lane import FastLane
from services.redirector.journal.records import Hit
from services.redirector.recorder.heads import parse_head
from shared.storage.engine import create_engine
from tests.support.database import DatabaseServer
from tests.support.lanes import Lane, running_lane
from tests.support.links import seed_campaign, seed_personal_campaign

HOST = b"Host: tx1.in\r\n"
PHONE = HOST + b"User-Agent: Mozilla/5.0 (Linux; Android 14; SM-A546E)\r\nAccept: */*\r\n"
LAST = b"GET /robots.txt HTTP/1.1\r\nHost: tx1.in\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Lanes:
    """Both lanes, and tokens that both know."""

    fast: Lane
    slow: Lane
    live: bytes
    personal: bytes
    other: bytes
    blocked: bytes

    def answer_alike(self, *pieces: bytes) -> bytes:
        """Send the same octets to both; return what both answered."""
        before = len(self.fast.hits()), len(self.slow.hits())
        fast, slow = self.fast.exchange(*pieces), self.slow.exchange(*pieces)
        new = self.fast.hits()[before[0] :], self.slow.hits()[before[1] :]
        assert fast == slow
        assert [as_recorded(hit) for hit in new[0]] == [as_recorded(hit) for hit in new[1]]
        return fast


async def block(database_url: str, host: str) -> None:
    engine = create_engine(database_url, application="test")
    await (await orders_for(engine, None)).add("block", parse_rules("block", [host]))
    await engine.dispose()


def as_recorded(hit: Hit) -> tuple[Hit, str, dict[str, str]]:
    """Return a record, its head as it is read: uvicorn alone changes letters and blanks."""
    head = parse_head(hit.head)
    return hit._replace(head=b""), head.method, head.headers


def request(
    target: bytes, method: bytes = b"GET", version: bytes = b"1.1", headers: bytes = PHONE
) -> bytes:
    return b"%b %b HTTP/%b\r\n%b\r\n" % (method, target, version, headers)


@pytest.fixture(scope="module")
def lanes(
    postgres_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lanes]:
    with postgres_server.migrated_database() as url:
        campaign = asyncio.run(seed_campaign(url))
        personal = asyncio.run(seed_personal_campaign(url, ["https://a.example.com/1"]))
        blocked = asyncio.run(seed_campaign(url, destination="https://evil.example.com/"))
        asyncio.run(block(url, "evil.example.com"))
        fast, slow = tmp_path_factory.mktemp("fast"), tmp_path_factory.mktemp("slow")
        with (
            running_lane(url, fast, FastLane) as fast_lane,
            running_lane(url, slow, BoundedProtocol) as slow_lane,
        ):
            live, other = (token.encode() for token in campaign.tokens[:2])
            made = Lanes(
                fast_lane,
                slow_lane,
                live,
                personal.tokens[0].encode(),
                other,
                blocked.tokens[0].encode(),
            )
            # From here on both have all links in their caches.
            for token in (live, other, made.personal, made.blocked):
                made.answer_alike(request(b"/" + token), LAST)
            yield made


def test_plain_request_for_a_cached_link_never_reaches_the_application(lanes: Lanes) -> None:
    before = lanes.fast.app.request_count

    answer = lanes.answer_alike(
        request(b"/zzzzzz"),
        request(b"/" + lanes.live),
        request(b"/SAMRAT/" + lanes.other, b"HEAD"),
        request(b"/" + lanes.personal),
        LAST,
    )

    assert answer.count(b"HTTP/1.1 302 Found\r\nlocation: https://") == 3
    assert answer.count(b"HTTP/1.1 404 Not Found\r\n") == 1
    # The last, which closes the connection.
    assert lanes.fast.app.request_count == before + 1


def test_blocked_link_is_refused_alike_and_journaled(lanes: Lanes) -> None:
    before = len(lanes.fast.hits())

    answer = lanes.answer_alike(
        request(b"/" + lanes.live),
        request(b"/" + lanes.blocked),
        request(b"/ACMEIN/" + lanes.blocked, b"HEAD"),
        request(b"/" + lanes.other),
        LAST,
    )

    assert answer.count(b"HTTP/1.1 403 Forbidden\r\n") == 2
    assert answer.count(b"HTTP/1.1 302 Found\r\n") == 2
    assert len(lanes.fast.hits()) == before + 4
    assert b"evil" not in answer


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(b"Content-Length: 0\r\n", id="length of nothing"),
        pytest.param(b"Expect: 100-continue\r\n", id="expectation"),
        pytest.param(b"Expect: 100-continue\r\nContent-Length: 0\r\n", id="both"),
        pytest.param(b"Connection: keep-alive\r\n", id="keep-alive said"),
        pytest.param(b"Connection: close\r\n", id="close"),
        pytest.param(b"X-A: \xff\xfe\r\nx-a: again\r\n", id="octets beyond ASCII"),
        pytest.param(b"X-Empty:\r\nX-Tab:\ta\t\r\n", id="blanks around values"),
        pytest.param(b"X-Long: " + b"a" * 9_000 + b"\r\n", id="head that is cut"),
        pytest.param(b"Bad Name: 1\r\n", id="wrong name"),
        pytest.param(b"X-Folded: a\r\n b\r\n", id="folded line"),
        pytest.param(b"X-Control: a\x01b\r\n", id="control character"),
        pytest.param(b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", id="smuggling"),
    ],
)
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_headers_of_any_kind_are_answered_alike(
    lanes: Lanes, method: bytes, headers: bytes
) -> None:
    assert lanes.answer_alike(request(b"/" + lanes.live, method, headers=HOST + headers), LAST)


def test_upgrade_is_answered_alike(lanes: Lanes) -> None:
    headers = HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"

    # What comes behind it in the same piece is dropped, as it is no HTTP/1.1 any more.
    assert lanes.answer_alike(request(b"/" + lanes.live, headers=headers) + LAST)


@pytest.mark.parametrize(
    ("method", "target", "version"),
    [
        pytest.param(b"GET", b"/%b?utm=1", b"1.1", id="query"),
        pytest.param(b"GET", b"/%b.", b"1.1", id="full stop"),
        pytest.param(b"GET", b"/%b/", b"1.1", id="slash"),
        pytest.param(b"GET", b"/%b+", b"1.1", id="plus"),
        pytest.param(b"GET", b"/%b%%20", b"1.1", id="escaped"),
        pytest.param(b"GET", b"/%b#top", b"1.1", id="fragment"),
        pytest.param(b"GET", b"http://tx1.in/%b", b"1.1", id="absolute"),
        pytest.param(b"GET", b"//%b", b"1.1", id="two slashes"),
        pytest.param(b"GET", b"/A/B/%b", b"1.1", id="two headers"),
        pytest.param(b"GET", b"/%b", b"1.0", id="HTTP/1.0"),
        pytest.param(b"GET", b"/%b", b"0.9", id="HTTP/0.9"),
        pytest.param(b"GET", b"/%b", b"2.0", id="HTTP/2.0"),
        pytest.param(b"POST", b"/%b", b"1.1", id="POST"),
        pytest.param(b"OPTIONS", b"/%b", b"1.1", id="OPTIONS"),
        pytest.param(b"get", b"/%b", b"1.1", id="small letters"),
        pytest.param(b"CONNECT", b"tx1.in:443%b", b"1.1", id="CONNECT"),
        pytest.param(b"GET", b"/healthz?%b", b"1.1", id="health"),
        pytest.param(b"GET", b"/\xff%b", b"1.1", id="octet beyond ASCII"),
        pytest.param(b"GET", b"%b", b"1.1", id="no slash"),
        pytest.param(b"GET", b"*%b", b"1.1", id="star"),
    ],
)
def test_request_lines_of_any_kind_are_answered_alike(
    lanes: Lanes, method: bytes, target: bytes, version: bytes
) -> None:
    assert lanes.answer_alike(request(target % lanes.live, method, version), LAST)


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(request(b"/robots.txt"), id="a slow one"),
        pytest.param(request(b"/zzzzzz"), id="an unknown one"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", id="a body"),
        pytest.param(b"\r\n\r\n", id="empty lines"),
        pytest.param(b"nonsense\r\n\r\n", id="nonsense"),
    ],
)
def test_requests_of_one_connection_are_answered_alike_and_in_order(
    lanes: Lanes, between: bytes
) -> None:
    token = request(b"/" + lanes.live)

    assert lanes.answer_alike(token + token + between + token + LAST)
    answers = lanes.answer_alike(token, token, between, token, LAST)

    assert answers.startswith(b"HTTP/1.1 302 Found\r\n")


tokens = st.sampled_from(
    [b"live", b"other", b"personal", b"zzzzzz", b"zzzzzzz", b"ab", b"healthz"]
)
targets = st.builds(
    lambda before, token, after: (before, token, after),
    st.sampled_from([b"/", b"/", b"/", b"/SAMRAT/", b"//", b"/a/b/", b"", b"http://tx1.in/"]),
    tokens,
    st.sampled_from([b"", b"", b"", b".", b"/", b"?a=1", b"+", b"%29", b"#a", b"\xff", b" "]),
)
header_lines = st.sampled_from(
    [
        *(b"Content-Length: 0", b"Content-Length: 3", b"Transfer-Encoding: chunked"),
        *(b"Connection: close", b"Connection: keep-alive", b"Connection: a, Close"),
        *(b"Expect: 100-continue", b"Upgrade: h2c", b"Cookie: a=b"),
        *(b"X: \xe9", b"x:", b"X :1", b": 1", b"X\x00: 1", b" folded", b"Sec-Purpose: prefetch"),
    ]
)
requests = st.tuples(
    st.sampled_from([b"GET", b"GET", b"GET", b"HEAD", b"POST", b"PUT", b"G", b"PRI"]),
    targets,
    st.sampled_from([b"1.1", b"1.1", b"1.1", b"1.0", b"2.0", b"9.9", b"x"]),
    st.lists(header_lines, max_size=3),
    st.sampled_from([b"", b"", b"", b"abc", b"0\r\n\r\n", b"\r\n"]),
)


@given(st.lists(requests, min_size=1, max_size=4), st.lists(st.integers(1, 120), max_size=3))
def test_octets_of_any_kind_cut_anywhere_are_answered_alike(
    lanes: Lanes,
    parts: list[tuple[bytes, tuple[bytes, ...], bytes, list[bytes], bytes]],
    cuts: list[int],
) -> None:
    known = {b"live": lanes.live, b"other": lanes.other, b"personal": lanes.personal}
    octets = b""
    for method, target, version, lines, body in parts:
        filled = b"".join(known.get(piece, piece) for piece in target)
        headers = HOST + b"".join(line + b"\r\n" for line in lines)
        octets += request(filled, method, version, headers) + body
    pieces = []
    for cut in cuts:
        pieces.append(octets[:cut])
        octets = octets[cut:]

    lanes.answer_alike(*filter(None, pieces), octets + LAST)
