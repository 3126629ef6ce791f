"""Values as the cells of a table that a spreadsheet program may open."""

from datetime import datetime

# What a spreadsheet program takes for the start of a formula, in its full-width form, too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


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
