"""How one hit stands in a journal.

A record is, in big-endian order::

    octets  what
    1       version, 1
    2       octets of the whole record, 41 to 8,233
    4       CRC-32 (zlib's) of everything behind it
    8       when: nanoseconds since 1970 in UTC
    16      peer address: IPv6, or IPv4 mapped into it; all zero where unknown
    8       link number
    1       token length
    1       flags: bit 0 says that the head was cut
    n       request head, at most 8 KiB

The head is as it came, from ``GET /token HTTP/1.1`` to the last header, each line ended by CRLF;
of one that did not come in one piece names are in lower case, and each value behind one space.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from typing_extensions import override

from shared.domain.request_heads import MAX_HEAD_OCTETS

# HTTP lets no control character into a head, so no visitor can write what looks like a record.
VERSION = 1
HEAD_WAS_CUT = 1

_PREFIX = Struct(">BHI")
_FIXED = Struct(">Q16sQBB")
_VERSION_OCTET = bytes([VERSION])

MIN_RECORD_OCTETS = _PREFIX.size + _FIXED.size
MAX_RECORD_OCTETS = MIN_RECORD_OCTETS + MAX_HEAD_OCTETS


class Hit(NamedTuple):
    """One request for a live short link, as journaled.

    Attributes:
        occurred_ns: Nanoseconds since 1970 in UTC.
        address: 16 octets: IPv6, or IPv4 mapped into it; all zero where unknown.
        link_number: What the token decrypted to.
        token_length: Characters of the token.
        head: Request line and headers, at most ``MAX_HEAD_OCTETS``.
        is_cut: Whether the head was longer.
    """

    occurred_ns: int
    address: bytes
    link_number: int
    token_length: int
    head: bytes
    is_cut: bool = False

    @override
    def __repr__(self) -> str:
        # Neither address nor head: they are the visitor's own.
        return f"Hit(occurred_ns={self.occurred_ns}, head_octets={len(self.head)})"


def pack_hit(
    occurred_ns: int, address: bytes, link_number: int, token_length: int, head: bytes
) -> bytes:
    """Return the record of a hit; a head over ``MAX_HEAD_OCTETS`` is cut.

    The arguments are those of ``Hit``, in its order, without the object that a busy redirector
    has no time to make.
    """
    flags = 0
    if len(head) > MAX_HEAD_OCTETS:
        head, flags = head[:MAX_HEAD_OCTETS], HEAD_WAS_CUT
    body = _FIXED.pack(occurred_ns, address, link_number, token_length, flags) + head
    return _PREFIX.pack(VERSION, _PREFIX.size + len(body), crc32(body)) + body


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in a stretch of a journal.

    Attributes:
        hits: Each with the offset of its record from the start of the stretch.
        end: Where the stretch is to be read on: behind its last record, or behind what no record
            can start in.
        skipped_octets: How many octets before ``end`` belong to no record.
    """

    hits: list[tuple[int, Hit]]
    end: int
    skipped_octets: int


def scan(stretch: bytes, *, limit: int) -> Scan:
    """Read records from the start of a stretch, skipping what is damaged between two of them.

    Octets at its end that hold no whole record are left unread, since their rest may yet come.

    Args:
        stretch: Octets of a journal; longer than ``MAX_RECORD_OCTETS`` unless it is the last.
        limit: Hits after which to stop, at least 1.
    """
    hits: list[tuple[int, Hit]] = []
    end = skipped = 0
    while len(hits) < limit:
        start, length = end, _length(stretch, end)
        if not length:
            start = next((at for at in _record_starts(stretch, end) if _length(stretch, at)), -1)
            if start < 0:
                # What starts further from the end would be whole by now if it were a record.
                dead_end = max(end, len(stretch) - MAX_RECORD_OCTETS)
                return Scan(hits, dead_end, skipped + dead_end - end)
            length = _length(stretch, start)
        skipped += start - end
        end = start + length
        hits.append((start, _unpack(stretch, start, end)))
    return Scan(hits, end, skipped)


def first_record(stretch: bytes) -> bytes:
    """Return the record that a stretch starts with; empty if it starts with none."""
    return stretch[: _length(stretch, 0)]


def _record_starts(stretch: bytes, at: int) -> Iterator[int]:
    while (at := stretch.find(_VERSION_OCTET, at)) >= 0:
        yield at
        at += 1


def _length(stretch: bytes, start: int) -> int:
    """Return the octets of the whole and sound record that starts there; 0 if none does."""
    if len(stretch) - start < MIN_RECORD_OCTETS:
        return 0
    version, length, checksum = _PREFIX.unpack_from(stretch, start)
    if version != VERSION or not MIN_RECORD_OCTETS <= length <= MAX_RECORD_OCTETS:
        return 0
    body = stretch[start + _PREFIX.size : start + length]
    is_sound = len(body) == length - _PREFIX.size and crc32(body) == checksum
    return length if is_sound else 0


def _unpack(stretch: bytes, start: int, end: int) -> Hit:
    occurred_ns, address, link_number, token_length, flags = _FIXED.unpack_from(
        stretch, start + _PREFIX.size
    )
    head = stretch[start + MIN_RECORD_OCTETS : end]
    return Hit(occurred_ns, address, link_number, token_length, head, bool(flags & HEAD_WAS_CUT))
