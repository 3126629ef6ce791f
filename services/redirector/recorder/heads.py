"""Read a journaled request head; visitors wrote it, so it may hold anything."""

from typing import NamedTuple

from typing_extensions import override


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
    line, *fields = text.split("\r\n")
    headers: dict[str, str] = {}
    for field in fields:
        name, colon, value = field.partition(":")
        if colon:
            name, value = name.lower(), value.strip(" \t")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return RequestHead(line.partition(" ")[0], headers, text)


def as_utf8(value: str) -> str:
    """Return a header's value as UTF-8 where it was meant so."""
    if value.isascii():
        return value
    return value.encode("latin-1", "replace").decode("utf-8", "replace")
