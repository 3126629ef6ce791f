"""Read a journaled request head; visitors wrote it, so it may hold anything."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from typing_extensions import override

CACHED_FIELDS = 10_000


class RequestHead(NamedTuple):
    """What a visitor's program sent.

    Attributes:
        method: ``GET`` or ``HEAD``.
        headers: By name in lower case; values of one name are joined by ``, `` in their order.
        text: All of it, an octet a character (Latin-1), fit for a text column.
    """

    method: str
    headers: dict[str, str]
    text: str

    @override
    def __repr__(self) -> str:
        return f"RequestHead(method={self.method!r})"


def parse_head(head: bytes) -> RequestHead:
    """Parse a request head, whatever it holds."""
    # Postgres has no NUL in a text.
    text = head.decode("latin-1").replace("\0", "\ufffd")
    line, *fields = text.removesuffix("\r\n").split("\r\n")
    headers = dict(map(_read_field, fields))
    if len(headers) < len(fields):
        headers = _join_values(fields)
    headers.pop("", None)
    return RequestHead(line.partition(" ")[0], headers, text)


# Most of what browsers say, many say.
@lru_cache(CACHED_FIELDS)
def _read_field(field: str) -> tuple[str, str]:
    """Return name and value of a field; no name if it is none."""
    name, colon, value = field.partition(":")
    return (name.lower(), value.strip(" \t")) if colon else ("", "")


def _join_values(fields: Iterable[str]) -> dict[str, str]:
    """Return headers of which some came more than once."""
    values: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in map(_read_field, fields):
        values[name].append(value)
    return {name: ", ".join(of_name) for name, of_name in values.items()}


def as_utf8(value: str) -> str:
    """Return a header's value as UTF-8 where it was meant so."""
    if value.isascii():
        return value
    return value.encode("latin-1", "replace").decode("utf-8", "replace")
