"""An MMDB file that may be replaced while it is in use."""

import logging
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import maxminddb
from maxminddb import InvalidDatabaseError

from shared.domain.trusted_proxies import IpAddress

LOGGER = logging.getLogger(__name__)

Record = Mapping[str, object]


class _Version(NamedTuple):
    """What tells one version of a file from another."""

    inode: int
    modified_ns: int
    octets: int


class GeoDatabase:
    """What a file knows of addresses; a file that cannot be read knows nothing.

    Args:
        path: The file, which need not be there; None knows nothing for good.
        subject: What hits lack without it, for the log.
    """

    def __init__(self, path: Path | None, subject: str) -> None:
        self._path = path
        self._subject = subject
        self._reader: maxminddb.Reader | None = None
        self._version: _Version | None = None
        self._has_looked = False
        self._is_damaged = False
        self.refresh()

    def refresh(self) -> bool:
        """Read the file anew if it is another than before.

        One that cannot be read leaves the one before in use, and is logged once.

        Returns:
            Whether there is news.
        """
        if self._path is None:
            return False
        version = _version(self._path)
        if self._has_looked and version == self._version:
            return False
        self._has_looked, self._version = True, version
        try:
            reader = _open_copy(self._path)
            described = _described(self._path, reader)
        except (OSError, ValueError, TypeError, OverflowError, InvalidDatabaseError) as error:
            kept = (
                "the one before stays in use" if self._reader else f"hits get no {self._subject}"
            )
            LOGGER.error("%s: %s cannot be read (%s)", kept, self._path, error)  # noqa: TRY400
            return False
        self.close()
        self._reader, self._is_damaged = reader, False
        LOGGER.info("%s of hits: %s", self._subject, described)
        return True

    def find(self, address: IpAddress) -> Record | None:
        """Return what the file says of an address; None if it says nothing."""
        if self._reader is None:
            return None
        try:
            found = self._reader.get(address)
        # An IPv4 file is asked about an IPv6 address.
        except ValueError:
            return None
        except InvalidDatabaseError:
            if not self._is_damaged:
                # Not the error's own text, which has the address.
                LOGGER.error("some hits get no %s: %s is damaged", self._subject, self._path)  # noqa: TRY400
            self._is_damaged = True
            return None
        return found if isinstance(found, dict) else None

    def close(self) -> None:
        """Close the file; nothing is known then."""
        if self._reader:
            self._reader.close()
            self._reader = None


def _version(path: Path) -> _Version | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _Version(found.st_ino, found.st_mtime_ns, found.st_size)


def _open_copy(path: Path) -> maxminddb.Reader:
    """Open a copy that nobody else has.

    A file is read by mapping it into memory, and overwriting a mapped file kills who reads it.
    """
    with path.open("rb") as source, tempfile.NamedTemporaryFile(prefix="txlink-geo-") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        return maxminddb.open_database(copy.name)


def _described(path: Path, reader: maxminddb.Reader) -> str:
    metadata = reader.metadata()
    built_at = datetime.fromtimestamp(metadata.build_epoch, UTC)
    return f"{path} ({metadata.database_type}, built {built_at:%Y-%m-%d})"
