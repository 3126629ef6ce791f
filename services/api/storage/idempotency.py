"""Answers kept for a day, so that a client's repeat is not sent again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.campaigns import IDEMPOTENCY_KEY


@dataclass(frozen=True, slots=True, repr=False)
class KeptAnswer:
    """What was answered to the first request with a key, and the digest of that request."""

    payload_sha256: bytes
    answer: bytes


async def find_answer(
    connection: AsyncConnection, account_id: int, key: str, *, since: datetime
) -> KeptAnswer | None:
    """Return the answer kept under a key of an account; None if none, or older than ``since``."""
    query = select(IDEMPOTENCY_KEY.c.payload_sha256, IDEMPOTENCY_KEY.c.answer).where(
        IDEMPOTENCY_KEY.c.account_id == account_id,
        IDEMPOTENCY_KEY.c.key == key,
        IDEMPOTENCY_KEY.c.created_at >= since,
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else KeptAnswer(row.payload_sha256, row.answer)


async def add_answer(
    connection: AsyncConnection, account_id: int, key: str, kept: KeptAnswer, *, since: datetime
) -> bool:
    """Keep an answer; return False if another request has kept one under this key meanwhile.

    Waits for a transaction that is about to: so of two requests at once only one goes through.
    """
    await connection.execute(
        delete(IDEMPOTENCY_KEY).where(
            IDEMPOTENCY_KEY.c.account_id == account_id,
            IDEMPOTENCY_KEY.c.key == key,
            IDEMPOTENCY_KEY.c.created_at < since,
        )
    )
    statement = (
        insert(IDEMPOTENCY_KEY)
        .values(
            account_id=account_id,
            key=key,
            payload_sha256=kept.payload_sha256,
            answer=kept.answer,
        )
        .on_conflict_do_nothing()
        .returning(IDEMPOTENCY_KEY.c.key)
    )
    return (await connection.execute(statement)).one_or_none() is not None
