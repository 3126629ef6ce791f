"""Whose address a request comes from when proxies stand between.

Each proxy adds whom it heard from at the right end of a header. Who sends a request may have
written anything before that, so the walk begins at the peer and goes left for as long as the
one who wrote an entry is trusted: the first address that is no trusted proxy's is the client's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.domain.forwarded_entries import NodeFault, elements, hop_of_element, hop_of_entry
from shared.domain.trusted_proxies import IpAddress, TrustedProxies, unmapped

MAX_ENTRIES: Final = 64


class ForwardingHeader(StrEnum):
    """A header in which proxies say whom they speak for."""

    X_FORWARDED_FOR = "X-Forwarded-For"
    FORWARDED = "Forwarded"


class AddressReason(StrEnum):
    """Why an address is taken for the client's."""

    UNKNOWN_PEER = "unknown_peer"
    PEER_NOT_TRUSTED = "peer_not_trusted"
    NOT_FORWARDED = "not_forwarded"
    FORWARDED = "forwarded"
    ALL_TRUSTED = "all_trusted"
    HIDDEN = "hidden"
    MALFORMED = "malformed"
    TOO_MANY_ENTRIES = "too_many_entries"


@dataclass(frozen=True, slots=True, repr=False)
class ClientAddress:
    """A client's address, and how it was found.

    Attributes:
        address: None if the connection has none. Where a trusted proxy does not name, or not
            readably, whom it speaks for, its own.
        reason: Why this address.
        header: The one that was walked, if any.
        hop_count: Trusted proxies between the client and us, the peer included.
        ignored: Headers that were there and count for nothing.
    """

    address: IpAddress | None
    reason: AddressReason
    header: ForwardingHeader | None = None
    hop_count: int = 0
    ignored: tuple[ForwardingHeader, ...] = ()


def find_client_address(
    peer: IpAddress | None,
    *,
    forwarded_for: Sequence[str],
    forwarded: Sequence[str],
    trusted: TrustedProxies,
) -> ClientAddress:
    """Find the client's address; never fails, whatever the headers hold.

    If both headers are there, X-Forwarded-For counts: most proxies write it and pass a Forwarded
    on that anyone may have made up.

    Args:
        peer: Who the connection comes from; None if that has no address.
        forwarded_for: The values of X-Forwarded-For, a header line each, in their order.
        forwarded: The same of Forwarded (RFC 7239).
        trusted: Our own proxies.
    """
    texts = {
        ForwardingHeader.X_FORWARDED_FOR: ",".join(forwarded_for),
        ForwardingHeader.FORWARDED: ",".join(forwarded),
    }
    present = tuple([header for header, text in texts.items() if text.strip(" \t,")])
    if peer is None:
        return ClientAddress(None, AddressReason.UNKNOWN_PEER, ignored=present)
    peer = unmapped(peer)
    if peer not in trusted:
        return ClientAddress(peer, AddressReason.PEER_NOT_TRUSTED, ignored=present)
    if not present:
        return ClientAddress(peer, AddressReason.NOT_FORWARDED, hop_count=1)
    header, *ignored = present
    address, reason, hop_count = _walk(peer, _hops(header, texts[header]), trusted)
    return ClientAddress(address, reason, header, hop_count, tuple(ignored))


def explain(found: ClientAddress) -> str:
    """Say in a sentence or two why an address is taken for the client's."""
    ignored = " and ".join(found.ignored)
    told = _EXPLANATIONS[found.reason].format(
        header=found.header,
        entry=f"entry {found.hop_count} from the right",
        proxies="1 trusted proxy"
        if found.hop_count == 1
        else f"{found.hop_count} trusted proxies",
        limit=MAX_ENTRIES,
    )
    if not ignored:
        return told
    if found.header:
        return f"{told} {ignored} is there too and counts for nothing beside it."
    verb = "counts" if len(found.ignored) == 1 else "count"
    return f"{told} So {ignored} of this request {verb} for nothing."


_EXPLANATIONS: Final = {
    AddressReason.UNKNOWN_PEER: "The connection has no IP address.",
    AddressReason.PEER_NOT_TRUSTED: (
        "It is the address that the connection comes from, which is no trusted proxy."
    ),
    AddressReason.NOT_FORWARDED: (
        "It is the address that the connection comes from: a trusted proxy that names nobody whom "
        "it would speak for."
    ),
    AddressReason.FORWARDED: (
        "It is the first address in {header}, from the right, that is no trusted proxy; {proxies} "
        "on the way."
    ),
    AddressReason.ALL_TRUSTED: (
        "It is the leftmost address in {header}: all of them are trusted proxies."
    ),
    AddressReason.HIDDEN: (
        "It is that of the last trusted proxy: {entry} of {header} does not tell whom it speaks "
        "for."
    ),
    AddressReason.MALFORMED: (
        "It is that of the last trusted proxy: {entry} of {header} is no address."
    ),
    AddressReason.TOO_MANY_ENTRIES: (
        "It is that of the last trusted proxy that was looked at: {header} has more than {limit} "
        "entries."
    ),
}
_OF_FAULTS: Final = {
    NodeFault.HIDDEN: AddressReason.HIDDEN,
    NodeFault.MALFORMED: AddressReason.MALFORMED,
}


def _hops(header: ForwardingHeader, text: str) -> Iterator[IpAddress | NodeFault | None]:
    """Go through a header from the right.

    Yields:
        Whom an entry names; None for an empty one.
    """
    is_quoted = header is ForwardingHeader.FORWARDED
    read: Callable[[str], IpAddress | NodeFault] = hop_of_element if is_quoted else hop_of_entry
    for entry in elements(text, is_quoted=is_quoted):
        yield read(entry) if entry else None


def _walk(
    peer: IpAddress, hops: Iterator[IpAddress | NodeFault | None], trusted: TrustedProxies
) -> tuple[IpAddress, AddressReason, int]:
    last, hop_count = peer, 1
    for number, hop in enumerate(hops):
        if number == MAX_ENTRIES:
            return last, AddressReason.TOO_MANY_ENTRIES, hop_count
        # RFC 9110 §5.6.1.2: empty elements of a list do not count.
        if hop is None:
            continue
        if isinstance(hop, NodeFault):
            return last, _OF_FAULTS[hop], hop_count
        if hop not in trusted:
            return hop, AddressReason.FORWARDED, hop_count
        last, hop_count = hop, hop_count + 1
    return last, AddressReason.ALL_TRUSTED, hop_count - 1
