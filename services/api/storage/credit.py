"""Balances, their ledger, and what was sent by day.

The row of a balance is locked last of all that a transaction locks, and the row of a day just
before: for these two alone sends of one account wait for each other.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.authors import Author
from services.api.domain.credit import Credit
from services.api.storage.reports import Row, fetch

# By account_credit_pkey. The lock gives the balance as others have left it, and what is locked
# first is what the send is then refused with. A post-paid account has no such row. No stronger
# lock than that: whoever adds a row that refers to this one must not wait for it.
TAKE_CREDIT = text("""
    WITH locked AS MATERIALIZED (
        SELECT balance FROM account_credit
        WHERE account_id = :account_id AND balance IS NOT NULL
        FOR NO KEY UPDATE
    ), taken AS (
        UPDATE account_credit SET balance = account_credit.balance - CAST(:segments AS bigint)
        FROM locked
        WHERE account_id = :account_id AND locked.balance >= CAST(:segments AS bigint)
        RETURNING account_credit.balance
    ), noted AS (
        INSERT INTO credit_entry (account_id, kind, amount, balance, campaign_id)
        SELECT :account_id, 'charge', -CAST(:segments AS bigint), balance, :campaign_id FROM taken
    ), remembered AS (
        INSERT INTO campaign_credit (campaign_id, account_id, charged_segments)
        SELECT :campaign_id, :account_id, CAST(:segments AS bigint) FROM taken
    )
    SELECT locked.balance AS available, EXISTS (SELECT FROM taken) AS is_taken FROM locked
""")
# By daily_use_pkey and account_credit_pkey. Without a cap there is nothing to count.
COUNT_USE = text("""
    WITH cap AS MATERIALIZED (
        SELECT daily_cap FROM account_credit
        WHERE account_id = :account_id AND daily_cap IS NOT NULL
    ), counted AS (
        INSERT INTO daily_use AS kept (account_id, day, segment_count)
        SELECT :account_id, :day, CAST(:segments AS bigint) FROM cap
        WHERE CAST(:segments AS bigint) <= daily_cap
        ON CONFLICT (account_id, day) DO UPDATE
            SET segment_count = kept.segment_count + excluded.segment_count
            WHERE kept.segment_count + excluded.segment_count <= (SELECT daily_cap FROM cap)
        RETURNING 1
    )
    SELECT daily_cap, EXISTS (SELECT FROM counted) AS is_counted FROM cap
""")
GET_USE = text("""
    SELECT segment_count FROM daily_use WHERE account_id = :account_id AND day = :day
""")
GET_CREDIT = text("""
    SELECT balance, daily_cap, (
        SELECT segment_count FROM daily_use
        WHERE daily_use.account_id = :account_id AND daily_use.day = :day
    ) AS used_today
    FROM account_credit WHERE account_id = :account_id
""")
LOCK_CREDIT = text("""
    SELECT balance, daily_cap FROM account_credit WHERE account_id = :account_id
    FOR NO KEY UPDATE
""")
ADD_ROW = text("""
    INSERT INTO account_credit (account_id) VALUES (:account_id) ON CONFLICT DO NOTHING
""")
SET_BALANCE = text("""
    UPDATE account_credit SET balance = :balance WHERE account_id = :account_id
""")
SET_DAILY_CAP = text("""
    UPDATE account_credit SET daily_cap = :daily_cap WHERE account_id = :account_id
""")
ADD_CREDIT_ENTRY = text("""
    INSERT INTO credit_entry (account_id, kind, amount, balance, author_kind, author_name, note)
    VALUES (:account_id, :kind, :amount, :balance, :author_kind, :author_name, :note)
""")
# Walks credit_entry_account_id_id_idx backwards, and campaign_pkey beside it.
LIST_CREDIT_ENTRIES = text("""
    SELECT entry.id, occurred_at, kind, amount, balance, uuid AS campaign_uuid,
        author_kind, author_name, note
    FROM credit_entry AS entry
    LEFT JOIN campaign
        ON campaign.id = entry.campaign_id AND campaign.account_id = :account_id
    WHERE entry.account_id = :account_id AND entry.id < :before_id
    ORDER BY entry.id DESC LIMIT :row_limit
