"""Workbooks are read as Excel shows them; damaged and hostile ones are refused."""

from datetime import datetime, time, timedelta
from io import BufferedReader, BytesIO

import pytest
from openpyxl import Workbook

from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheets import SheetLimits, is_blank
from services.api.sheets.workbook import open_workbook
from tests.support.workbooks import MAIN, PARTS, raw_workbook, saved, written_workbook, zipped

LIMITS = SheetLimits(columns=30, cell_characters=1_000)
PHONE = '<row r="1"><c r="A1" t="inlineStr"><is><t>Phone</t></is></c></row>'
BOMB = b"<a/>" * (10 << 20)


def rows_of(octets: bytes) -> list[tuple[int, list[str]]]:
    records = open_workbook(BufferedReader(BytesIO(octets)), LIMITS)
    return [(number, cells) for number, cells in records.rows if not is_blank(cells)]


def cells_of(octets: bytes) -> list[list[str]]:
    return [cells for _, cells in rows_of(octets)]


def refusal(octets: bytes) -> SheetError:
    with pytest.raises(SheetError) as refused:
        rows_of(octets)
    return refused.value


def test_values_come_as_their_cells_show_them() -> None:
    octets = written_workbook(
        [
            ["Phone", "Text", "Yes", "When", "At", "Price", "Took"],
            [
                919876543210,
                " Hi\nआशा ",
                True,
                datetime(2026, 11, 25),  # noqa: DTZ001 -- a cell has no zone
                time(9, 30),
                12.5,
                timedelta(hours=30),
            ],
            [9.1987654321e11, None, False, datetime(2026, 11, 25, 9, 30)],  # noqa: DTZ001
        ]
    )

    assert cells_of(octets)[1:] == [
        ["919876543210", " Hi\nआशा ", "TRUE", "2026-11-25", "09:30", "12.5", "30:00:00"],
        ["919876543210", "", "FALSE", "2026-11-25 09:30"],
    ]


def test_shared_strings_come_without_how_they_are_pronounced() -> None:
    octets = raw_workbook(
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>',
        strings="<si><t>Phone</t></si>"
        "<si><r><t>Asha </t></r><r><t>Rao</t></r><rPh><t>ASHA</t></rPh></si>",
    )

    assert cells_of(octets) == [["Phone", "Asha Rao"]]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="A1"><v>9.19876543210E+11</v></c>', "919876543210"),
        ('<c r="A1" t="str"><f>B1&amp;"x"</f><v>the value kept</v></c>', "the value kept"),
        ('<c r="A1"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="A1" t="e"><f>NA()</f><v>#N/A</v></c>', "#N/A"),
        ('<c r="A1" t="d"><v>2026-11-25T09:30:00</v></c>', "2026-11-25 09:30"),
        ('<c r="A1" t="inlineStr"><is><t>a_x000D_\nb</t></is></c>', "a\r\nb"),
        ("<c><v>7</v></c>", "7"),
        ('<c r="A1"><v>5</v></c><c r="A1"><v>6</v></c>', "6"),
    ],
    ids=[
        "exponent",
        "text formula",
        "formula",
        "error",
        "ISO date",
        "escape",
        "no place",
        "twice",
    ],
)
def test_a_cell_of_any_kind_is_read(cell: str, text: str) -> None:
    assert cells_of(raw_workbook(f"<row>{cell}</row>")) == [[text]]


def test_cells_stand_in_their_columns_and_rows_keep_their_numbers() -> None:
    octets = raw_workbook(
        '<row r="2"><c r="C2"><v>1</v></c></row><row r="9"><c r="B9"><v>2</v></c></row>'
        '<row><c r="AA10"><v>3</v></c></row>'
    )

    assert rows_of(octets) == [(2, ["", "", "1"]), (9, ["", "2"]), (10, [""] * 26 + ["3"])]


def test_elements_may_have_a_prefix() -> None:
    sheet = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v>'
        "</x:c></x:row></x:sheetData></x:worksheet>"
    )
    strings = f'<x:sst xmlns:x="{MAIN}"><x:si><x:t>Phone</x:t></x:si></x:sst>'
    parts = {"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": strings}

    assert cells_of(raw_workbook("", parts=parts)) == [["Phone"]]


def test_the_first_visible_sheet_is_read() -> None:
    workbook = Workbook()
    workbook.create_sheet("Second").append(["visible"])
    workbook.create_sheet("Third").append(["too late"])
    workbook.worksheets[0].append(["hidden"])
    workbook.worksheets[0].sheet_state = "hidden"

    assert cells_of(saved(workbook)) == [["visible"]]


def test_a_workbook_of_1904_counts_days_from_then() -> None:
    workbook = Workbook()
    workbook.epoch = datetime(1904, 1, 1)  # noqa: DTZ001
    workbook.worksheets[0].append([datetime(2026, 11, 25)])  # noqa: DTZ001

    assert cells_of(saved(workbook)) == [["2026-11-25"]]


