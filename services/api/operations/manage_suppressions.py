"""Note, take back, list and take in the opt-outs of an account."""

import asyncio
from array import array
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.authors import COMMAND_LINE, Author
from services.api.domain.errors import InvalidValueError
from services.api.domain.opt_outs import NotOptedOutError, SuppressionSource, checked_note
from services.api.domain.sheets import SheetLimits
from services.api.operations.reading_imports import ImportTally
from services.api.sheets.reading import reading_sheet
from services.api.storage.accounts import Account, find_whole_account
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.suppressions import (
    Suppression,
    add_suppression,
    add_suppressions,
    find_suppression,
    list_suppressions,
    remove_suppression,
)
from shared.domain.erasing import masked_number
from shared.domain.msisdn import NumberRules, parse_msisdn
from shared.domain.number_rejections import InvalidMsisdnError
from shared.domain.recipients import parse_recipients

# What the audit trail calls them all together.
ALL = "suppressions"
MAX_IMPORTED = SheetLimits().rows
EXPORTED_AT_ONCE = 5_000
BEFORE_ALL = 0


@dataclass(frozen=True, slots=True)
class Noted:
    """An opt-out, and whether it was noted just now."""

    suppression: Suppression
    is_new: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """What a list of opt-outs came to.

    Attributes:
        known_count: Of the numbers, those that had opted out before.
        duplicate_count: Those that repeat an earlier one.
    """

    tally: ImportTally = field(repr=False)
    added_count: int
    known_count: int
    duplicate_count: int


