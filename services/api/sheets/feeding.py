"""Writing to a pipe as fast as its reader reads, with no more than a piece in memory."""

import asyncio
from asyncio import WriteTransport
from typing import IO

from typing_extensions import override


class Feed(asyncio.BaseProtocol):
    """The writing end of a pipe."""

    def __init__(self) -> None:
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._transport: WriteTransport | None = None

    @override
    def pause_writing(self) -> None:
        self._may_write.clear()

    @override
    def resume_writing(self) -> None:
        self._may_write.set()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._may_write.set()

    async def open(self, pipe: IO[bytes]) -> None:
        """Take over the end of a pipe, which is closed with this."""
        try:
            self._transport, _ = await asyncio.get_running_loop().connect_write_pipe(
                lambda: self, pipe
            )
        except BaseException:
            pipe.close()
            raise

    async def write(self, octets: bytes) -> bool:
        """Write a piece, once the one before is read but for a little.

        Returns:
            Whether anybody still reads.
        """
        if self._transport is None:
            return False
        self._transport.write(octets)
        await self._may_write.wait()
        return self._transport is not None

    def close(self) -> None:
        """Close the end at once; what is not read by then is lost."""
        if self._transport is not None:
            self._transport.abort()
