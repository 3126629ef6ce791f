"""A file is read by a process of its own, which ends with the reading and harms nothing else."""

import asyncio
import tempfile
from collections.abc import Iterator
from typing import IO

import psutil
import pytest

from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheets import SheetRow
from services.api.sheets.reading import reading_sheet
from shared.domain.msisdn import NumberRules
from tests.support.waiting import until

INDIA = NumberRules("IN")
MANY = b"Phone\n" + b"919876543210\n" * 300_000


@pytest.fixture
def file() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        yield file


def write(file: IO[bytes], octets: bytes) -> None:
    file.write(octets)
    file.flush()


async def rows_of(file: IO[bytes]) -> list[SheetRow]:
    async with reading_sheet(file, INDIA) as sheet:
        return [row async for batch in sheet.batches for row in batch.rows]


def readers() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if "services.api.sheets" in child.cmdline()]


async def test_a_file_can_be_read_more_than_once(file: IO[bytes]) -> None:
    write(file, b"Phone,Message\n919876543210,Hi \xe0\xa4\x86\n12345\n")

    first = await rows_of(file)

    assert [(row.row_number, row.msisdn, row.rejection, row.cells) for row in first] == [
        (2, 919876543210, None, ["919876543210", "Hi आ"]),
        (3, None, "too_short", ["12345", ""]),
    ]
    assert await rows_of(file) == first


async def test_the_rules_of_the_account_go_with_the_file(file: IO[bytes]) -> None:
    write(file, b"Phone\n02079460000\n")

    async with reading_sheet(file, NumberRules("GB", allow_landlines=True)) as sheet:
        rows = [row async for batch in sheet.batches for row in batch.rows]

    assert rows[0].msisdn == 442079460000


@pytest.mark.parametrize(
    ("octets", "fault", "row"),
    [
        (b"Name\nAsha\n", SheetFault.NO_NUMBER_COLUMN, 1),
        (b"Phone\n" + b"919876543210\n" * 5_000 + b"1,2\n", SheetFault.EXTRA_CELLS, 5_002),
    ],
    ids=["at once", "later"],
)
async def test_a_refusal_comes_through_with_its_row(
    file: IO[bytes], octets: bytes, fault: SheetFault, row: int
) -> None:
    write(file, octets)

    with pytest.raises(SheetError) as refused:
        await rows_of(file)

    assert (refused.value.fault, refused.value.row) == (fault, row)
    assert readers() == []


async def test_whoever_stops_reading_ends_the_process(file: IO[bytes]) -> None:
    write(file, MANY)

    async with reading_sheet(file, INDIA) as sheet:
        await anext(sheet.batches)
        assert len(readers()) == 1

    assert readers() == []


async def test_a_process_that_is_killed_is_a_file_that_could_not_be_read(
    file: IO[bytes],
) -> None:
    write(file, MANY)

    async with reading_sheet(file, INDIA) as sheet:
        (reader,) = readers()
        reader.kill()
        with pytest.raises(SheetError) as refused:
            [batch async for batch in sheet.batches]

    assert refused.value.fault is SheetFault.UNREADABLE


async def test_rows_are_read_no_further_ahead_than_they_are_taken(file: IO[bytes]) -> None:
    write(file, MANY)

    async with reading_sheet(file, INDIA) as sheet:
        await anext(sheet.batches)
        (reader,) = readers()

        async def waits() -> bool:
            before = reader.cpu_times().user
            await asyncio.sleep(0.3)
            return reader.cpu_times().user == before

        await until(waits)
        assert (await anext(sheet.batches)).octets_read < len(MANY) // 10
