"""Workbooks are written whole or not at all, and go on where a sheet is full."""

import io
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from services.api.sheets import frames
from services.api.sheets.workbook_process import write_workbook
from services.api.sheets.workbook_writing import Cell, TableShape, WorkbookWriter
from services.api.sheets.writing import WorkbookProcessError, written_workbook

SHAPE = {"title": "clicks", "columns": ["at (UTC)", "mobile"], "date_columns": [0]}
ROW: list[Cell] = [46_351.5, "+919876543210"]


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def sheets_of(path: Path) -> dict[str, list[object]]:
    book = load_workbook(path)
    return {
        sheet.title: [row[1] for row in sheet.iter_rows(values_only=True)]
        for sheet in book.worksheets
    }


@pytest.mark.parametrize(
    ("row_count", "sizes"),
    [
        (0, {"clicks": 1}),
        (3, {"clicks": 4}),
        (4, {"clicks": 4, "clicks 2": 2}),
        (7, {"clicks": 4, "clicks 2": 4, "clicks 3": 2}),
    ],
    ids=["none", "a full sheet", "one more", "two more sheets"],
)
def test_full_sheet_is_followed_by_another_with_the_names(
    tmp_path: Path, row_count: int, sizes: dict[str, int]
) -> None:
    writer = WorkbookWriter(
        tmp_path / "a.xlsx", TableShape("clicks", ["at (UTC)", "mobile"], [0]), max_sheet_rows=4
    )
    for number in range(row_count):
        writer.add([46_351.5, str(number)])
    writer.close()

    sheets = sheets_of(tmp_path / "a.xlsx")

    assert {title: len(rows) for title, rows in sheets.items()} == sizes
    assert [row for rows in sheets.values() for row in rows[1:]] == [
        str(number) for number in range(row_count)
    ]
    assert {rows[0] for rows in sheets.values()} == {"mobile"}


@pytest.mark.parametrize("octet_count", [0, 3, 30])
def test_table_that_breaks_off_becomes_no_workbook(tmp_path: Path, octet_count: int) -> None:
    pieces: list[frames.Frame] = [SHAPE, {"rows": [ROW]}, {"rows": [ROW]}, frames.END]
    whole = b"".join(map(frames.to_octets, pieces))
    path = tmp_path / "a.xlsx"

    assert not write_workbook(io.BytesIO(whole[:octet_count]), path)
    assert not path.exists()
    assert write_workbook(io.BytesIO(whole), path)
    assert sheets_of(path) == {"clicks": ["mobile", "+919876543210", "+919876543210"]}


def test_writer_whose_feeder_died_takes_its_folder_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "table"
    folder.mkdir()
    command = [sys.executable, "-m", "services.api.sheets.workbook_process", str(folder)]

    ended = subprocess.run(
        command,
        input=frames.to_octets(SHAPE) + frames.to_octets({"rows": [ROW]}),
        capture_output=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, b"")
    assert not folder.exists()


async def test_writer_that_fails_is_noticed_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    piece_count = 0

    async def batches() -> AsyncIterator[list[list[Cell]]]:
        nonlocal piece_count
        for _ in range(1_000):
            piece_count += 1
            yield [ROW] * 1_000

    refused = TableShape("no/title", ["at", "mobile"], [0])
    with pytest.raises(WorkbookProcessError):
        async with written_workbook(refused, batches()):
            pass

    # It does not go on feeding a process that is gone.
    assert piece_count < 1_000
    assert names_in(tmp_path) == []
    assert "InvalidWorksheetName" in capfd.readouterr().err