@dataclass(frozen=True, slots=True)
class OptOutOrders:
    """Reads and changes the opt-outs of an account; sends and workers heed them at once.

    Attributes:
        author: Who does.
    """

    engine: AsyncEngine
    account: Account
    author: Author

    async def find(self, number: str) -> Suppression:
        """Return the opt-out of a number, in any written form.

        Raises:
            InvalidValueError: It is no number.
            NotOptedOutError: It has not opted out.
        """
        msisdn = self._read(number, _any_number(self.account))
        async with self.engine.connect() as connection:
            found = await find_suppression(connection, self.account.id, msisdn)
        if found is None:
            raise NotOptedOutError
        return found

    async def page(self, *, after: int | None, row_limit: int) -> list[Suppression]:
        """Return opt-outs behind a number, in the order of numbers."""
        async with self.engine.connect() as connection:
            return await list_suppressions(
                connection,
                self.account.id,
                after_msisdn=BEFORE_ALL if after is None else after,
                row_limit=row_limit,
            )

    async def export(self) -> AsyncIterator[Sequence[Suppression]]:
        """Yield all opt-outs in the order of numbers, ``EXPORTED_AT_ONCE`` at a time.

        Each batch is a transaction of its own, so that a slow reader holds no connection.
        """
        after = BEFORE_ALL
        while batch := await self.page(after=after, row_limit=EXPORTED_AT_ONCE):
            yield batch
            after = batch[-1].msisdn

    async def add(self, number: str, *, source: SuppressionSource, note: str) -> Noted:
        """Note that a number wants nothing more; what was noted before stays as it is.

        Raises:
            InvalidValueError: It is no number that could be sent to, or the note is none.
        """
        msisdn = self._read(number, self.account.number_rules)
        text = checked_note(note)
        async with self.engine.begin() as connection:
            found, is_new = await add_suppression(
                connection, self.account.id, msisdn, source=source, note=text, author=self.author
            )
        return Noted(found, is_new)

    async def remove(self, number: str, *, note: str = "") -> None:
        """Take an opt-out back.

        Args:
            number: In any written form.
            note: Why, for the audit trail.

        Raises:
            InvalidValueError: It is no number, or the note is none.
            NotOptedOutError: It has not opted out.
        """
        msisdn = self._read(number, _any_number(self.account))
        text = checked_note(note)
        async with self.engine.begin() as connection:
            was = await remove_suppression(connection, self.account.id, msisdn)
            if was is None:
                raise NotOptedOutError
            before = {
                "source": was.source,
                "note": was.note,
                "created_at": was.created_at.isoformat(),
            }
            after = {"note": text} if text else None
            entry = AuditEntry("suppression.remove", masked_number(msisdn), before, after)
            await add_entry(connection, self.account.id, self.author, entry)

    async def import_file(self, file: IO[bytes], *, note: str) -> Imported:
        """Note the opt-outs of a csv, txt or xlsx file, all or none.

        Args:
            file: On disk; the caller closes it.
            note: Of all of them.

        Raises:
            SheetError: The file is refused.
            InvalidValueError: The note is none.
        """
        text, tally, numbers = checked_note(note), ImportTally(), array("q")
        async with reading_sheet(file, self.account.number_rules) as sheet:
            async for batch in sheet.batches:
                found = map(tally.number_of, batch.rows)
                numbers.extend(msisdn for msisdn in found if msisdn is not None)
        return await self._store(numbers, tally, source=SuppressionSource.FILE, note=text)

    async def import_list(self, mobiles: Sequence[str], *, note: str) -> Imported:
        """Note the opt-outs of a list of numbers, all or none.

        Raises:
            InvalidValueError: They are too many, or the note is none.
        """
        text = checked_note(note)
        if len(mobiles) > MAX_IMPORTED:
            wanted = f"must be a list of at most {MAX_IMPORTED} numbers"
            raise InvalidValueError("body", wanted)
        numbers, tally = await asyncio.to_thread(self._read_list, mobiles)
        return await self._store(numbers, tally, source=SuppressionSource.API, note=text)

    def _read_list(self, mobiles: Sequence[str]) -> tuple["array[int]", ImportTally]:
        numbers, tally, rules = array("q"), ImportTally(), self.account.number_rules
        for place, mobile in enumerate(mobiles, start=1):
            read = parse_recipients(mobile, rules=rules, drop_duplicates=False)
            numbers.extend(read.msisdns)
            tally.row_count += len(read.msisdns) + len(read.rejected)
            for each in read.rejected:
                tally.reject(place, each.raw, each.reason.value, each.reason.message)
        return numbers, tally

    async def _store(
        self, numbers: "array[int]", tally: ImportTally, *, source: SuppressionSource, note: str
    ) -> Imported:
        # In their order, so that no two imports wait for each other in a ring; and only now, so
        # that no connection is held while a file is read.
        distinct = await asyncio.to_thread(_in_order, numbers)
        async with self.engine.begin() as connection:
            added = await add_suppressions(
                connection,
                self.account.id,
                distinct,
                source=source,
                note=note,
                author=self.author,
            )
            imported = Imported(tally, added, len(distinct) - added, len(numbers) - len(distinct))
            counts = {
                "source": source.value,
                "rows": tally.row_count,
                "added": added,
                "known": imported.known_count,
                "duplicates": imported.duplicate_count,
                "rejected": tally.rejected_count,
            }
            entry = AuditEntry("suppression.import", ALL, None, counts)
            await add_entry(connection, self.account.id, self.author, entry)
        return imported

    def _read(self, number: str, rules: NumberRules) -> int:
        try:
            return parse_msisdn(number, rules)
        except InvalidMsisdnError as error:
            raise InvalidValueError("msisdn", f"cannot be read: {error.reason.message}") from error


async def opt_out_orders_for(
    engine: AsyncEngine, account_name: str, author: Author = COMMAND_LINE
) -> OptOutOrders:
    """Return what the command line reads and changes an account's opt-outs with.

    Raises:
        InvalidValueError: There is no such account.
    """
    async with engine.connect() as connection:
        account = await find_whole_account(connection, account_name)
    if account is None:
        raise InvalidValueError("account", f"{account_name!r} is not an account's name")
    return OptOutOrders(engine, account, author)


def _in_order(numbers: "array[int]") -> "array[int]":
    """Sort numbers, each once; as objects of Python a million of them would take 100 MB."""
    return array("q", np.unique(np.asarray(numbers, dtype=np.int64)).tobytes())


def _any_number(account: Account) -> NumberRules:
    # What was noted under other rules must be found under those of today.
    return NumberRules(
        default_region=account.default_region, allow_landlines=True, allow_short_codes=True
    )
