"""What an upload takes: rows a second, and memory, which must not grow with the file.

A real API process on an embedded Postgres, called over HTTP. Memory is the resident set of the
process and of those that it starts to read files, sampled while an upload is under way; each
format's 100,000 rows are held against its own 1,000 in the same run. The peer for time is a
committed COPY of the same rows, already made, into the same table.

    python -m bench.uploads
"""

import asyncio
import csv
import io
import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import asyncpg
import httpx
import psutil

from bench.send import bench_account, running_api
from tests.support.workbooks import raw_workbook

BULK = 100_000
SMALL = 1_000
MAX_GROWTH_MIB = 32.0
SAMPLE_S = 0.01
FIRST_MSISDN = 919_800_000_000
NAMES = ["Phone", "Message", "Name", "City", "Code", "Amount"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MIB = 1 << 20

Row = list[str | int | float]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one upload or send took."""

    seconds: float
    peak_mib: float


def rows_of(count: int) -> list[Row]:
    return [
        [
            FIRST_MSISDN + n,
            f"Hello {n}, your offer: https://shop.example.com/sale?customer={n}",
            f"Customer {n}",
            "Pune",
            n,
            n * 1.5,
        ]
        for n in range(count)
    ]


def csv_of(count: int) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([NAMES, *rows_of(count)])
    return written.getvalue().encode()


def xlsx_of(count: int) -> bytes:
    """Write a workbook as Excel does, with every text in its table of shared strings."""
    numbers: dict[str, int] = {}

    def cell(value: float | str) -> str:
        if not isinstance(value, str):
            return f"<c><v>{value}</v></c>"
        return f'<c t="s"><v>{numbers.setdefault(value, len(numbers))}</v></c>'

    sheet: list[Row] = [list(NAMES), *rows_of(count)]
    rows = "".join(
        f'<row r="{number}">{"".join(map(cell, row))}</row>'
        for number, row in enumerate(sheet, start=1)
    )
    return raw_workbook(rows, strings="".join(f"<si><t>{text}</t></si>" for text in numbers))


FORMATS: dict[str, tuple[Callable[[int], bytes], str]] = {
    "csv": (csv_of, "text/csv"),
    "xlsx": (xlsx_of, XLSX),
}


def resident_mib(process: psutil.Process) -> float:
    """Add up what a process and its children hold."""
    octets = 0
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            octets += one.memory_info().rss
    return octets / MIB


async def sample(process: psutil.Process, peaks: list[float]) -> None:
    while True:
        peaks.append(resident_mib(process))
        await asyncio.sleep(SAMPLE_S)


async def upload(
    client: httpx.AsyncClient, process: psutil.Process, content: bytes, kind: str, count: int
) -> Taken:
    peaks: list[float] = []
    sampling = asyncio.create_task(sample(process, peaks))
    started = time.perf_counter()
    response = await client.post("/uploads", content=content, headers={"content-type": kind})
    path = response.raise_for_status().headers["location"]
    while True:
        told = (await client.get(path)).raise_for_status().json()
        if told["status"] not in {"waiting", "reading"}:
            break
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - started
    sampling.cancel()
    assert (told["status"], told["valid"], told["rejected"]) == ("ready", count, 0), told
    return Taken(seconds, max(peaks))


async def copy_seconds(database_url: str, count: int) -> float:
    raw = await asyncpg.connect(database_url)
    records = [
        (0, place, place + 2, str(row[0]), row[0], None, list(map(str, row)))
        for place, row in enumerate(rows_of(count))
    ]
    columns = ["upload_id", "position", "row_number", "mobile", "msisdn", "rejection", "cells"]
    started = time.perf_counter()
    await raw.copy_records_to_table("upload_row", records=records, columns=columns)
    seconds = time.perf_counter() - started
    await raw.close()
    return seconds


def api_process() -> psutil.Process:
    """Return the API process that this one started."""
    (process,) = (
        child for child in psutil.Process().children() if "services.api" in child.cmdline()
    )
    return process


async def measure(api_url: str, key: str) -> dict[str, dict[int, Taken]]:
    process = api_process()
    taken: dict[str, dict[int, Taken]] = {}
    async with httpx.AsyncClient(base_url=api_url, headers={"apikey": key}, timeout=60) as client:
        for name, (write, kind) in FORMATS.items():
            small, bulk = write(SMALL), write(BULK)
            # The first of all pays for what the process imports and connects to.
            await upload(client, process, small, kind, SMALL)
            taken[name] = {
                SMALL: await upload(client, process, small, kind, SMALL),
                BULK: await upload(client, process, bulk, kind, BULK),
            }
    return taken


def main() -> int:
    with bench_account() as (database_url, key):
        with running_api(database_url) as api_url:
            taken = asyncio.run(measure(api_url, key))
        copied_s = asyncio.run(copy_seconds(database_url, BULK))
    growths = {name: by[BULK].peak_mib - by[SMALL].peak_mib for name, by in taken.items()}
    print(f"{'':6}{'rows':>10}{'s':>9}{'rows/s':>10}{'COPYs':>8}{'peak MiB':>10}{'grown MiB':>11}")
    for name, by in taken.items():
        for count, one in by.items():
            copies = one.seconds / copied_s if count == BULK else float("nan")
            print(
                f"{name:6}{count:>10,}{one.seconds:>9.2f}{count / one.seconds:>10,.0f}"
                f"{copies:>8.1f}{one.peak_mib:>10.1f}"
                f"{one.peak_mib - by[SMALL].peak_mib:>11.1f}"
            )
    print(f"{'COPY':6}{BULK:>10,}{copied_s:>9.2f}{BULK / copied_s:>10,.0f}")
    holds = all(growth <= MAX_GROWTH_MIB for growth in growths.values())
    print(
        json.dumps(
            {
                "bench": "uploads",
                "rows_per_s": {name: round(BULK / by[BULK].seconds) for name, by in taken.items()},
                "upload_to_copy": {
                    name: round(by[BULK].seconds / copied_s, 1) for name, by in taken.items()
                },
                "grown_mib": {name: round(growth, 1) for name, growth in growths.items()},
                "max_grown_mib": MAX_GROWTH_MIB,
                "holds": holds,
            }
        )
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
