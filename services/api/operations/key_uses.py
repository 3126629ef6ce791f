"""Note when keys were last used, behind the requests and not in them.

At most once a minute a key. What is not noted yet when the process is killed, or cannot be noted
since Postgres is away, is lost: it is a hint for people, and no request waits for it.
"""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.storage.key_uses import note_uses
from shared.domain.trusted_proxies import IpAddress
from shared.storage.engine import is_outage

FLUSH_S = 1.0
NOTED_EVERY_S = 60.0
# Of all keys that a process remembers; the uses of further ones are not noted for a minute.
MAX_KEYS = 10_000

LOGGER = logging.getLogger(__name__)


class KeyUses:
    """The uses of keys that one process has seen and not noted yet."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._noted: dict[int, float] = {}
        self._waiting: dict[int, str | None] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to note; to be called with a running event loop."""
        self._task = asyncio.create_task(self._note())

    async def aclose(self) -> None:
        """Note what waits and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    def add(self, key_id: int, address: IpAddress | None) -> None:
        """Remember that a key is used; it waits for nothing."""
        if key_id not in self._noted and len(self._noted) < MAX_KEYS:
            self._noted[key_id] = asyncio.get_running_loop().time()
            self._waiting[key_id] = None if address is None else str(address)

    async def flush(self) -> None:
        """Note what waits."""
        self._forget()
        uses, self._waiting = self._waiting, {}
        if not uses:
            return
        try:
            async with self._engine.begin() as connection:
                await note_uses(connection, uses, age=timedelta(seconds=NOTED_EVERY_S))
        except Exception as error:
            if not is_outage(error):
                LOGGER.exception("the last use of keys cannot be noted")

    def _forget(self) -> None:
        over = asyncio.get_running_loop().time() - NOTED_EVERY_S
        for key_id in [key_id for key_id, at in self._noted.items() if at <= over]:
            del self._noted[key_id]

    async def _note(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await self.flush()
