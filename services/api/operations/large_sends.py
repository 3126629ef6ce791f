"""How many sends of many personal texts may go on at once: each holds connections for its whole.

Without a bound a few of them would take the pool, and single messages would wait for minutes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.api.domain.errors import SendsBusyError


class LargeSends:
    """The places for large sends of one API process.

    Args:
        concurrency: Large sends at a time.
        max_waiting: Those that may wait besides.
    """

    def __init__(self, *, concurrency: int, max_waiting: int) -> None:
        self._under_way = asyncio.Semaphore(concurrency)
        self._free_places = concurrency + max_waiting

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place for a send, once its turn has come.

        Raises:
            SendsBusyError: As many wait as may.
        """
        if not self._free_places:
            raise SendsBusyError
        self._free_places -= 1
        try:
            async with self._under_way:
                yield
        finally:
            self._free_places += 1
