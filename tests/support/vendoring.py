"""``make console-assets``: fetch what browsers get from npm packages, at pinned versions.

``vendored.json`` beside the files says of which package, version and integrity they are; npm is
held to the integrity, and the files, which are kept in the repository, to their digests. Maps are
kept as the shapes that are drawn of them.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.map_shapes import DRAWN

REPOSITORY = Path(__file__).resolve().parents[2]
PINS = "vendored.json"
# What the console's browsers load, what its pages are drawn of, and what tests look at them with.
FOLDERS = (
    REPOSITORY / "services/api/console/static/vendor",
    REPOSITORY / "services/api/console/shapes",
    REPOSITORY / "tests/support/vendor",
)
PACK_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Pin:
    """A package as it is pinned.

    Attributes:
        integrity: Of the package, as npm writes it.
        files: Names here by paths in the package.
        digests: SHA-512 of the files, by their names here.
    """

    package: str
    version: str
    integrity: str
    files: Mapping[str, str]
    digests: Mapping[str, str]


def pins_of(folder: Path) -> list[Pin]:
    """Return what is pinned for a folder."""
    return [Pin(**each) for each in json.loads((folder / PINS).read_text())]


def integrity_of(octets: bytes) -> str:
    """Return a SHA-512 as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(octets).digest()).decode()


def fetch(folder: Path) -> None:
    """Fetch what is pinned for a folder, and write down the digests of its files.

    Raises:
        SystemExit: A package is not the one that was pinned.
    """
    fetched: list[dict[str, Any]] = []
    for pin in pins_of(folder):
        contents = _unpacked(pin)
        digests = {}
        for path, name in pin.files.items():
            octets = DRAWN[name](contents[path]) if name in DRAWN else contents[path]
            (folder / name).write_bytes(octets)
            digests[name] = integrity_of(octets)
        fetched.append(
            {
                "package": pin.package,
                "version": pin.version,
                "integrity": pin.integrity,
                "files": dict(pin.files),
                "digests": digests,
            }
        )
    (folder / PINS).write_text(json.dumps(fetched, indent=2) + "\n")


def _unpacked(pin: Pin) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            ["npm", "pack", "--silent", f"{pin.package}@{pin.version}"],  # noqa: S607
            cwd=scratch,
            check=True,
            timeout=PACK_TIMEOUT_S,
            stdout=subprocess.DEVNULL,
        )
        (packed,) = Path(scratch).glob("*.tgz")
        octets = packed.read_bytes()
        if integrity_of(octets) != pin.integrity:
            sys.exit(f"{pin.package}@{pin.version} is not the package that is pinned")
        with tarfile.open(packed) as archive:
            return {path: _content(archive, f"package/{path}") for path in pin.files}


def _content(archive: tarfile.TarFile, path: str) -> bytes:
    member = archive.extractfile(path)
    assert member is not None
    return member.read()


if __name__ == "__main__":
    for each in FOLDERS:
        fetch(each)
