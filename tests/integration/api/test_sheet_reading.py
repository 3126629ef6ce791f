"""A file is read by a process of its own, which ends with the reading and harms nothing else."""

import asyncio
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import IO

import psutil
import pytest
import uvloop

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
    return [child for child in psutil.Process().children() if is_reader(child)]


def is_reader(child: psutil.Process) -> bool:
    try:
        return "services.api.sheets" in child.cmdline()
    except psutil.ZombieProcess:
        # It has ended and is yet to be collected: until then it is there.
        return True
    except psutil.NoSuchProcess:
        return False


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


async def test_process_is_started_beside_the_event_loop(file: IO[bytes]) -> None:
    write(file, b"Phone\n919876543210\n")
    threads: list[int] = []

    def note(event: str, arguments: object) -> None:
        del arguments
        if event == "subprocess.Popen":
            threads.append(threading.get_ident())

    # It stays for good, and says nothing of later tests to anyone.
    sys.addaudithook(note)
    await rows_of(file)

    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


def test_reading_is_the_same_on_the_servers_event_loop(file: IO[bytes]) -> None:
    write(file, MANY)

    async def first_rows() -> list[SheetRow]:
        async with reading_sheet(file, INDIA) as sheet:
            return (await anext(sheet.batches)).rows

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(first_rows())

    assert rows[0] == SheetRow(2, "919876543210", 919876543210, None, ["919876543210"])
    assert readers() == []


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.01, 0.1, 0.4])
async def test_whoever_is_cancelled_leaves_no_process(
    file: IO[bytes], after_s: float, times: int
) -> None:
    write(file, MANY)
    open_count = psutil.Process().num_fds()
    reading = asyncio.create_task(rows_of(file))
    await asyncio.sleep(after_s)

    for _ in range(times):
        reading.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await reading

    async def is_over() -> bool:
        return readers() == [] and psutil.Process().num_fds() == open_count

    await until(is_over)


async def test_process_inherits_no_secret_and_no_file_of_ours(
    file: IO[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@db/txlink")
    write(file, MANY)

    with tempfile.TemporaryFile() as ours:
        os.set_inheritable(ours.fileno(), True)  # noqa: FBT003 - as the library has it
        async with reading_sheet(file, INDIA):
            (reader,) = readers()
            open_count = reader.num_fds()
            names = set(reader.environ())

    assert open_count == 3
    assert names <= {"PYTHONPATH", "TMPDIR", "LC_CTYPE"}


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
