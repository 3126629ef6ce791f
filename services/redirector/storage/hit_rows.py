"""Hits in the form in which Postgres takes them quickest: rows of its binary COPY.

Most of a row is what many hits have in common, as the agent, the place and the verdict, so that
is encoded once for all of them. The form is described under "Binary Format" of COPY in
PostgreSQL's manual, those of the values by the ``send`` functions of their types.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_interface
from struct import Struct
from typing import TYPE_CHECKING

from shared.domain.truncation import is_whole

if TYPE_CHECKING:
    from services.redirector.storage.hits import HitRow

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
TEXT_OID = 25
# By the version of IP; Postgres counts them itself, whatever the system says.
POSTGRES_FAMILIES = {4: 2, 6: 3}
CACHED_PARTS = 10_000

# How many fields there are, and five of them, each behind its length.
_START = Struct(">hiqiiiqiqiq")
_LENGTH = Struct(">i")
_BIGINT = Struct(">iq")
_SMALLINT = Struct(">ih")
_ARRAY = Struct(">iii")
_DIMENSION = Struct(">ii")


def encode_rows(rows: Iterable["HitRow"]) -> bytes:
    """Return a binary COPY of hits, all columns of ``HitRow`` in its order.

    Raises:
        ValueError: A text cannot be encoded.
        struct.error: A number is too large for its column.
    """
    parts = [SIGNATURE]
    for row in rows:
        since = row.occurred_at - POSTGRES_EPOCH
        parts += (
            _START.pack(
                len(row),
                8,
                row.campaign_id,
                4,
                row.position,
                8,
                (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds,
                8,
                row.journal_id,
                8,
                row.journal_offset,
            ),
            _verdict(*row[5:8]),
            _address(row.address) if row.address else NULL,
            _place(*row[9:14]),
            _texts(row[14:21]),
            _text(row.referrer) if row.referrer is not None else NULL,
            _text(row.request_head),
        )
    parts.append(END)
    return b"".join(parts)


@lru_cache(CACHED_PARTS)
def _verdict(click_class: str, reasons: tuple[str, ...], score: int) -> bytes:
    array = _ARRAY.pack(int(bool(reasons)), 0, TEXT_OID)
    if reasons:
        array += _DIMENSION.pack(len(reasons), 1) + b"".join(map(_text, reasons))
    return _text(click_class) + _LENGTH.pack(len(array)) + array + _SMALLINT.pack(2, score)


@lru_cache(CACHED_PARTS)
def _place(
    country: str | None, region: str | None, city: str | None, asn: int | None, owner: str | None
) -> bytes:
    number = NULL if asn is None else _BIGINT.pack(8, asn)
    return _texts((country, region, city)) + number + _texts((owner,))


@lru_cache(CACHED_PARTS)
def _texts(values: tuple[str | None, ...]) -> bytes:
    return b"".join([NULL if value is None else _text(value) for value in values])


def _text(value: str) -> bytes:
    octets = value.encode()
    return _LENGTH.pack(len(octets)) + octets


def _address(address: IPv4Address | IPv6Address) -> bytes:
    octets = address.packed
    family = POSTGRES_FAMILIES[address.version]
    is_one = is_whole(address)
    prefix = address.max_prefixlen if is_one else ip_interface(address).network.prefixlen
    head = bytes((family, prefix, 0, len(octets)))
    return _LENGTH.pack(len(head) + len(octets)) + head + octets
