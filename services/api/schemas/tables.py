"""Reports as CSV (RFC 4180), row by row: no more of one is ever in memory than a batch."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from services.api.domain.table_cells import csv_cell, number_text

CSV_TYPE = "text/csv; charset=utf-8; header=present"
BYTE_ORDER_MARK = "\ufeff"
MOBILE = "mobile"


async def to_csv(
    columns: Sequence[str],
    batches: AsyncIterator[Iterable[Mapping[str, object]]],
    *,
    with_mark: bool,
) -> AsyncIterator[bytes]:
    """Yield a table as CSV: the names of its columns, then its rows.

    Args:
        columns: Which values of each row, in their order.
        batches: The rows.
        with_mark: Whether to begin with a byte order mark, by which Excel knows UTF-8.

    Yields:
        Octets, a batch at a time.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write(BYTE_ORDER_MARK if with_mark else "")
    writer.writerow(columns)
    yield _taken(text)
    async for batch in batches:
        writer.writerows(_cells(columns, row) for row in batch)
        yield _taken(text)


def _cells(columns: Sequence[str], row: Mapping[str, object]) -> list[str]:
    return [
        number_text(str(row[name])) if name == MOBILE else csv_cell(row[name]) for name in columns
    ]


def _taken(text: io.StringIO) -> bytes:
    octets = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return octets
