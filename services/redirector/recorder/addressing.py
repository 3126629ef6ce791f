"""Whom a hit came from, behind the proxies that are trusted."""

from collections.abc import Mapping
from functools import lru_cache

from shared.domain.client_address import find_client_address
from shared.domain.trusted_proxies import IpAddress, TrustedProxies

CACHED_ADDRESSES = 10_000


class Visitors:
    """Finds the visitor's address of each hit.

    Args:
        trusted: Our own proxies; without any, the peer is the visitor.
    """

    def __init__(self, trusted: TrustedProxies) -> None:
        self._trusted = trusted
        self._find = lru_cache(CACHED_ADDRESSES)(self._look)

    def address(
        self, peer: IpAddress | None, headers: Mapping[str, str], *, is_cut: bool
    ) -> IpAddress | None:
        """Return the visitor's address; None if the connection had none.

        Args:
            peer: Who the connection came from.
            headers: By name in lower case.
            is_cut: Whether the end of the head is missing. The proxy's own words may be, and
                what is left of them may be the visitor's, so they count for nothing.
        """
        if is_cut or not self._trusted:
            return peer
        return self._find(peer, headers.get("x-forwarded-for", ""), headers.get("forwarded", ""))

    def _look(
        self, peer: IpAddress | None, forwarded_for: str, forwarded: str
    ) -> IpAddress | None:
        return find_client_address(
            peer, forwarded_for=(forwarded_for,), forwarded=(forwarded,), trusted=self._trusted
        ).address


PEERS = Visitors(TrustedProxies())
