"""Calls that customers ask for reach what is public or named, and nothing else."""

import asyncio
import datetime as dt
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.worker.calling import Caller
from shared.clock import SystemClock
from shared.domain.outbound import NO_URL, Reach, parse_reach
from tests.support.webhook_receiver import receiver

HERE = parse_reach("127.0.0.1")


@asynccontextmanager
async def calling(
    reach: Reach = HERE,
    *,
    timeout_s: float = 5.0,
    resolve: Callable[[str, int], list[str]] | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> AsyncIterator[Caller]:
    caller = Caller(
        reach, concurrency=4, timeout_s=timeout_s, resolve=resolve, ssl_context=ssl_context
    )
    try:
        yield caller
    finally:
        await caller.aclose()


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate for a host; return the contexts of its server and of who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=path)


async def test_what_is_sent_arrives_as_it_is() -> None:
    with receiver() as found:
        async with calling() as caller:
            answer = await caller.post(found.url, {"x-a": "b"}, b'{"a": 1}')

    assert (answer.status, answer.cause) == (200, None)
    [(headers, body)] = found.requests
    assert body == b'{"a": 1}'
    assert headers["x-a"] == "b"
    assert headers["host"] == f"127.0.0.1:{found.port}"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]"]
)
async def test_this_host_is_not_reached_by_any_of_its_names(host: str) -> None:
    with receiver() as found:
        # Plain http only fails for its address, because some network is named.
        async with calling(parse_reach("10.0.0.0/8")) as caller:
            answer = await caller.post(f"http://{host}:{found.port}/", {}, b"")

    assert answer.status is None
    assert "public address" in (answer.cause or "")
    assert found.requests == []


async def test_a_name_is_resolved_once_and_the_checked_address_is_called() -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        del port
        asked.append(host)
        # As of a name server that answers otherwise the second time.
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with receiver() as found:
        async with calling(resolve=resolve) as caller:
            answer = await caller.post(f"http://hooks.example:{found.port}/", {}, b"")

    assert answer.status == 200
    assert asked == ["hooks.example"]


async def test_of_several_addresses_only_open_ones_are_called() -> None:
    def resolve(host: str, port: int) -> list[str]:
        del host, port
        return ["127.0.0.3", "169.254.169.254", "127.0.0.1", "::1"]

    with receiver() as found:
        async with calling(resolve=resolve) as caller:
            answer = await caller.post(f"http://hooks.example:{found.port}/", {}, b"")

    assert answer.status == 200


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], ["::ffff:169.254.169.254"], ["64:ff9b::a9fe:a9fe"], []]
)
async def test_a_name_that_leads_inside_is_not_called(addresses: list[str]) -> None:
    async with calling(resolve=lambda *_: addresses) as caller:
        answer = await caller.post("https://hooks.example/", {}, b"")

    assert answer.cause == "the host has no public address that may be called"


async def test_plain_http_is_not_spoken_to_a_public_address() -> None:
    async with calling(resolve=lambda *_: ["8.8.8.8"]) as caller:
        answer = await caller.post("http://hooks.example/", {}, b"")

    assert answer.cause == "the host has no public address that may be called"


async def test_a_redirect_is_not_followed() -> None:
    with receiver() as inside, receiver() as found:
        found.statuses.append(307)
        found.headers["location"] = inside.url
        async with calling() as caller:
            answer = await caller.post(found.url, {}, b"")

    assert answer.cause == "answered 307"
    assert inside.requests == []


async def test_a_receiver_that_does_not_answer_is_left() -> None:
    with receiver() as found:
        found.delay_s = 1.0
        async with calling(timeout_s=0.2) as caller:
            start = time.monotonic()
            answer = await caller.post(found.url, {}, b"")

    assert answer.cause == "no answer within 0.2 s"
    assert time.monotonic() - start < 1.0 + 1.0
    assert answer.duration_ms < 900


async def test_a_body_without_end_is_not_read() -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 4_096)
                sent += 4_096
                await writer.drain()
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, calling() as caller:
        answer = await caller.post(f"http://127.0.0.1:{port}/", {}, b"")
        await asyncio.sleep(0.05)

    assert answer.status == 200
    assert answer.duration_ms < 2_000
    assert sent < 50 << 20


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (b"", "the connection broke off"),
        (b"SSH-2.0-OpenSSH\r\n", "the connection broke off"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 50_000 + b"\r\n", "the connection broke off"),
    ],
    ids=["nothing", "another protocol", "endless head"],
)
async def test_what_is_no_answer_is_told_as_that(reply: bytes, cause: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, calling() as caller:
        answer = await caller.post(f"http://127.0.0.1:{port}/", {}, b"")

    assert (answer.status, answer.cause) == (None, cause)


async def test_a_port_where_nobody_listens_is_told() -> None:
    with receiver() as found:
        pass
    async with calling() as caller:
        answer = await caller.post(found.url, {}, b"")

    assert answer.cause == "the connection was refused"


async def test_a_certificate_is_held_to_the_name_and_not_to_the_address(tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, "hooks.example")

    with receiver(server) as found:
        async with calling(resolve=lambda *_: ["127.0.0.1"], ssl_context=trusting) as caller:
            right = await caller.post(f"https://hooks.example:{found.port}/", {}, b"")
            wrong = await caller.post(f"https://other.example:{found.port}/", {}, b"")
        async with calling(resolve=lambda *_: ["127.0.0.1"]) as stranger:
            untrusted = await stranger.post(f"https://hooks.example:{found.port}/", {}, b"")

    assert right.status == 200
    assert (wrong.cause or "").startswith("TLS failed")
    assert (untrusted.cause or "").startswith("TLS failed")
    assert len(found.requests) == 1


@pytest.mark.parametrize(
    "host",
    ["no-such-host.invalid", "a..example.com", f"{'a' * 64}.example.com", ".example.com"],
    ids=["no address", "an empty label", "a label too long", "begins with a dot"],
)
async def test_a_name_that_leads_nowhere_is_told(host: str) -> None:
    async with calling(Reach()) as caller:
        answer = await caller.post(f"https://{host}/", {}, b"")

    assert answer.status is None
    assert answer.cause in {"the host's name leads nowhere", f"the URL {NO_URL}"}


async def test_a_name_that_the_resolver_cannot_write_is_told() -> None:
    def resolve(_: str, __: int) -> list[str]:
        return ["a..b".encode("idna").decode()]

    async with calling(Reach(), resolve=resolve) as caller:
        answer = await caller.post("https://example.com/", {}, b"")

    assert (answer.status, answer.cause) == (None, "the host's name leads nowhere")
