"""Work on passwords: argon2id, a few at a time, beside the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.api.domain.errors import OverloadedError
from services.api.domain.passwords import normalised

# 41 ms of one core: OWASP's second choice of parameters, since the default costs five times that.
PASSWORD_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Verified when there is no such user, so that the time taken does not tell. Nobody knows its
# password; it is written out, since making one takes as long as a login.
_NOBODY_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$Bs84rxW35IbGyUrzu+cjKQ$DVVIxy"
    "XCepI+QaKEy1k6sx4a16PFZMhI5YgF0d7fhQ8"
)


class PasswordWork:
    """What one process does about passwords.

    Args:
        concurrency: Passwords worked on at a time; each takes 19 MiB and a core.
        max_waiting: How many more may wait; further ones are refused.
    """

    def __init__(self, *, concurrency: int, max_waiting: int) -> None:
        self._free = asyncio.Semaphore(concurrency)
        self._max_waiting = max_waiting
        self._waiting_count = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """Wait for a turn, in which one password is worked on.

        Yields:
            Whether there was anything to wait for.

        Raises:
            OverloadedError: As many wait as may.
        """
        has_waited = self._free.locked()
        if has_waited and self._waiting_count >= self._max_waiting:
            raise OverloadedError
        self._waiting_count += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting_count -= 1
        try:
            yield has_waited
        finally:
            self._free.release()

    async def hash(self, password: str) -> str:
        """Return what is kept of a password that was checked.

        Raises:
            OverloadedError: As many wait as may.
        """
        async with self.turn():
            return await asyncio.to_thread(PASSWORD_HASHER.hash, password)


async def is_right(password_hash: str | None, password: str) -> bool:
    """Tell whether a password is the one kept; to be called in a turn. None is nobody's hash."""
    return await asyncio.to_thread(_verify, password_hash, password)


def _verify(password_hash: str | None, password: str) -> bool:
    # Those of releases before were hashed as they were typed.
    spellings = dict.fromkeys((normalised(password), password))
    return any(_is_it(password_hash or _NOBODY_HASH, each) for each in spellings)


def _is_it(password_hash: str, password: str) -> bool:
    try:
        return PASSWORD_HASHER.verify(password_hash, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
