"""Count calls, in this process and together with all others, and refuse those beyond a limit.

A call seldom waits for this. Each process counts by itself and tells the others, through the
database, of what passed: in the background once that is half of a twentieth of a limit, and
before anything else passes once it is the whole of it. So all processes together let pass at
most a limit, and a twentieth of it more for each process beside the first.

Without a database, or while it is slow, each process holds callers to the limits alone.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.rate_errors import RateLimitedError
from services.api.domain.rate_limits import Level, RateLimit, Standing
from services.api.storage.rate_levels import purge, tell
from shared.storage.engine import is_outage

# For the others' counts; a process that is busy takes some of that itself.
TELL_TIMEOUT_S: Final = 2.0
# For so long a process counts alone once they could not be had.
ALONE_S: Final = 5.0
PURGED_EVERY_S: Final = 10.0
# Of this process; beyond them those that were seen first are forgotten.
MAX_LEVELS: Final = 50_000
# Told in one statement.
MAX_TOLD: Final = 1_000
# Kept in the database.
MAX_ROWS: Final = 100_000

LOGGER = logging.getLogger(__name__)


class RateLimiter:
    """The counts of calls that one process keeps.

    Args:
        engine: Connections that no send can hold for long; one is used at a time.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._levels: dict[str, Level] = {}
        self._due: dict[str, Level] = {}
        self._wanted = asyncio.Event()
        self._told = asyncio.Event()
        self._alone_until = 0.0
        self._is_alone = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to tell; to be called with a running event loop."""
        self._task = asyncio.create_task(self._work())

    async def aclose(self) -> None:
        """End; what was not told is lost, which is less than a twentieth of each limit."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def take(self, limits: Sequence[RateLimit]) -> None:
        """Count a call to each of its limits, or to none if one has no room.

        Raises:
            RateLimitedError: One has no room; the one is named that needs the longest.
        """
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            # Looked up anew each time: what was empty meanwhile is forgotten.
            levels = [self._level(limit) for limit in limits]
            fullest = max(zip(limits, levels, strict=True), key=lambda each: each[1].wait_s(now))
            if fullest[1].wait_s(now) > 0:
                raise RateLimitedError(fullest[1].standing(fullest[0], now))
            if now < self._alone_until or not any(level.must_tell for level in levels):
                break
            self._want(limits, levels)
            # Comes within TELL_TIMEOUT_S, be it told or not.
            await self._told.wait()
        for level in levels:
            level.take(now)
        self._want(limits, levels)

    def standings(self, limits: Sequence[RateLimit]) -> list[Standing]:
        """Return how limits stand, without counting."""
        now = asyncio.get_running_loop().time()
        return [self._level(limit).standing(limit, now) for limit in limits]

    @property
    def remembered_count(self) -> int:
        """How many buckets this process knows something of."""
        return len(self._levels)

    def _level(self, limit: RateLimit) -> Level:
        level = self._levels.get(limit.bucket)
        if level is None:
            if len(self._levels) >= MAX_LEVELS:
                del self._levels[next(iter(self._levels))]
            level = self._levels[limit.bucket] = Level(limit.quota)
        level.set_quota(limit.quota)
        return level

    def _want(self, limits: Sequence[RateLimit], levels: Sequence[Level]) -> None:
        for limit, level in zip(limits, levels, strict=True):
            if level.should_tell:
                self._due[limit.bucket] = level
                self._wanted.set()

    async def _work(self) -> None:
        """Tell what is due, one statement at a time, and clean up."""
        loop = asyncio.get_running_loop()
        purge_at = loop.time() + PURGED_EVERY_S
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(purge_at):
                    await self._wanted.wait()
            self._wanted.clear()
            if loop.time() >= purge_at:
                purge_at = loop.time() + PURGED_EVERY_S
                await self._purge()
            if self._due and not await self._tell_due():
                await asyncio.sleep(ALONE_S)

    async def _tell_due(self) -> bool:
        """Tell what is due and learn what the others told; return whether that could be done."""
        due = dict(list(self._due.items())[:MAX_TOLD])
        leads = [level.tell() for level in due.values()]
        try:
            async with asyncio.timeout(TELL_TIMEOUT_S), self._engine.begin() as connection:
                known = await tell(connection, list(due), leads)
        except Exception as error:  # noqa: BLE001 - whatever it is, calls go on
            self._be_alone(_cause(error))
            return False
        else:
            now = asyncio.get_running_loop().time()
            for bucket, level in due.items():
                level.told(known[bucket], now)
                if not level.should_tell:
                    del self._due[bucket]
            self._is_alone, self._alone_until = False, 0.0
            return True
        finally:
            # Whoever waits looks again; what is due still is told in the next round.
            if self._due:
                self._wanted.set()
            self._let_look_again()

    def _let_look_again(self) -> None:
        self._told.set()
        self._told = asyncio.Event()

    def _be_alone(self, cause: str) -> None:
        if not self._is_alone:
            LOGGER.warning("rate limits hold for each process by itself: no Postgres (%s)", cause)
        self._is_alone = True
        self._alone_until = asyncio.get_running_loop().time() + ALONE_S

    async def _purge(self) -> None:
        now = asyncio.get_running_loop().time()
        for bucket in [bucket for bucket, level in self._levels.items() if level.is_empty(now)]:
            del self._levels[bucket]
            self._due.pop(bucket, None)
        self._let_look_again()
        try:
            async with asyncio.timeout(ALONE_S), self._engine.begin() as connection:
                await purge(connection, row_limit=MAX_ROWS)
        except Exception as error:
            if not is_outage(error) and not isinstance(error, TimeoutError):
                LOGGER.exception("counts of calls that are over cannot be deleted")


def _cause(error: Exception) -> str:
    if not is_outage(error) and not isinstance(error, TimeoutError):
        LOGGER.error("counts of calls cannot be shared", exc_info=error)
    return type(error).__name__
