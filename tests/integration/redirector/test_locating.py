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
