"""Which character separates the cells of a text file."""

import re

from services.api.domain.sheets import names_a_number

DELIMITERS = (",", ";", "\t", "|")
_QUOTED = re.compile(r'"(?:[^"]|"")*+(?:"|\Z)')
# What Excel itself writes and reads in front of a file.
_DECLARED = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)


def declared_delimiter(first_line: str) -> str | None:
    """Return the character that a line ``sep=;`` declares; None where it is no such line."""
    declared = _DECLARED.fullmatch(first_line)
    return declared[1] if declared and declared[1] in DELIMITERS else None


def find_delimiter(header: str) -> str:
    """Recognise the separator by a file's first line that is not blank.

    It is the one that sets a column of numbers apart, else the one that stands there most often
    outside of quotes.
    """
    bare = _QUOTED.sub(lambda quoted: quoted[0].strip('"').translate(_WITHOUT_DELIMITERS), header)
    by_count = sorted(DELIMITERS, key=bare.count, reverse=True)
    for delimiter in by_count:
        if delimiter in bare and any(map(names_a_number, bare.split(delimiter))):
            return delimiter
    return by_count[0]


_WITHOUT_DELIMITERS = dict.fromkeys(map(ord, DELIMITERS), " ")
