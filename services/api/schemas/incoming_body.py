"""The octets of a body that goes to disk, as they come in: not too many, and not too slowly."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from starlette.requests import ClientDisconnect, Request

from services.api.domain.errors import BodyTimeoutError
from services.api.domain.upload_errors import (
    UploadCutOffError,
    UploadTimeoutError,
    UploadTooLargeError,
    UploadTooSlowError,
)
from shared.domain.errors import DomainError


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How large a file may be, and how slowly it may come in.

    Attributes:
        idle_s: For how long nothing of it may come.
        whole_s: What any body may take to come in.
        octets_per_s: What comes at this rate may take longer; None where nothing may.
    """

    octets: int
    idle_s: float
    whole_s: float
    octets_per_s: float | None

    def for_stranger(self, octets: int) -> "FileLimits":
        """Return the limits while it is not known who sends."""
        return replace(self, octets=min(self.octets, octets), octets_per_s=None)

    def due_s(self, octet_count: int) -> float:
        """Return the seconds since its beginning in which a body must bring more than that."""
        return self.whole_s + (octet_count / self.octets_per_s if self.octets_per_s else 0.0)

    def too_late(self) -> DomainError:
        """Return the refusal of a body that took longer."""
        if self.octets_per_s is None:
            return BodyTimeoutError(self.whole_s)
        return UploadTooSlowError(self.octets_per_s)


def check_declared(request: Request, most: int, limits: FileLimits) -> None:
    """Refuse a body that says itself that it is too large.

    Raises:
        UploadTooLargeError: It is.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > most:
        raise UploadTooLargeError(limits.octets)


async def incoming_chunks(
    request: Request, most: int, limits: FileLimits
) -> AsyncGenerator[bytes]:
    """Read a body; it may be slow, but neither stop nor trickle.

    Args:
        request: Whose body has not been read yet.
        most: Octets of the body, which is more than its file.
        limits: For the file.

    Yields:
        Its octets, as they come in.

    Raises:
        UploadTooLargeError: There are more of them than may be.
        UploadTimeoutError: None came for too long.
        UploadTooSlowError: They came, but too few of them.
        BodyTimeoutError: The same, of a stranger's.
        UploadCutOffError: The client is gone.
    """
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    stream = request.stream()
    octet_count = 0
    while True:
        due_at = began_at + limits.due_s(octet_count)
        try:
            async with asyncio.timeout_at(min(due_at, loop.time() + limits.idle_s)):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            if loop.time() >= due_at:
                raise limits.too_late() from error
            raise UploadTimeoutError(limits.idle_s) from error
        except ClientDisconnect as error:
            raise UploadCutOffError from error
        if chunk is None:
            return
        octet_count += len(chunk)
        if octet_count > most:
            raise UploadTooLargeError(limits.octets)
        if chunk:
            yield chunk
