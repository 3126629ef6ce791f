"""Make spreadsheets of whole reports: a few at a time, each in a file that is gone afterwards."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import IO

from services.api.domain.errors import AccountSpreadsheetsBusyError, SpreadsheetsBusyError
from services.api.operations.account_places import AccountPlaces
from services.api.sheets.workbook_writing import Cell, TableShape
from services.api.sheets.writing import written_workbook
from services.api.storage.accounts import Account

PIECE_OCTETS = 1 << 18


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """A whole spreadsheet on disk."""

    octet_count: int
    _file: IO[bytes] = field(repr=False)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield its octets in order."""
        while piece := await asyncio.to_thread(self._file.read, PIECE_OCTETS):
            yield piece


class SpreadsheetMaker:
    """What makes the spreadsheets of one API process.

    Args:
        max_spreadsheets: Those being made or fetched at a time.
        max_per_account: Of these, those of one account.
    """

    def __init__(self, *, max_spreadsheets: int, max_per_account: int) -> None:
        self._places = AccountPlaces(
            max_spreadsheets,
            per_account=max_per_account,
            when_full=SpreadsheetsBusyError,
            when_account_full=AccountSpreadsheetsBusyError,
        )

    @asynccontextmanager
    async def make(
        self,
        account: Account,
        shape: TableShape,
        batches: AsyncIterator[Sequence[Sequence[Cell]]],
    ) -> AsyncIterator[Spreadsheet]:
        """Make a spreadsheet, and keep it and its place for as long as the context lasts.

        Args:
            account: Whose place it takes.
            shape: The names of its columns.
            batches: Its rows.

        Yields:
            The spreadsheet, once it is whole.

        Raises:
            SpreadsheetsBusyError: As many are under way as may.
            AccountSpreadsheetsBusyError: The same, of this account's.
        """
        self._places.hold(account.id)
        try:
            async with written_workbook(shape, batches) as file:
                yield Spreadsheet(os.fstat(file.fileno()).st_size, file)
        finally:
            self._places.free(account.id)
