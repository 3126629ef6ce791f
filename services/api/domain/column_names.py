"""Names of columns as they are compared, in files, JSON rows and placeholders alike."""

import unicodedata


def column_key(name: str) -> str:
    """Return a column's name as it is compared: without case and surrounding blanks."""
    return unicodedata.normalize("NFC", name.strip().casefold())
