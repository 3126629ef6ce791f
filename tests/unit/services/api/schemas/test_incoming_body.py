"""A body may come in slowly, as some lines are, but may neither stop nor trickle for ever."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request

from services.api.domain.errors import BodyTimeoutError
from services.api.domain.upload_errors import (
    UploadCutOffError,
    UploadTimeoutError,
    UploadTooLargeError,
    UploadTooSlowError,
)
from services.api.schemas.incoming_body import FileLimits, incoming_chunks
from shared.domain.errors import DomainError

LIMITS = FileLimits(octets=1_000, idle_s=10.0, whole_s=0.2, octets_per_s=100.0)


def a_request(*, chunk: bytes, chunk_count: int, pause_s: float) -> Request:
    async def messages() -> AsyncIterator[dict[str, Any]]:
        for _ in range(chunk_count):
            await asyncio.sleep(pause_s)
            yield {"type": "http.request", "body": chunk, "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}

    incoming = messages()
    return Request({"type": "http", "headers": []}, receive=lambda: anext(incoming))


async def octet_count(request: Request, limits: FileLimits) -> int:
    chunks = incoming_chunks(request, limits.octets, limits)
    return sum([len(chunk) async for chunk in chunks])


async def test_body_that_keeps_its_rate_may_take_longer() -> None:
    request = a_request(chunk=b"x" * 100, chunk_count=8, pause_s=0.05)

    assert await octet_count(request, LIMITS) == 800


@pytest.mark.parametrize(
    ("chunk", "pause_s", "limits", "refusal"),
    [
        pytest.param(b"x", 0.05, LIMITS, UploadTooSlowError, id="trickles"),
        pytest.param(
            b"x" * 100, 0.05, LIMITS.for_stranger(1_000), BodyTimeoutError, id="stranger's"
        ),
        pytest.param(b"x" * 100, 60.0, LIMITS, UploadTooSlowError, id="has not begun"),
        pytest.param(
            b"x" * 100,
            60.0,
            FileLimits(octets=1_000, idle_s=0.1, whole_s=60.0, octets_per_s=100.0),
            UploadTimeoutError,
            id="stopped",
        ),
        pytest.param(b"x" * 300, 0.0, LIMITS, UploadTooLargeError, id="too large"),
        pytest.param(
            b"x" * 100, 0.0, LIMITS.for_stranger(500), UploadTooLargeError, id="stranger's large"
        ),
    ],
)
async def test_body_beyond_its_limits_is_refused(
    chunk: bytes, pause_s: float, limits: FileLimits, refusal: type[DomainError]
) -> None:
    request = a_request(chunk=chunk, chunk_count=10, pause_s=pause_s)

    with pytest.raises(refusal):
        async with asyncio.timeout(10):
            await octet_count(request, limits)


async def test_client_that_is_gone_cuts_its_body_off() -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    with pytest.raises(UploadCutOffError):
        await octet_count(Request({"type": "http", "headers": []}, receive=gone), LIMITS)


def test_stranger_gets_no_more_than_was_known_senders_limit() -> None:
    assert LIMITS.for_stranger(2_000).octets == 1_000
