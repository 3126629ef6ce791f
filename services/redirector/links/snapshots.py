"""What the redirector needs to answer known links, kept on disk for a start without Postgres."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from operator import attrgetter
from pathlib import Path

from services.redirector.links.blocks import Block
from services.redirector.links.personal_links import PersonalLink, PersonalLinkCache
from services.redirector.storage.links import TokenDomain

LOCK_WAIT_S = 10.0
LOCK_POLL_S = 0.02

_row_of = attrgetter(*(field.name for field in fields(Block)))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Token domains, and what was asked for last: blocks and personal links, latest at the end."""

    domains: list[TokenDomain]
    blocks: list[Block]
    personal_links: list[PersonalLink]


class SnapshotFile:
    """The snapshot of one host; its redirector processes share it.

    It holds the token keys, so only its owner may read it.

    Args:
        path: Its folder must exist when it is written.
        limit: Most blocks kept.
        personal_octet_limit: Most octets of personal links kept, about.
    """

    def __init__(self, path: Path, *, limit: int, personal_octet_limit: int) -> None:
        self._path = path
        self._limit = limit
        self._personal_octet_limit = personal_octet_limit

    def read(self) -> Snapshot | None:
        """Return what was written last; None if nothing was, or it cannot be understood.

        Raises:
            OSError: There is a file, but it cannot be read.
        """
        try:
            content = json.loads(self._path.read_bytes())
            domains = [
                TokenDomain(**{**domain, "key": bytes.fromhex(domain["key"])})
                for domain in content["domains"]
            ]
            blocks = [Block(*row) for row in content["block_rows"]]
            # A file of the release before knows of no such links.
            personal_links = [PersonalLink(*row) for row in content.get("personal_rows", [])]
            return Snapshot(domains, blocks, personal_links)
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def write(self, snapshot: Snapshot) -> None:
        """Replace the file, keeping older blocks that it has of the same token keys.

        Raises:
            OSError: The disk is full, the folder cannot be written to, or another process has
                been writing for too long.
        """
        # What another process put there between our reading and our replacing would be lost.
        with _locked(self._path.with_name(f".{self._path.name}.lock")):
            self._replace(snapshot)

    def _replace(self, snapshot: Snapshot) -> None:
        merged = self._merged(snapshot)
        content = {
            "domains": [
                {**asdict(domain), "key": domain.key.hex()} for domain in snapshot.domains
            ],
            # Without the names of their fields: there are many of them.
            "block_rows": [_row_of(block) for block in merged.blocks],
            "personal_rows": merged.personal_links,
        }
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                # In one go: ``dump`` writes piece by piece, in pure Python.
                file.write(json.dumps(content))
                file.flush()
                os.fsync(descriptor)
            draft.replace(self._path)
        finally:
            draft.unlink(missing_ok=True)

    def _merged(self, snapshot: Snapshot) -> Snapshot:
        older = self.read()
        # Blocks of another database would send people to wrong places.
        if older is None or _keys(older) != _keys(snapshot):
            older = Snapshot(snapshot.domains, [], [])
        blocks = {(block.token_length, block.first_link): block for block in older.blocks}
        for block in snapshot.blocks:
            blocks.pop((block.token_length, block.first_link), None)
            blocks[block.token_length, block.first_link] = block
        personal = PersonalLinkCache(self._personal_octet_limit)
        personal.add([*older.personal_links, *snapshot.personal_links])
        return Snapshot(
            snapshot.domains,
            list(blocks.values())[-self._limit :],
            personal.list_latest(self._personal_octet_limit),
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o600)
    try:
        _take(descriptor)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> None:
    deadline = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # A writer that is stopped must not keep this process from ending.
            if time.monotonic() > deadline:
                raise
        time.sleep(LOCK_POLL_S)


def _keys(snapshot: Snapshot) -> dict[int, bytes]:
    return {domain.length: domain.key for domain in snapshot.domains}
