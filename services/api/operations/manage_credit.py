"""Read the ledger of an account; give it credits, caps, or neither, as its operator."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.authors import COMMAND_LINE, Author
from services.api.domain.credit import (
    Credit,
    CreditBelowZeroError,
    PostPaidError,
    checked_amount,
    checked_note,
)
from services.api.domain.errors import InvalidValueError
from services.api.storage.accounts import Account, find_account, find_time_zone
from services.api.storage.audit import OF_ACCOUNT, AuditEntry, add_entry
from services.api.storage.credit import (
    NewEntry,
    add_credit_entry,
    get_credit,
    list_credit_entries,
    lock_credit,
    set_balance,
    set_daily_cap,
)
from services.api.storage.reports import Row
from shared.clock import Clock

BATCH_ROWS = 5_000
NEWEST_ID = (1 << 63) - 1
TOP_UP, CORRECTION = "top-up", "correction"


async def read_entries(
    engine: AsyncEngine, account: Account, *, before: int | None, row_limit: int
) -> list[Row]:
    """Return the entries of an account's ledger, newest first.

    Args:
        engine: Where they are stored.
        account: Whose they are.
        before: The entry that those wanted are older than; None begins with the newest.
        row_limit: Most of them.
    """
    async with engine.connect() as connection:
        return await list_credit_entries(
            connection,
            account.id,
            before_id=NEWEST_ID if before is None else before,
            row_limit=row_limit,
        )


async def export_entries(engine: AsyncEngine, account: Account) -> AsyncIterator[Sequence[Row]]:
    """Yield the entries of an account's ledger, newest first, each batch a transaction.

    Yields:
        At most ``BATCH_ROWS`` of them.
    """
    before: int | None = None
    while True:
        batch = await read_entries(engine, account, before=before, row_limit=BATCH_ROWS)
        yield batch
        if len(batch) < BATCH_ROWS:
            return
        before = batch[-1]["id"]


@dataclass(frozen=True, slots=True)
class CreditChanges:
    """What is to change of how an account is charged; None leaves it as it is.

    Attributes:
        is_prepaid: Whether sends are charged to a balance.
        sets_cap: Whether ``daily_cap`` is meant; None of it takes the cap away.
    """

    is_prepaid: bool | None = None
    sets_cap: bool = False
    daily_cap: int | None = None


async def show_credit(engine: AsyncEngine, clock: Clock, account_name: str) -> Credit:
    """Return how an account stands, to whoever runs commands beside the database.

    Raises:
        InvalidValueError: There is no such account.
    """
    async with engine.connect() as connection:
        account_id = await _named(connection, account_name)
        zone = await find_time_zone(connection, account_id)
        return await get_credit(connection, account_id, clock.now().astimezone(zone).date())


async def add_credit(
    engine: AsyncEngine,
    account_name: str,
    amount: int,
    *,
    note: str,
    is_correction: bool,
    author: Author = COMMAND_LINE,
) -> int:
    """Give a prepaid account credits, or correct what it has; return the balance then.

    Raises:
        InvalidValueError: There is no such account, or the amount or the note is none that can be.
        PostPaidError: The account keeps no balance.
        CreditBelowZeroError: The correction takes more than there is.
    """
    kind = CORRECTION if is_correction else TOP_UP
    amount, note = checked_amount(amount, is_correction=is_correction), checked_note(note)
    async with engine.begin() as connection:
        account_id = await _named(connection, account_name)
        credit = await lock_credit(connection, account_id)
        if credit.balance is None:
            raise PostPaidError(account_name)
        balance = credit.balance + amount
        if balance < 0:
            raise CreditBelowZeroError(taken=-amount, available=credit.balance)
        await _put(connection, account_id, NewEntry(kind, amount, balance, note), author)
        before, after = {"balance": credit.balance}, {"balance": balance, "note": note}
        entry = AuditEntry(f"credit.{kind}", OF_ACCOUNT, before, after)
        await add_entry(connection, account_id, author, entry)
    return balance


async def change_credit(
    connection: AsyncConnection,
    account_id: int,
    changes: CreditChanges,
    author: Author,
) -> None:
    """Make an account prepaid or post-paid, or set its cap, from its next send on.

    One that becomes prepaid begins with no credit. One that becomes post-paid loses what it has;
    the ledger says so.
    """
    credit = await lock_credit(connection, account_id)
    before, after = _told(credit), _told(credit)
    if changes.sets_cap:
        await set_daily_cap(connection, account_id, changes.daily_cap)
        after["daily_cap"] = changes.daily_cap
    if changes.is_prepaid and credit.balance is None:
        await set_balance(connection, account_id, 0)
        after["balance"] = 0
    if changes.is_prepaid is False and credit.balance is not None:
        if credit.balance:
            lost = NewEntry(CORRECTION, -credit.balance, 0, "made post-paid")
            await _put(connection, account_id, lost, author)
        await set_balance(connection, account_id, None)
        after["balance"] = None
    if after != before:
        entry = AuditEntry("credit.terms", OF_ACCOUNT, before, after)
        await add_entry(connection, account_id, author, entry)


async def _put(
    connection: AsyncConnection, account_id: int, entry: NewEntry, author: Author
) -> None:
    await set_balance(connection, account_id, entry.balance)
    await add_credit_entry(connection, account_id, author, entry)


async def _named(connection: AsyncConnection, account_name: str) -> int:
    account_id = await find_account(connection, account_name)
    if account_id is None:
        raise InvalidValueError("account", f"{account_name!r} is not an account's name")
    return account_id


def _told(credit: Credit) -> dict[str, int | None]:
    return {"balance": credit.balance, "daily_cap": credit.daily_cap}
