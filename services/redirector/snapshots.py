"""What the redirector needs to answer known links, kept on disk for a start without Postgres."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from services.redirector.blocks import Block
from services.redirector.storage.links import TokenDomain


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Token domains, and the blocks asked for last, the latest at the end."""

    domains: list[TokenDomain]
    blocks: list[Block]


class SnapshotFile:
    """The snapshot of one host; its redirector processes share it.

    It holds the token keys, so only its owner may read it.

    Args:
        path: Its folder must exist when it is written.
        limit: Most blocks kept.
    """

    def __init__(self, path: Path, *, limit: int) -> None:
        self._path = path
        self._limit = limit

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
            return Snapshot(domains, [Block(**block) for block in content["blocks"]])
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def write(self, snapshot: Snapshot) -> None:
        """Replace the file, keeping older blocks that it has of the same token keys.

        Raises:
            OSError: The disk is full, or the folder cannot be written to.
        """
        content = {
            "domains": [
                {**asdict(domain), "key": domain.key.hex()} for domain in snapshot.domains
            ],
            "blocks": [asdict(block) for block in self._merged(snapshot)],
        }
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(descriptor)
            draft.replace(self._path)
        finally:
            draft.unlink(missing_ok=True)

    def _merged(self, snapshot: Snapshot) -> list[Block]:
        older = self.read()
        # Blocks of another database would send people to wrong places.
        if older is None or _keys(older) != _keys(snapshot):
            return snapshot.blocks[-self._limit :]
        blocks = {(block.token_length, block.first_link): block for block in older.blocks}
        for block in snapshot.blocks:
            blocks.pop((block.token_length, block.first_link), None)
            blocks[block.token_length, block.first_link] = block
        return list(blocks.values())[-self._limit :]


def _keys(snapshot: Snapshot) -> dict[int, bytes]:
    return {domain.length: domain.key for domain in snapshot.domains}
