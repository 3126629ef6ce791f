from ipaddress import ip_address
from pathlib import Path

import pytest

from services.redirector.recorder.locating import NOWHERE, Locator, Place
from tests.support.database import REPOSITORY

CITIES = REPOSITORY / "tests" / "support" / "geo" / "GeoLite2-City-Test.mmdb"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("81.2.69.142", Place("GB", "England", "London")),
        ("192.168.1.10", NOWHERE),
        ("2001:db8::1", NOWHERE),
    ],
    ids=["known", "private", "unknown"],
)
def test_an_address_is_placed_as_far_as_the_database_knows(address: str, place: Place) -> None:
    locator = Locator(CITIES)

    assert locator.locate(ip_address(address)) == place
    locator.close()


@pytest.mark.parametrize("content", [None, b"no MMDB"], ids=["absent", "damaged"])
def test_without_a_readable_database_no_place_is_known_and_that_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    path = tmp_path / "cities.mmdb"
    if content is not None:
        path.write_bytes(content)

    locator = Locator(path)

    assert locator.locate(ip_address("81.2.69.142")) == NOWHERE
    assert "cities.mmdb" in caplog.text
    locator.close()


def test_no_database_is_no_fault() -> None:
    assert Locator(None).locate(ip_address("81.2.69.142")) == NOWHERE


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
    assert caplog.text.count("the city database is damaged") == 1
    locator.close()
