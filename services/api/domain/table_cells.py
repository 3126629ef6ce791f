"""Values as the cells of a table that a spreadsheet program may open."""

from datetime import datetime, timedelta
from typing import cast

# What a spreadsheet program takes for the start of a formula, in its full-width form, too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Day 0 of a workbook; its day 60 never was, so later days are counted from here.
FIRST_SERIAL_DATE = datetime(1899, 12, 30)  # noqa: DTZ001 -- a serial date has no zone


def plain_text(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula (CWE-1236).

    A text that begins like one gets an apostrophe before it, which such programs read as the
    mark of a text.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def number_text(msisdn: str) -> str:
    """Return a mobile number in the form of E.164, as a text: a bare one would be rounded."""
    return plain_text(f"+{msisdn}")


def csv_cell(value: object) -> str:
    """Return a value as the text of a cell; times as ISO 8601 has them, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, list):
        return plain_text(" ".join(map(str, value)))
    return plain_text(value) if isinstance(value, str) else str(value)


def xlsx_cell(value: object) -> str | float | None:
    """Return a value as a cell of a workbook: a text, a number, or nothing.

    Args:
        value: A time has the clock of the zone in which it is to be read.
    """
    if isinstance(value, datetime):
        return serial_date(value)
    if isinstance(value, list):
        return xlsx_text(" ".join(map(str, value)))
    return xlsx_text(value) if isinstance(value, str) else cast("float | None", value)


def xlsx_text(text: str) -> str:
    """Return a text that XML can hold, and that is not taken for the XML of a formatted one."""
    text = text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    # The library writes what is between these as it stands.
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


def serial_date(moment: datetime) -> float:
    """Return a time as workbooks count it: days of its own clock since the end of 1899."""
    clock = moment.replace(tzinfo=None, microsecond=0)
    return (clock - FIRST_SERIAL_DATE) / timedelta(days=1)
