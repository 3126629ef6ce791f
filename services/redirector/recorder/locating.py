"""Where an address is, as far as a MaxMind city database says."""

import logging
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import NamedTuple

from geoip2.database import Reader
from geoip2.errors import AddressNotFoundError
from maxminddb import InvalidDatabaseError

LOGGER = logging.getLogger(__name__)


class Place(NamedTuple):
    """Where a visitor probably is; None where the database does not say."""

    country: str | None = None
    region: str | None = None
    city: str | None = None


NOWHERE = Place()


class Locator:
    """A city database, or none, which knows no place.

    Args:
        path: MMDB file. If it cannot be read, that is logged, and no place is known.
    """

    def __init__(self, path: Path | None) -> None:
        self._reader = _open(path) if path else None
        self._is_damaged = False

    def close(self) -> None:
        """Close the file."""
        if self._reader:
            self._reader.close()

    def locate(self, address: IPv4Address | IPv6Address) -> Place:
        """Return the place of an address."""
        if self._reader is None:
            return NOWHERE
        try:
            found = self._reader.city(address)
        except AddressNotFoundError:
            return NOWHERE
        except InvalidDatabaseError:
            if not self._is_damaged:
                LOGGER.exception("some hits get no region: the city database is damaged")
            self._is_damaged = True
            return NOWHERE
        region = found.subdivisions.most_specific.name
        return Place(found.country.iso_code, region, found.city.name)


def _open(path: Path) -> Reader | None:
    try:
        reader = Reader(path)
        # A database of another kind would raise at every address.
        with suppress(AddressNotFoundError):
            reader.city("::1")
    except (OSError, ValueError, TypeError, InvalidDatabaseError) as error:
        LOGGER.error("hits get no region: %s is no city database (%s)", path, error)  # noqa: TRY400
        return None
    else:
        return reader
