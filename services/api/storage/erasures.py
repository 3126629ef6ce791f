"""Numbers that an account has had erased; the worker does it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.authors import Author

# One that is under way does both.
ADD_ERASURE = text("""
    INSERT INTO erasure (uuid, account_id, msisdn, masked, keeps_opt_out)
    VALUES (:uuid, :account_id, :msisdn, :masked, :keeps_opt_out)
    ON CONFLICT (account_id, msisdn) WHERE msisdn IS NOT NULL DO NOTHING
    RETURNING uuid
""")
# By suppression_pkey, at once: nothing that is sent from then on goes to it.
KEEP_OPT_OUT = text("""
    INSERT INTO suppression (account_id, msisdn, source, note, author_kind, author_name)
    VALUES (:account_id, :msisdn, 'api', 'erased', :author_kind, :author_name)
    ON CONFLICT DO NOTHING
""")
_COLUMNS = "uuid, masked, keeps_opt_out, step, message_count, requested_at, finished_at"
# By erasure_under_way_idx.
FIND_UNDER_WAY = text(
    f"SELECT {_COLUMNS} FROM erasure "  # noqa: S608 - a constant
    "WHERE account_id = :account_id AND msisdn = CAST(:msisdn AS bigint)"
)
# By erasure_uuid_key.
FIND_ERASURE = text(
    f"SELECT {_COLUMNS} FROM erasure "  # noqa: S608 - a constant
    "WHERE account_id = :account_id AND uuid = :uuid"
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """A number that is erased, or being so.

    Attributes:
        masked: Of the number, what does not tell whose it is.
        step: What is gone through now, or ``done``.
        message_count: Messages of which the number is erased so far.
        finished_at: None while it is under way.
    """

    uuid: uuid.UUID
    masked: str
    keeps_opt_out: bool
    step: str
    message_count: int
    requested_at: datetime
    finished_at: datetime | None


async def add_erasure(
    connection: AsyncConnection,
    account_id: int,
    msisdn: int,
    *,
    erasure_uuid: uuid.UUID,
    masked: str,
    keeps_opt_out: bool,
) -> bool:
    """Have a number erased; return False if that is under way already."""
    values = {
        "uuid": erasure_uuid,
        "account_id": account_id,
        "msisdn": msisdn,
        "masked": masked,
        "keeps_opt_out": keeps_opt_out,
    }
    return (await connection.execute(ADD_ERASURE, values)).one_or_none() is not None


async def keep_opt_out(
    connection: AsyncConnection, account_id: int, msisdn: int, author: Author
) -> None:
    """Remember that a number is not to be sent to, unless it is remembered already."""
    values = {"account_id": account_id, "msisdn": msisdn}
    of_author = {"author_kind": author.kind.value, "author_name": author.name}
    await connection.execute(KEEP_OPT_OUT, values | of_author)


async def find_under_way(
    connection: AsyncConnection, account_id: int, msisdn: int
) -> Erasure | None:
    """Return the erasure of a number that is under way; None if there is none."""
    values = {"account_id": account_id, "msisdn": msisdn}
    return _erasure((await connection.execute(FIND_UNDER_WAY, values)).one_or_none())


async def find_erasure(
    connection: AsyncConnection, account_id: int, erasure_uuid: uuid.UUID
) -> Erasure | None:
    """Return an erasure; None if it is not the account's."""
    values = {"account_id": account_id, "uuid": erasure_uuid}
    return _erasure((await connection.execute(FIND_ERASURE, values)).one_or_none())


def _erasure(row: Row[tuple[object, ...]] | None) -> Erasure | None:
    return None if row is None else Erasure(**row._mapping)  # noqa: SLF001
