"""Short links, answered ahead of FastAPI, and the few other paths of the short domain."""

import re
import socket
import time

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.redirector.answers import (
    BLOCKED,
    GONE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    TOO_MANY,
    TRY_AGAIN,
    Answer,
    preview_of,
    redirect_to,
)
from services.redirector.context import Redirector
from services.redirector.journal.records import pack_hit
from services.redirector.links.blocks import Block
from services.redirector.links.resolving import LookupUnavailableError, UnknownLinkError
from services.redirector.query_passing import pass_query
from shared.domain.client_address import find_client_address
from shared.domain.trusted_proxies import IpAddress, TrustedProxies, parse_address

# The token alone or behind a sender ID, and then what gets pasted or typed along with a link:
# at most a few characters that no token has. A "+" is left for the preview of a link.
TOKEN_PATH = re.compile(
    r"/(?:[0-9A-Za-z-]{1,15}/)?([0-9A-Za-z]{6,8})(?:_|[^\w+\x00-\x1f\x7f\ufffd]){0,4}"
)
# A "+" behind the token asks where the link leads.
PREVIEW_PATH = re.compile(r"/(?:[0-9A-Za-z-]{1,15}/)?([0-9A-Za-z]{6,8})\+")
HEALTH_PATH = "/healthz"
# Where the server keeps the head as it came, if it came in one piece.
RAW_HEAD = "txlink.head"
UNKNOWN_ADDRESS = bytes(16)
MAPPED_IPV4 = bytes(10) + b"\xff\xff"

router = APIRouter()


class ShortLinks:
    """The ASGI application: answers token paths, hands everything else on.

    Args:
        app: What answers everything else, and takes the server's start and stop.

    Attributes:
        redirector: To be set before the first request.
    """

    redirector: Redirector

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass the server's start and stop on."""
        if scope["type"] != "http" or scope["path"] == HEALTH_PATH:
            await self._app(scope, receive, send)
            return
        if match := TOKEN_PATH.fullmatch(scope["path"]):
            answer = await self._answer(match[1], scope)
        elif (preview := PREVIEW_PATH.fullmatch(scope["path"])) and self._may_look(scope):
            answer = await self._preview(preview[1], scope)
        else:
            await self._app(scope, receive, send)
            return
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, token: str, scope: Scope) -> Answer:
        if scope["method"] not in {"GET", "HEAD"}:
            return METHOD_NOT_ALLOWED
        try:
            # It looks at what is cached first, and decrypts the token for that.
            link = await self.redirector.resolver.resolve(token)
        except UnknownLinkError:
            guesses, now_s = self.redirector.guesses, time.monotonic()
            return TOO_MANY if guesses.note(self._visitor(scope), now_s=now_s) else NOT_FOUND
        except LookupUnavailableError:
            return TRY_AGAIN
        block = link.block
        if block.is_gone(time.time()):
            return self._instead_of(block)
        client = scope["client"]
        record = pack_hit(
            time.time_ns(),
            pack_address(client[0]) if client else UNKNOWN_ADDRESS,
            link.number,
            len(token),
            request_head(scope),
        )
        # A hit that the disk did not take has been counted; the visitor goes on all the same.
        await self.redirector.journal.append(record)
        if link.is_blocked:
            return BLOCKED
        return redirect_to(pass_query(link.location, scope["query_string"], block.query_mode))

    def _instead_of(self, block: Block) -> Answer:
        gone_location = block.gone_location
        if gone_location is None or block.is_gone_blocked:
            return GONE
        if not self.redirector.resolver.leads_on(gone_location):
            return GONE
        return redirect_to(gone_location)

    async def _preview(self, token: str, scope: Scope) -> Answer:
        """Tell where a link leads, which counts for nothing."""
        if scope["method"] not in {"GET", "HEAD"}:
            return METHOD_NOT_ALLOWED
        try:
            link = await self.redirector.resolver.resolve(token)
        except UnknownLinkError:
            return NOT_FOUND
        except LookupUnavailableError:
            return TRY_AGAIN
        return preview_of(link.location)

    def _may_look(self, scope: Scope) -> bool:
        visitor = self._visitor(scope)
        return visitor is not None and visitor in self.redirector.preview_from

    def _visitor(self, scope: Scope) -> IpAddress | None:
        return visitor_address(scope, self.redirector.trusted_proxies)


def visitor_address(scope: Scope, trusted: TrustedProxies) -> IpAddress | None:
    """Return the address of whoever asks, behind the proxies that are trusted."""
    client = scope["client"]
    peer = parse_address(client[0]) if client else None
    if not trusted:
        return peer
    values: dict[bytes, list[str]] = {b"x-forwarded-for": [], b"forwarded": []}
    for name, value in scope["headers"]:
        if name in values:
            values[name].append(value.decode("latin-1"))
    return find_client_address(
        peer,
        forwarded_for=values[b"x-forwarded-for"],
        forwarded=values[b"forwarded"],
        trusted=trusted,
    ).address


def request_head(scope: Scope) -> bytes:
    """Return the request line and headers as the journal keeps them."""
    raw: bytes | None = scope.get(RAW_HEAD)
    if raw is not None:
        return raw
    target: bytes = scope["raw_path"]
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    method, version = scope["method"].encode(), scope["http_version"].encode()
    lines = [b"%b: %b\r\n" % header for header in scope["headers"]]
    return b"%b %b HTTP/%b\r\n" % (method, target, version) + b"".join(lines)


def pack_address(host: str) -> bytes:
    """Return 16 octets of an IP address, IPv4 mapped into IPv6; zeros if it is none."""
    try:
        return MAPPED_IPV4 + socket.inet_pton(socket.AF_INET, host)
    except OSError:
        pass
    try:
        return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    except OSError:
        return UNKNOWN_ADDRESS


@router.get(HEALTH_PATH)
async def health(request: Request) -> dict[str, str | int]:
    redirector: Redirector = request.app.state.redirector
    return {"status": "ok", "lost_hits": redirector.journal.lost_count}


@router.get("/robots.txt", response_class=PlainTextResponse)
@router.head("/robots.txt", response_class=PlainTextResponse)
async def robots() -> PlainTextResponse:
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


@router.get("/favicon.ico", status_code=204)
@router.head("/favicon.ico", status_code=204)
async def favicon() -> Response:
    return Response(status_code=204, headers={"cache-control": "public, max-age=86400"})
