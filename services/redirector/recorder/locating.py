"""Where an address is and whose network it is in, as far as MMDB files say."""

import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from services.redirector.recorder.geo_database import GeoDatabase, Record
from shared.domain.trusted_proxies import IpAddress

CACHED_ADDRESSES = 10_000
REFRESH_INTERVAL_S = 3.0
MAX_ASN = 2**32 - 1


class Place(NamedTuple):
    """Where a visitor probably is; None where no file says.

    Attributes:
        country: ISO 3166-1 alpha-2.
        asn: Number of the autonomous system that the address is in.
        as_organisation: Whose that is.
    """

    country: str | None = None
    region: str | None = None
    city: str | None = None
    asn: int | None = None
    as_organisation: str | None = None


NOWHERE = Place()


class Locator:
    """Files of cities and of networks, or none, which know no place.

    Args:
        cities: MMDB file in MaxMind's layout of cities, or in flat fields.
        networks: The same for autonomous systems.
        refresh_interval_s: Seconds for which files are not looked at again.
    """

    def __init__(
        self,
        cities: Path | None,
        networks: Path | None = None,
        *,
        refresh_interval_s: float = REFRESH_INTERVAL_S,
    ) -> None:
        self._cities = GeoDatabase(cities, "region")
        self._networks = GeoDatabase(networks, "network")
        self._refresh_interval_s = refresh_interval_s
        self._due_s = time.monotonic() + refresh_interval_s
        self._find = lru_cache(CACHED_ADDRESSES)(self._look_up)

    def refresh(self) -> None:
        """Look now and then whether a file was replaced; to be called between batches."""
        now_s = time.monotonic()
        if now_s < self._due_s:
            return
        self._due_s = now_s + self._refresh_interval_s
        if any([self._cities.refresh(), self._networks.refresh()]):
            self._find.cache_clear()

    def locate(self, address: IpAddress) -> Place:
        """Return the place of an address."""
        return self._find(address)

    def close(self) -> None:
        """Close the files."""
        self._cities.close()
        self._networks.close()

    def _look_up(self, address: IpAddress) -> Place:
        city = self._cities.find(address) or {}
        network = self._networks.find(address) or {}
        if not city and not network:
            return NOWHERE
        return Place(
            country=_country(city),
            region=_region(city),
            city=_name(city.get("city")),
            asn=_asn(network.get("autonomous_system_number")),
            as_organisation=_text(network.get("autonomous_system_organization")),
        )


def _country(record: Record) -> str | None:
    country = record.get("country")
    if isinstance(country, Mapping):
        return _text(country.get("iso_code"))
    return _text(record.get("country_code"))


def _region(record: Record) -> str | None:
    match record.get("subdivisions"):
        case [*_, most_specific]:
            return _name(most_specific)
        case _:
            return _text(record.get("state1"))


def _name(place: object) -> str | None:
    match place:
        case {"names": {"en": name}}:
            return _text(name)
        case _:
            return _text(place)


def _text(value: object) -> str | None:
    # Postgres has no NUL in a text.
    return value.replace("\0", "") or None if isinstance(value, str) else None


def _asn(value: object) -> int | None:
    return value if isinstance(value, int) and 0 < value <= MAX_ASN else None
