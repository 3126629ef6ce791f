"""Forms of people, of which each makes one thing, however often it comes."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.errors import MadeBeforeError
from services.api.operations.replaying import IDEMPOTENCY_WINDOW
from services.api.storage.idempotency import KeptAnswer, add_answer, find_answer
from shared.clock import Clock

# Before the keys of forms, which stand among those of sends.
OF_FORMS: Final = "form\n"


@dataclass(frozen=True, slots=True)
class FormOnce:
    """The key of a form that was shown to somebody; without one it may come as often as it likes.

    A second press of its button brings it again, and the answer to the first is never seen.
    """

    engine: AsyncEngine
    clock: Clock
    account_id: int
    key: str | None

    async def require_new(self) -> None:
        """Let pass what has made nothing yet.

        Raises:
            MadeBeforeError: It has, within ``IDEMPOTENCY_WINDOW``.
        """
        if self.key is None:
            return
        async with self.engine.connect() as connection:
            await self._require_new(connection, OF_FORMS + self.key, self._since)

    async def note(self, connection: AsyncConnection, made: str) -> None:
        """Note what the form has made, with that; waits for another that is about to.

        Raises:
            MadeBeforeError: Another was first, so that this is not to be kept.
        """
        if self.key is None:
            return
        name, since = OF_FORMS + self.key, self._since
        digest = sha256(self.key.encode()).digest()
        kept = KeptAnswer(digest, json.dumps({"made": made}).encode())
        if not await add_answer(connection, self.account_id, name, kept, since=since):
            await self._require_new(connection, name, since)

    @property
    def _since(self) -> datetime:
        return self.clock.now() - IDEMPOTENCY_WINDOW

    async def _require_new(self, connection: AsyncConnection, name: str, since: datetime) -> None:
        first = await find_answer(connection, self.account_id, name, since=since)
        if first is not None:
            raise MadeBeforeError(json.loads(first.answer)["made"])
