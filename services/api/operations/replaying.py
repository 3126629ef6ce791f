"""Answering a repeated send with the answer that it got the first time."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.errors import IdempotencyConflictError
from services.api.operations.send_values import Accepted, SendCommand
from services.api.storage.idempotency import KeptAnswer, add_answer, find_answer
from shared.clock import Clock

IDEMPOTENCY_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Repeats:
    """One account's answers by idempotency key; a send without a key has none."""

    engine: AsyncEngine
    clock: Clock
    account_id: int

    async def find(self, command: SendCommand) -> Accepted | None:
        """Return the answer that the same send got within ``IDEMPOTENCY_WINDOW``.

        Raises:
            IdempotencyConflictError: The key came before with another send.
        """
        if command.idempotency_key is None or command.is_dry_run:
            return None
        since = self.clock.now() - IDEMPOTENCY_WINDOW
        async with self.engine.connect() as connection:
            kept = await find_answer(
                connection, self.account_id, command.idempotency_key, since=since
            )
        if kept is None:
            return None
        if kept.payload_sha256 != await asyncio.to_thread(command.digest):
            raise IdempotencyConflictError
        return replace(Accepted.from_bytes(kept.answer), is_replayed=True)

    async def keep(
        self, connection: AsyncConnection, command: SendCommand, accepted: Accepted
    ) -> bool:
        """Keep an answer with the send; False if the key was kept by another request first."""
        if command.idempotency_key is None:
            return True
        digest = await asyncio.to_thread(command.digest)
        kept = KeptAnswer(digest, await asyncio.to_thread(accepted.to_bytes))
        since = self.clock.now() - IDEMPOTENCY_WINDOW
        return await add_answer(
            connection, self.account_id, command.idempotency_key, kept, since=since
        )

    async def find_first(self, command: SendCommand) -> Accepted:
        """Return the answer of the same request that came at the same time and was first.

        Raises:
            IdempotencyConflictError: That was another send, or its answer is gone.
        """
        first = await self.find(command)
        if first is None:
            raise IdempotencyConflictError
        return first
