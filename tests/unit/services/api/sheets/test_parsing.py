"""Any file is either rows or a refusal that says why."""

import contextlib
from io import BufferedReader, BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheets import SheetLimits, SheetRow
from services.api.sheets.parsing import Sheet, parse_sheet
from shared.domain.msisdn import NumberRules
from tests.support.workbooks import raw_workbook, written_workbook

INDIA = NumberRules("IN")
LIMITS = SheetLimits(rows=3_000, columns=30, cell_characters=1_000)
COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
SEEDS = [
    b"Phone,Name\n919876543210,Asha\n",
    b'sep=;\nPhone;"Na""me"\r\n919876543210;"a\nb"\r\n',
    "Phone\tनाम\n919876543210\tआशा\n".encode("utf-16"),
    written_workbook([["Phone", "Name"], [919876543210, "Asha"]]),
    raw_workbook('<row r="1"><c t="s"><v>0</v></c></row>', strings="<si><t>Phone</t></si>"),
    COMPOUND_FILE + b"EncryptedPackage",
]


def sheet_of(octets: bytes) -> Sheet:
    return parse_sheet(BufferedReader(BytesIO(octets)), INDIA, LIMITS)


def rows_of(octets: bytes) -> list[SheetRow]:
    return [row for batch in sheet_of(octets).batches for row in batch.rows]


def refusal(octets: bytes) -> SheetError:
    with pytest.raises(SheetError) as refused:
        rows_of(octets)
    return refused.value


def test_a_list_of_bare_numbers_is_a_file_without_names() -> None:
    rows = rows_of(b"919876543210\n\n  \n+91 98765 43211\n")

    assert [(row.row_number, row.msisdn) for row in rows] == [(1, 919876543210), (4, 919876543211)]


def test_a_workbook_and_a_text_of_the_same_cells_are_the_same_rows() -> None:
    workbook = written_workbook([["Phone", "Name"], [], [919876543210, "Asha"], ["12345", None]])
    text = b"Phone,Name\n\n919876543210,Asha\n12345\n"

    assert sheet_of(workbook).header == sheet_of(text).header
    assert rows_of(workbook) == rows_of(text)
    assert [row.row_number for row in rows_of(text)] == [3, 4]


@pytest.mark.parametrize(
    ("octets", "fault", "row"),
    [
        (b"", SheetFault.EMPTY, None),
        (b" \n,,\n", SheetFault.EMPTY, None),
        (b"Phone,Name\n,\n", SheetFault.EMPTY, None),
        (b"Name,City\nAsha,Pune\n", SheetFault.NO_NUMBER_COLUMN, 1),
        (b"Phone\n1,2\n", SheetFault.EXTRA_CELLS, 2),
        (b"Phone\n" + b"919876543210\n" * 3_001, SheetFault.TOO_MANY_ROWS, 3_002),
        (COMPOUND_FILE + b"Workbook", SheetFault.LEGACY_WORKBOOK, None),
        (
            COMPOUND_FILE + bytes((1 << 18) - 10) + "EncryptedPackage".encode("utf-16-le"),
            SheetFault.ENCRYPTED,
            None,
        ),
        (b"PK\x03\x04 and no more", SheetFault.DAMAGED_WORKBOOK, None),
        (COMPOUND_FILE + "EncryptedPackage".encode("utf-16-le"), SheetFault.ENCRYPTED, None),
        ("Phone,Name\n919876543210,Asha\n".encode("utf-16-le"), SheetFault.NOT_TEXT, None),
        ("Phone,Name\n919876543210,Asha\n".encode("utf-16-be"), SheetFault.NOT_TEXT, None),
    ],
    ids=[
        "nothing",
        "blank rows",
        "names only",
        "no numbers",
        "cell too many",
        "rows",
        "xls",
        "password",
        "cut off",
        "password, told at once",
        "UTF-16, little end first",
        "UTF-16, big end first",
    ],
)
def test_what_cannot_be_read_says_why(octets: bytes, fault: SheetFault, row: int | None) -> None:
    error = refusal(octets)

    assert (error.fault, error.row) == (fault, row)


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"%PDF-1.4\n%\xe2\xe3", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "an image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "an image"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html>", "a web page (HTML)"),
        (b"<TABLE border=1><tr><td>Phone", "a web page (HTML)"),
        (b'<?xml version="1.0"?><Workbook>', "an XML file"),
        (b"{\\rtf1\\ansi", "a text of a word processor (RTF)"),
        (b"\x1f\x8b\x08\0", "an archive"),
    ],
    ids=["PDF", "PNG", "JPEG", "HTML", "table of HTML", "XML", "RTF", "gzip"],
)
def test_what_is_no_table_is_called_what_it_is(octets: bytes, kind: str) -> None:
    error = refusal(octets)

    assert error.told_code == "not_a_table"
    assert str(error).startswith(f"This is {kind}, whatever its name says")


def test_batches_are_bounded_by_rows_and_by_what_they_hold() -> None:
    short = b"Phone,Name\n" + b"919876543210,Asha\n" * 2_500
    long = b"Phone,Name\n" + (b"919876543210," + b"a" * 990 + b"\n") * 600

    assert [len(batch.rows) for batch in sheet_of(short).batches] == [1_000, 1_000, 500]
    assert max(len(batch.rows) for batch in sheet_of(long).batches) < 300


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_octets_are_rows_or_a_refusal(octets: bytes) -> None:
    with contextlib.suppress(SheetError):
        rows_of(octets)


@settings(max_examples=400)
@given(st.sampled_from(SEEDS), st.data())
def test_a_file_damaged_anywhere_is_rows_or_a_refusal(seed: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(start, min(len(seed), start + 20)))
    octets = seed[:start] + data.draw(st.binary(max_size=10)) + seed[end:]

    with contextlib.suppress(SheetError):
        rows_of(octets)


@settings(max_examples=200)
@given(st.text("<>/=\"'&;# crowvtsi:0129AZ!x[]-", max_size=80))
def test_any_xml_in_a_sheet_is_rows_or_a_refusal(rows: str) -> None:
    with contextlib.suppress(SheetError):
        rows_of(raw_workbook(rows, strings=rows))
