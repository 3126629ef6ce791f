"""``txlink`` as it is given at a terminal, in this process."""

import asyncio

import asyncpg
import pytest

from services.api.operations.authenticate import Caller, authenticate_key
from services.cli.main import main
from shared.storage.engine import create_engine


class Terminal:
    """Runs ``txlink`` on a database, in this process."""

    def __init__(self, url: str, captured: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self._captured = captured

    def txlink(self, *arguments: str) -> str:
        main(arguments)
        return self._captured.readouterr().out.strip()

    def caller(self, key: str) -> Caller:
        async def ask() -> Caller:
            engine = create_engine(self.url, application="test")
            try:
                return await authenticate_key(engine, key)
            finally:
                await engine.dispose()

        return asyncio.run(ask())

    def trail(self) -> list[asyncpg.Record]:
        async def fetch() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.url)
            try:
                return await connection.fetch("SELECT * FROM audit_entry ORDER BY id")
            finally:
                await connection.close()

        return asyncio.run(fetch())
