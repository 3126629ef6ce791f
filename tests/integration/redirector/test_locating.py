import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path

import pytest
from geoip2.database import Reader

from services.redirector.recorder.locating import NOWHERE, Locator, Place
from tests.support.database import REPOSITORY
from tests.support.mmdb import Value, write_mmdb

CITIES = REPOSITORY / "tests" / "support" / "geo" / "GeoLite2-City-Test.mmdb"
LONDON = ip_address("81.2.69.142")
PLACE_OF_LONDON = Place("GB", "England", "London")


def city(name: str) -> dict[str, Value]:
    return {"country": {"iso_code": "IN"}, "city": {"names": {"en": name}}}


def network(asn: int, organisation: str) -> dict[str, Value]:
    return {"autonomous_system_number": asn, "autonomous_system_organization": organisation}


@pytest.fixture
def cities(tmp_path: Path) -> Path:
    path = tmp_path / "cities.mmdb"
    write_mmdb(path, {"81.2.69.0/24": city("Pune")}, database_type="Made-City")
    return path


@pytest.fixture
def networks(tmp_path: Path) -> Path:
    path = tmp_path / "networks.mmdb"
    write_mmdb(
        path,
        {
            "81.2.69.0/24": network(64_500, "Example Mobile"),
            "81.2.70.0/24": network(2**32 - 2, "For private use"),
        },
        database_type="Made-ASN",
    )
    return path


@pytest.fixture
def locator(cities: Path, networks: Path) -> Iterator[Locator]:
    with closing(Locator(cities, networks, refresh_interval_s=0)) as locator:
        yield locator


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("81.2.69.142", PLACE_OF_LONDON),
        ("192.168.1.10", NOWHERE),
        ("2001:db8::1", NOWHERE),
    ],
    ids=["known", "private", "unknown"],
)
def test_an_address_is_placed_as_far_as_the_database_knows(address: str, place: Place) -> None:
    with closing(Locator(CITIES)) as locator:
        assert locator.locate(ip_address(address)) == place


@pytest.mark.parametrize(
    "address", ["81.2.69.142", "89.160.20.112", "216.160.83.56", "2001:218::1"]
)
def test_places_are_those_that_geoip2_finds(address: str) -> None:
    with Reader(CITIES) as reader, closing(Locator(CITIES)) as locator:
        found = reader.city(address)
        place = locator.locate(ip_address(address))

    assert place.country is not None
    assert place == Place(
        found.country.iso_code, found.subdivisions.most_specific.name, found.city.name
    )


def test_a_network_is_known_beside_the_place(locator: Locator) -> None:
    assert locator.locate(LONDON) == Place("IN", None, "Pune", 64_500, "Example Mobile")
    assert locator.locate(ip_address("81.2.70.1")).asn == 4_294_967_294


def test_an_ipv4_file_knows_no_ipv6_address(locator: Locator) -> None:
    assert locator.locate(ip_address("2001:db8::1")) == NOWHERE


@pytest.mark.parametrize(
    ("record", "place"),
    [
        pytest.param(
            {"country_code": "IN", "state1": "Maharashtra", "city": "Pune"},
            Place("IN", "Maharashtra", "Pune"),
            id="flat",
        ),
        pytest.param(
            {"subdivisions": [{"names": {"en": "outer"}}, {"names": {"en": "inner"}}]},
            Place(region="inner"),
            id="innermost-region",
        ),
        pytest.param(
            {"country": "India", "subdivisions": [], "city": {"names": {"de": "Puna"}}},
            NOWHERE,
            id="other-shapes",
        ),
        pytest.param({"city": "Pu\0ne", "state1": ""}, Place(city="Pune"), id="nul"),
        pytest.param([], NOWHERE, id="no-map"),
    ],
)
def test_any_layout_is_read_as_far_as_it_is_known(
    tmp_path: Path, record: Value, place: Place
) -> None:
    path = tmp_path / "other.mmdb"
    write_mmdb(path, {"81.2.69.0/24": record}, database_type="Other")

    with closing(Locator(path)) as locator:
        assert locator.locate(LONDON) == place


@pytest.mark.parametrize("content", [None, b"no MMDB"], ids=["absent", "damaged"])
def test_without_a_readable_file_nothing_is_known_and_that_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    path = tmp_path / "cities.mmdb"
    if content is not None:
        path.write_bytes(content)

    with closing(Locator(path, path)) as locator:
        assert locator.locate(LONDON) == NOWHERE

    assert [record.getMessage().partition(": ")[0] for record in caplog.records] == [
        "hits get no region",
        "hits get no network",
    ]
    assert "cities.mmdb" in caplog.text


def test_no_database_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    locator = Locator(None, refresh_interval_s=0)
    locator.refresh()

    assert locator.locate(LONDON) == NOWHERE
    assert caplog.text == ""


def test_a_file_that_comes_later_is_used(tmp_path: Path) -> None:
    path = tmp_path / "cities.mmdb"
    with closing(Locator(path, refresh_interval_s=0)) as locator:
        assert locator.locate(LONDON) == NOWHERE
        shutil.copy(CITIES, path)
        locator.refresh()

        assert locator.locate(LONDON) == PLACE_OF_LONDON


@pytest.mark.parametrize("way", ["renamed", "overwritten"])
def test_a_new_file_is_used_from_the_next_look_on(
    tmp_path: Path, cities: Path, locator: Locator, way: str
) -> None:
    before = locator.locate(LONDON)
    if way == "renamed":
        shutil.copy(CITIES, tmp_path / "new")
        (tmp_path / "new").rename(cities)
    else:
        shutil.copyfile(CITIES, cities)
    unlooked = locator.locate(LONDON)
    locator.refresh()

    assert (before.city, unlooked.city, locator.locate(LONDON).city) == ("Pune", "Pune", "London")
    assert locator.locate(LONDON).asn == 64_500


@pytest.mark.parametrize("fault", ["damaged", "cut", "gone"])
def test_a_damaged_new_file_keeps_the_old_one_and_is_logged_once(
    cities: Path, locator: Locator, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    match fault:
        case "damaged":
            cities.write_bytes(b"no MMDB")
        case "cut":
            os.truncate(cities, 40)
        case _:
            cities.unlink()

    for _ in range(3):
        locator.refresh()

    # An address that no cache has.
    assert locator.locate(ip_address("81.2.69.7")).city == "Pune"
    assert caplog.text.count("the one before stays in use") == 1


def test_files_are_not_looked_at_all_the_time(tmp_path: Path) -> None:
    path = tmp_path / "cities.mmdb"
    with closing(Locator(path, refresh_interval_s=60)) as locator:
        shutil.copy(CITIES, path)
        locator.refresh()

        assert locator.locate(LONDON) == NOWHERE


def test_a_database_with_damage_inside_knows_no_place_there_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = bytearray(CITIES.read_bytes())
    # Between the tree, which begins the file, and the metadata, which end it, is the data.
    content[len(content) // 2 : -2_000] = b"\xff" * (len(content) - 2_000 - len(content) // 2)
    path = tmp_path / "cities.mmdb"
    path.write_bytes(content)
    locator = Locator(path)

    places = {locator.locate(ip_address(f"81.2.69.{number}")) for number in range(142, 200)}

    assert places == {NOWHERE}
    assert caplog.text.count("cities.mmdb is damaged") == 1
    assert "81.2.69" not in caplog.text
    locator.close()
