"""Where an account, or a key, may be used from."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from services.api.domain.errors import InvalidValueError
from shared.domain.trusted_proxies import IpAddress, IpNetwork, NetworkSet, read_network

FIELD: Final = "ip_allow_list"
# As the database has it, too.
MAX_NETWORKS: Final = 200


class AllowList(NetworkSet):
    """Networks that calls are let in from; none of them lets in all."""

    def admits(self, address: IpAddress | None) -> bool:
        """Tell whether a call from an address is let in; None is a connection without one."""
        return not self._networks or (address is not None and address in self)

    @property
    def texts(self) -> tuple[str, ...]:
        """The networks in their order, a network of one address as that address."""
        return tuple(
            str(each.network_address if each.prefixlen == each.max_prefixlen else each)
            for each in self._networks
        )


def parse_allow_list(entries: Sequence[str]) -> AllowList:
    """Read addresses and networks in CIDR notation; what comes twice counts once.

    Raises:
        InvalidValueError: One is neither, or has bits behind its prefix, or there are too many.
    """
    networks = list(dict.fromkeys(_parse(entry.strip()) for entry in entries))
    if len(networks) > MAX_NETWORKS:
        wanted = f"holds {len(networks)} networks and may hold {MAX_NETWORKS}: join some of them"
        raise InvalidValueError(FIELD, wanted)
    return AllowList(networks)


# A few hundred networks take a millisecond to read, and most accounts ask again soon.
@lru_cache(maxsize=256)
def stored_allow_list(texts: tuple[str, ...]) -> AllowList:
    """Return a list as the database has it."""
    return AllowList(read_network(text)[0] for text in texts)


def _parse(entry: str) -> IpNetwork:
    _, slash, prefix = entry.partition("/")
    try:
        network, first = read_network(entry)
    except ValueError:
        raise _neither(entry) from None
    # A mask for a prefix, or a zone, which holds on one machine alone.
    if "%" in entry or (slash and not prefix.isdecimal()):
        raise _neither(entry)
    if network.network_address != first:
        wanted = (
            f"must have no bits behind a prefix: {entry} is within {network}; write that, or "
            f"{first} for this one address"
        )
        raise InvalidValueError(FIELD, wanted)
    return network


def _neither(entry: str) -> InvalidValueError:
    return InvalidValueError(
        FIELD,
        "must hold addresses or networks such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48, "
        f"and {entry[:60]!r} is neither",
    )