""")


@dataclass(frozen=True, slots=True)
class Taking:
    """What came of taking something: whether it was, and how much there was."""

    is_taken: bool
    available: int


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry of the ledger that a person makes.

    Attributes:
        kind: ``top-up`` or ``correction``.
        amount: Below zero if some is taken away.
        balance: After it.
    """

    kind: str
    amount: int
    balance: int
    note: str = ""


async def take_credit(
    connection: AsyncConnection, account_id: int, campaign_id: int, *, segments: int
) -> Taking | None:
    """Charge a campaign, and remember that it was; None if the account is post-paid.

    Args:
        connection: In the transaction that stores the campaign, about to be committed.
        account_id: Whose balance it is.
        campaign_id: What it is charged for.
        segments: Of all its messages.
    """
    values = {"account_id": account_id, "campaign_id": campaign_id, "segments": segments}
    row = (await connection.execute(TAKE_CREDIT, values)).one_or_none()
    return None if row is None else Taking(row.is_taken, row.available)


async def count_use(
    connection: AsyncConnection, account_id: int, day: date, *, segments: int
) -> Taking | None:
    """Count segments against the cap of a day; None if the account has none.

    Returns:
        Whether they are counted, and the cap.
    """
    values = {"account_id": account_id, "day": day, "segments": segments}
    row = (await connection.execute(COUNT_USE, values)).one_or_none()
    return None if row is None else Taking(row.is_counted, row.daily_cap)


async def get_use(connection: AsyncConnection, account_id: int, day: date) -> int:
    """Return how many segments count against the cap of a day."""
    values = {"account_id": account_id, "day": day}
    return (await connection.execute(GET_USE, values)).scalar() or 0


async def get_credit(connection: AsyncConnection, account_id: int, day: date) -> Credit:
    """Return how an account stands on a day."""
    values = {"account_id": account_id, "day": day}
    row = (await connection.execute(GET_CREDIT, values)).one_or_none()
    return Credit() if row is None else Credit(row.balance, row.daily_cap, row.used_today or 0)


async def lock_credit(connection: AsyncConnection, account_id: int) -> Credit:
    """Lock an account's balance and cap, and return them; make the row if there is none."""
    key = {"account_id": account_id}
    await connection.execute(ADD_ROW, key)
    row = (await connection.execute(LOCK_CREDIT, key)).one()
    return Credit(row.balance, row.daily_cap)


async def set_balance(connection: AsyncConnection, account_id: int, balance: int | None) -> None:
    """Set a balance that is locked; the ledger is the caller's to write."""
    await connection.execute(SET_BALANCE, {"account_id": account_id, "balance": balance})


async def set_daily_cap(
    connection: AsyncConnection, account_id: int, daily_cap: int | None
) -> None:
    """Set how many segments an account may send in a day; None: as many as it likes."""
    await connection.execute(SET_DAILY_CAP, {"account_id": account_id, "daily_cap": daily_cap})


async def add_credit_entry(
    connection: AsyncConnection, account_id: int, author: Author, entry: NewEntry
) -> None:
    """Add to the ledger what somebody did to a balance."""
    await connection.execute(
        ADD_CREDIT_ENTRY,
        {
            "account_id": account_id,
            "kind": entry.kind,
            "amount": entry.amount,
            "balance": entry.balance,
            "author_kind": author.kind.value,
            "author_name": author.name,
            "note": entry.note,
        },
    )


async def list_credit_entries(
    connection: AsyncConnection, account_id: int, *, before_id: int, row_limit: int
) -> list[Row]:
    """Return the entries of an account's ledger that are older than one, newest first."""
    return await fetch(
        connection,
        LIST_CREDIT_ENTRIES,
        account_id=account_id,
        before_id=before_id,
        row_limit=row_limit,
    )
