"""How long whoever failed to sign in has to wait, and for whom that holds.

Three things are counted. From a network where the user's password was right before, only what
failed for this user from there: strangers who hammer the login keep nobody out. From elsewhere,
what failed for the login, and what failed from that network, whatever the login.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Final

from shared.domain.trusted_proxies import IpAddress, IpNetwork, unmapped

IPV6_BITS: Final = 64
LONGEST_WAIT: Final = timedelta(minutes=15)
# Without a failure for as long, all are forgotten.
FORGOTTEN_AFTER: Final = timedelta(hours=1)
_DOUBLINGS: Final = 20


class CountedFor(StrEnum):
    """What failures are counted for."""

    LOGIN = "login"
    NETWORK = "network"
    LOGIN_FROM_NETWORK = "login from network"


# So many cost no wait. A network may be that of a whole company.
FREE: Final = {
    CountedFor.LOGIN: 5,
    CountedFor.NETWORK: 20,
    CountedFor.LOGIN_FROM_NETWORK: 5,
}


@dataclass(frozen=True, slots=True)
class Failures:
    """What has failed of late.

    Attributes:
        count: How often.
        age: For how long no more has.
    """

    count: int
    age: timedelta


def network_of(address: IpAddress | None) -> IpNetwork | None:
    """Return what counts as one place: an address of IPv4, a /64 of IPv6."""
    if address is None:
        return None
    address = unmapped(address)
    if isinstance(address, IPv4Address):
        return IPv4Network(address)
    return IPv6Network((address, IPV6_BITS), strict=False)


def subjects_of(login: str, network: IpNetwork | None) -> dict[CountedFor, bytes]:
    """Return under which keys the failures of a login from a network are counted."""
    place = str(network)
    parts = {
        CountedFor.LOGIN: (login,),
        CountedFor.NETWORK: (place,),
        CountedFor.LOGIN_FROM_NETWORK: (login, place),
    }
    return {kind: _digest(kind, of_kind) for kind, of_kind in parts.items()}


def that_count(*, is_known: bool) -> tuple[CountedFor, ...]:
    """Return what holds up whoever calls from a network where the user is known, or is not."""
    if is_known:
        return (CountedFor.LOGIN_FROM_NETWORK,)
    return (CountedFor.LOGIN, CountedFor.NETWORK)


def wait_after(count: int, kind: CountedFor) -> timedelta:
    """Return how long one has to wait behind the last of so many failures."""
    over = count - FREE[kind]
    if over <= 0:
        return timedelta(0)
    return min(LONGEST_WAIT, timedelta(seconds=1 << min(over - 1, _DOUBLINGS)))


def wait_left(found: Mapping[CountedFor, Failures], *, is_known: bool) -> timedelta:
    """Return how long one still has to wait; zero if not at all."""
    left = [
        wait_after(found[kind].count, kind) - found[kind].age
        for kind in that_count(is_known=is_known)
        if kind in found
    ]
    return max([timedelta(0), *left])


def _digest(kind: CountedFor, parts: tuple[str, ...]) -> bytes:
    # The length keeps parts apart, whatever is in them.
    text = "".join(f"{len(part)}:{part}" for part in (kind.value, *parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
