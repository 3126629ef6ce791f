"""A spreadsheet's value as the text that its cell stands for."""

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal

CellValue = str | bool | int | float | datetime | date | time | timedelta | None
# Excel keeps and shows fifteen digits; what binary fractions add beyond them is noise.
_EXCEL_DIGITS = 15


def cell_text(value: CellValue) -> str:  # noqa: PLR0911 -- one for each kind
    """Write a value as text: numbers in full, dates in ISO 8601 with a blank before a time.

    A number never comes out in scientific notation.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case float():
            return _number_text(value)
        case datetime():
            return _moment_text(value)
        case timedelta():
            return _duration_text(value)
        case time():
            return value.isoformat(timespec="seconds" if value.second else "minutes")
        case _:
            return value.isoformat()


def _number_text(number: float) -> str:
    if not math.isfinite(number):
        return str(number)
    exact = Decimal(f"{number:.{_EXCEL_DIGITS}g}")
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment_text(moment: datetime) -> str:
    if moment.time() == time():
        return moment.date().isoformat()
    return moment.isoformat(sep=" ", timespec="seconds" if moment.second else "minutes")


def _duration_text(duration: timedelta) -> str:
    seconds = round(duration.total_seconds())
    sign = "-" if seconds < 0 else ""
    minutes, seconds = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02}:{seconds:02}"
