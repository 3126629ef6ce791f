"""Text files are read as spreadsheets write them, and what is wrong is named with its row."""

import csv
import io
from io import BufferedReader, BytesIO
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheets import SheetLimits
from services.api.sheets.delimited import NOT_UTF_8, open_delimited

LIMITS = SheetLimits(columns=20, cell_characters=1_000)
CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def opened(octets: bytes) -> BufferedReader:
    return BufferedReader(BytesIO(octets))


def rows_of(octets: bytes) -> list[tuple[int, list[str]]]:
    return [(number, cells) for number, cells in open_delimited(opened(octets), LIMITS).rows]


def cells_of(octets: bytes) -> list[list[str]]:
    return [cells for _, cells in rows_of(octets)]


def refusal(octets: bytes) -> SheetError:
    with pytest.raises(SheetError) as refused:
        rows_of(octets)
    return refused.value


@pytest.mark.parametrize(
    "octets",
    [
        "Phone,नाम\n1,आशा\n".encode(),
        "Phone,नाम\n1,आशा\n".encode("utf-8-sig"),
        "Phone,नाम\n1,आशा\n".encode("utf-16"),
        b"\xfe\xff" + "Phone,नाम\n1,आशा\n".encode("utf-16-be"),
    ],
    ids=["UTF-8", "UTF-8 with a mark", "UTF-16 little", "UTF-16 big"],
)
def test_the_encoding_is_recognised(octets: bytes) -> None:
    assert cells_of(octets) == [["Phone", "नाम"], ["1", "आशा"]]
    assert open_delimited(opened(octets), LIMITS).warnings == []


def test_what_is_not_utf_8_is_windows_1252_and_says_so() -> None:
    octets = b"Phone,Name\n1,Caf\xe9 \x80\n"

    assert cells_of(octets)[1] == ["1", "Café €"]
    assert open_delimited(opened(octets), LIMITS).warnings == [NOT_UTF_8]


def test_one_odd_octet_at_the_very_end_decides_the_encoding() -> None:
    octets = b"Phone,Name\n" + b"1,a\n" * 100_000 + b"1,\xe9"

    assert open_delimited(opened(octets), LIMITS).warnings == [NOT_UTF_8]


@pytest.mark.parametrize(
    "octets", [b"Phone\n\x81", b"\xff\xfe\x00\xd8"], ids=["neither", "half a pair of UTF-16"]
)
def test_octets_that_are_no_text_are_refused(octets: bytes) -> None:
    assert refusal(octets).fault is SheetFault.NOT_TEXT


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_rows_are_counted_as_a_spreadsheet_counts_them(end: str) -> None:
    text = end.join(["", "Phone;Text", '1;"a', 'b"', "", "2;c"])

    assert rows_of(text.encode()) == [
        (1, []),
        (2, ["Phone", "Text"]),
        (3, ["1", f"a{end}b"]),
        (4, []),
        (5, ["2", "c"]),
    ]


def test_a_declared_separator_is_no_row_and_is_counted() -> None:
    assert rows_of(b"sep=|\nPhone|Name, first\n") == [(2, ["Phone", "Name, first"])]


@pytest.mark.parametrize("octets", [b"", b"\n\n", b"\xef\xbb\xbf"], ids=["none", "blank", "mark"])
def test_a_file_of_nothing_has_no_cells(octets: bytes) -> None:
    assert [cells for cells in cells_of(octets) if cells] == []


@pytest.mark.parametrize(
    ("octets", "fault", "row"),
    [
        (b'Phone,Name\n1,"a"b"\n', SheetFault.BAD_QUOTE, 2),
        (b'Phone,Name\n1,a\n2,"never closed\n', SheetFault.BAD_QUOTE, 3),
        (b"Phone,Name\n1," + b"a" * 1_001, SheetFault.CELL_TOO_LONG, 2),
        (b"Phone,Name\n" + b"1," * 20_000, SheetFault.BAD_QUOTE, 2),
    ],
    ids=["quote inside", "never closed", "long cell", "endless line"],
)
def test_what_is_no_csv_is_named_with_its_row(octets: bytes, fault: SheetFault, row: int) -> None:
    error = refusal(octets)

    assert (error.fault, error.row) == (fault, row)


@given(
    st.lists(st.lists(CELL, min_size=2, max_size=6), min_size=1, max_size=20),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_python_writes_is_read_back(
    rows: list[list[str]],
    delimiter: str,
    encoding: str,
    quoting: Literal[0, 1],
) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quoting=quoting).writerows([["Phone", "Name"], *rows])

    assert cells_of(written.getvalue().encode(encoding)) == [["Phone", "Name"], *rows]


def test_how_far_the_reading_is_never_goes_back_and_ends_at_the_end() -> None:
    octets = b"Phone,Name\n" + b"919876543210,Asha\n" * 10_000
    records = open_delimited(opened(octets), LIMITS)

    seen = [records.octets_read() for _ in records.rows]

    assert seen == sorted(seen)
    assert seen[0] < len(octets) // 10
    assert seen[-1] == len(octets)
