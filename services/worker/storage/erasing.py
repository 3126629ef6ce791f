"""Which number is to be erased next, and how far that has come."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Walks erasure_due_idx. Whoever has the row has the erasure, for one batch of it.
CLAIM_ERASURE = text("""
    SELECT id, uuid, account_id, msisdn, keeps_opt_out, step, place, row_place, key_place,
           carrier_message_ids
    FROM erasure WHERE due_at <= now() ORDER BY due_at LIMIT 1
    FOR UPDATE SKIP LOCKED
""")
NOTE_PROGRESS = text("""
    UPDATE erasure SET
        step = :step, place = :place, row_place = :row_place, key_place = :key_place,
        carrier_message_ids = carrier_message_ids || CAST(:new_ids AS text[]),
        message_count = message_count + :new_messages,
        due_at = now() + CAST(:delay AS interval)
    WHERE id = :erasure_id
""")
FINISH = text("""
    UPDATE erasure SET
        step = 'done', place = 0, row_place = 0, key_place = '', msisdn = NULL, due_at = NULL,
        carrier_message_ids = '{}', finished_at = now()
    WHERE id = :erasure_id
""")
# By message_msisdn_campaign_id_idx.
HAS_MESSAGES = text("""
    SELECT EXISTS (
        SELECT FROM message m
        JOIN campaign c ON c.id = m.campaign_id AND c.account_id = :account_id
        WHERE m.msisdn = :msisdn
    )
""")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an erasure stands.

    Attributes:
        step: What is gone through.
        place: An id behind which it goes on.
        row_place: A row of that behind which it goes on.
        key_place: A key behind which it goes on.
    """

    step: str
    place: int = 0
    row_place: int = -1
    key_place: str = ""

    def behind(self, place: int, row_place: int = -1) -> "Place":
        """Return the place behind a row of the same step."""
        return replace(self, place=place, row_place=row_place)


@dataclass(frozen=True, slots=True)
class Erasure:
    """A number of an account that is being erased."""

    id: int
    uuid: uuid.UUID
    account_id: int
    msisdn: int = field(repr=False)
    keeps_opt_out: bool
    place: Place
    carrier_message_ids: Sequence[str]


async def claim_erasure(connection: AsyncConnection) -> Erasure | None:
    """Return the erasure that waits longest, which nobody else has until the transaction ends."""
    row = (await connection.execute(CLAIM_ERASURE)).one_or_none()
    if row is None:
        return None
    return Erasure(
        row.id,
        row.uuid,
        row.account_id,
        row.msisdn,
        row.keeps_opt_out,
        Place(row.step, row.place, row.row_place, row.key_place),
        row.carrier_message_ids,
    )


async def note_progress(
    connection: AsyncConnection,
    erasure: Erasure,
    place: Place,
    *,
    new_ids: Sequence[str] = (),
    new_messages: int = 0,
    delay: timedelta = timedelta(0),
) -> None:
    """Note where to go on with an erasure, and when."""
    await connection.execute(
        NOTE_PROGRESS,
        {
            "erasure_id": erasure.id,
            "step": place.step,
            "place": place.place,
            "row_place": place.row_place,
            "key_place": place.key_place,
            "new_ids": list(new_ids),
            "new_messages": new_messages,
            "delay": delay,
        },
    )


async def finish(connection: AsyncConnection, erasure: Erasure) -> None:
    """Note that a number is erased, and forget it."""
    await connection.execute(FINISH, {"erasure_id": erasure.id})


async def has_messages(connection: AsyncConnection, erasure: Erasure) -> bool:
    """Tell whether the account has messages to the number."""
    values = {"account_id": erasure.account_id, "msisdn": erasure.msisdn}
    found: bool = (await connection.execute(HAS_MESSAGES, values)).scalar_one()
    return found
