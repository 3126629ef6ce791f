"""Reports as spreadsheets (XLSX): the same columns as the CSV, with times and texts as such."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from itertools import islice
from typing import get_args
from zoneinfo import ZoneInfo

from pydantic.fields import FieldInfo
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from services.api.domain.table_cells import xlsx_cell
from services.api.operations.make_spreadsheets import Spreadsheet
from services.api.schemas.tables import MOBILE
from services.api.sheets.workbook_writing import Cell, TableShape

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# So many rows are turned to cells at once, between which others' requests are served.
PIECE_ROWS = 1_000
# For making and fetching it; a client that reads nothing more would else hold its place for ever.
LONGEST_S = 3_600.0


def to_shape(title: str, fields: Mapping[str, FieldInfo], zone: ZoneInfo) -> TableShape:
    """Return what a table of these values looks like; columns of times name their zone."""
    dates = [
        number
        for number, field in enumerate(fields.values())
        if datetime in (field.annotation, *get_args(field.annotation))
    ]
    names = [
        f"{name} ({zone.key})" if number in dates else name for number, name in enumerate(fields)
    ]
    return TableShape(title, names, dates)


async def to_cells(
    columns: Sequence[str], batches: AsyncIterator[Iterable[Mapping[str, object]]]
) -> AsyncIterator[list[list[Cell]]]:
    """Yield the rows of a table as cells.

    Args:
        columns: Which values of each row, in their order.
        batches: The rows.

    Yields:
        At most ``PIECE_ROWS`` of them.
    """
    async for batch in batches:
        for piece in _pieces(_cells(columns, row) for row in batch):
            yield piece
            # Asked for the next one at once, it would not let others have their turn.
            await asyncio.sleep(0)


def _cells(columns: Sequence[str], row: Mapping[str, object]) -> list[Cell]:
    return [f"+{row[name]}" if name == MOBILE else xlsx_cell(row[name]) for name in columns]


def _pieces(rows: Iterator[list[Cell]]) -> Iterator[list[list[Cell]]]:
    while piece := list(islice(rows, PIECE_ROWS)):
        yield piece


class SpreadsheetResponse(Response):
    """Makes a spreadsheet and sends it; stops when nobody waits for it any more."""

    media_type = XLSX_TYPE

    def __init__(self, name: str, making: AbstractAsyncContextManager[Spreadsheet]) -> None:
        super().__init__(headers={"content-disposition": f'attachment; filename="{name}"'})
        self._making = making

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        serving = asyncio.create_task(self._serve(send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait(
                {serving, leaving}, timeout=LONGEST_S, return_when=asyncio.FIRST_COMPLETED
            )
            if serving.done():
                await serving
        finally:
            leaving.cancel()
            serving.cancel()
            await asyncio.gather(serving, leaving, return_exceptions=True)

    async def _serve(self, send: Send) -> None:
        # Whole before its first octet is sent, so that what goes wrong can still be said.
        async with self._making as spreadsheet:
            self.headers["content-length"] = str(spreadsheet.octet_count)
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            async for piece in spreadsheet.pieces():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
