"""A way to Postgres that can be cut, as an outage looks from the outside, or be slow."""

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from urllib.parse import urlsplit


class PostgresRelay:
    """Relays TCP connections to a real server; while cut, connections break and are refused.

    Attributes:
        held_count: Pieces of what the server says that wait to be let through.
    """

    def __init__(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._parts = parts
        self._port = 0
        self._server: asyncio.Server
        self._writers: set[StreamWriter] = set()
        self._lets_through = asyncio.Event()
        self._lets_through.set()
        self.held_count = 0

    def hold(self) -> None:
        """Keep back what the server says from now on."""
        self._lets_through.clear()

    def let_through(self) -> None:
        """Hand on what was kept back, and what comes."""
        self._lets_through.set()

    @property
    def url(self) -> str:
        """The database's URL by way of the relay."""
        login = self._parts.netloc.rpartition("@")[0]
        return self._parts._replace(netloc=f"{login}@127.0.0.1:{self._port}").geturl()

    async def open(self) -> None:
        """Let connections through, on the same port as before."""
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break all connections and refuse new ones."""
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _relay(self, reader: StreamReader, writer: StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, server_writer}
        await asyncio.gather(_pump(reader, server_writer), self._pump_back(server_reader, writer))
        self._writers -= {writer, server_writer}

    async def _pump_back(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError):
            while octets := await reader.read(65_536):
                self.held_count += 1
                await self._lets_through.wait()
                self.held_count -= 1
                writer.write(octets)
                await writer.drain()
        writer.close()


async def _pump(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):
        while octets := await reader.read(65_536):
            writer.write(octets)
            await writer.drain()
    writer.close()