@pytest.mark.parametrize(
    "rows",
    [
        '<row><c t="s"><v>7</v></c></row>',
        '<row><c t="s"><v>-1</v></c></row>',
        '<row><c t="s"><v>x</v></c></row>',
        "<row><c><v>one</v></c></row>",
        '<row><c s="x"><v>1</v></c></row>',
        '<row><c t="d"><v>soon</v></c></row>',
        "<row><c><v>1</v></c>",
        "<row>&undeclared;</row>",
    ],
)
def test_damaged_cells_are_refused(rows: str) -> None:
    assert refusal(raw_workbook(rows)).fault is SheetFault.DAMAGED_WORKBOOK


def test_entities_are_refused() -> None:
    sheet = (
        '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData>'
        "</worksheet>"
    )

    octets = raw_workbook("", parts={"xl/worksheets/sheet1.xml": sheet})

    assert refusal(octets).fault is SheetFault.DAMAGED_WORKBOOK


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ('<c r="AE1"><v>1</v></c>', SheetFault.TOO_MANY_COLUMNS),
        ('<c r="XFD1"><v>1</v></c>', SheetFault.TOO_MANY_COLUMNS),
        ('<c r="ZZZZZZ1"><v>1</v></c>', SheetFault.TOO_MANY_COLUMNS),
        ('<c r="1"><v>1</v></c>', SheetFault.TOO_MANY_COLUMNS),
    ],
    ids=["one too far", "the last", "no column", "no letters"],
)
def test_cells_outside_of_the_columns_are_refused(cell: str, fault: SheetFault) -> None:
    error = refusal(raw_workbook(f'<row r="4">{cell}</row>'))

    assert (error.fault, error.row) == (fault, 4)


def test_empty_cells_outside_of_the_columns_are_none() -> None:
    assert cells_of(raw_workbook('<row><c><v>1</v></c><c r="XFD1" s="0"/></row>')) == [["1"]]


def test_of_an_endless_text_no_more_is_kept_than_tells_that_it_is_too_long() -> None:
    long = "a" * 200_000
    octets = raw_workbook(
        f'<row><c t="str"><v>{long}</v></c><c t="s"><v>0</v></c></row>',
        strings=f"<si><t>{long}</t></si>",
    )

    (cells,) = cells_of(octets)

    assert all(LIMITS.cell_characters < len(cell) < 100_000 for cell in cells)


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        (zipped({"a.txt": "a"}), SheetFault.NOT_A_WORKBOOK),
        (zipped({}), SheetFault.NOT_A_WORKBOOK),
        (zipped({"xl/workbook.xml": "<"}), SheetFault.DAMAGED_WORKBOOK),
        (raw_workbook(PHONE)[:-40], SheetFault.DAMAGED_WORKBOOK),
        (raw_workbook(PHONE, parts={"xl/workbook.xml": "<"}), SheetFault.DAMAGED_WORKBOOK),
        (raw_workbook(PHONE, parts={"xl/styles.xml": "<x/>"}), SheetFault.DAMAGED_WORKBOOK),
        (raw_workbook(PHONE, parts={"[Content_Types].xml": "<x/>"}), SheetFault.DAMAGED_WORKBOOK),
        (
            zipped({name: part for name, part in PARTS.items() if "shared" not in name}),
            SheetFault.NOT_A_WORKBOOK,
        ),
        (
            raw_workbook(
                PHONE,
                parts={
                    "xl/workbook.xml": PARTS["xl/workbook.xml"].replace(
                        " sheetId", ' state="hidden" sheetId'
                    )
                },
            ),
            SheetFault.NOT_A_WORKBOOK,
        ),
    ],
    ids=[
        "another ZIP",
        "empty ZIP",
        "no types",
        "cut off",
        "no XML",
        "odd styles",
        "odd types",
        "no sheet",
        "hidden",
    ],
)
def test_what_is_no_workbook_is_refused(octets: bytes, fault: SheetFault) -> None:
    assert refusal(octets).fault is fault


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/media/a.png"])
def test_a_workbook_that_swells_is_refused_unread(part: str) -> None:
    octets = raw_workbook(PHONE, parts={part: BOMB})

    assert len(octets) < 1 << 20
    assert refusal(octets).fault is SheetFault.SWOLLEN_WORKBOOK


def test_a_workbook_of_too_many_parts_is_refused() -> None:
    parts = {f"xl/media/{number}.png": b"" for number in range(2_001)}

    assert refusal(raw_workbook(PHONE, parts=parts)).fault is SheetFault.SWOLLEN_WORKBOOK


def test_an_encrypted_part_is_refused_as_such() -> None:
    octets = bytearray(raw_workbook(PHONE))
    # PKWARE APPNOTE §4.3.12: the flags stand 8 octets into an entry of the directory.
    octets[octets.index(b"PK\x01\x02") + 8] |= 1

    assert refusal(bytes(octets)).fault is SheetFault.ENCRYPTED


def test_how_far_the_reading_is_never_goes_back_and_ends_at_the_end() -> None:
    octets = written_workbook([["Phone"], *([919876543210 + n, "Asha"] for n in range(5_000))])
    records = open_workbook(BufferedReader(BytesIO(octets)), LIMITS)

    seen = [records.octets_read() for _ in records.rows]

    assert seen == sorted(seen)
    assert 0 < seen[0] < len(octets) // 2
    assert records.octets_read() == len(octets)
