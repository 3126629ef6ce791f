"""A redirector that serves real HTTP from the test's event loop, and what it journaled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn

from services.redirector.journal.files import list_journals
from services.redirector.journal.records import Hit, scan
from services.redirector.main import SERVER_OPTIONS, create_app
from services.redirector.settings import RedirectorSettings


@asynccontextmanager
async def serving(settings: RedirectorSettings) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of a running redirector; stop it afterwards as SIGTERM would."""
    options = {**SERVER_OPTIONS, "loop": "none", "log_level": "warning"}
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, **options))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.wait([task], timeout=0.01)
        if task.done():
            task.result()
    host, port = server.servers[0].sockets[0].getsockname()
    async with httpx.AsyncClient(base_url=f"http://{host}:{port}") as client:
        yield client
    server.should_exit = True
    await task


def journaled_hits(folder: Path) -> list[Hit]:
    """Return all hits in the journals of a folder, the oldest journal's first."""
    return [
        hit
        for path in list_journals(folder)
        for _, hit in scan(path.read_bytes(), limit=1_000_000).hits
    ]
