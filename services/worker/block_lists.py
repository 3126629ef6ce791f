"""The platform's block-list, as files and servers elsewhere have it: looked at again and again.

A list that cannot be read, or makes no sense, changes nothing: the rules that were read last
stay. One that can be read takes the place of them in one transaction.
"""

import asyncio
import io
import logging
from asyncio import Event
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker import rounds
from services.worker.calling import Caller, Fetched
from services.worker.storage.block_lists import (
    ListToRead,
    claim_list,
    drop_other_lists,
    note_failure,
    note_unchanged,
    replace_rules,
)
from shared.domain.destination_rules import Rule
from shared.domain.host_lists import HostList

MAX_OCTETS = 32 << 20
TIMEOUT_S = 60.0
# How often is asked which list is due; a look at one that failed is due again that soon.
LOOK_INTERVAL_S = 60.0
RETRY_AFTER = timedelta(minutes=5)
LINES_AT_ONCE = 20_000
HEADERS = {"user-agent": "txlink-lists/1", "accept-encoding": "identity"}

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BlockLists:
    """The lists of one installation; of several workers one reads a list that is due.

    Attributes:
        sources: Absolute paths and URLs; the rules of others are dropped.
        interval: From one look at a list to the next.
        octet_limit: Of the longest list that is read.
    """

    engine: AsyncEngine
    caller: Caller
    sources: tuple[str, ...]
    interval: timedelta
    octet_limit: int = MAX_OCTETS

    async def refresh(self) -> None:
        """Read all lists that are due, one after the other."""
        async with self.engine.begin() as connection:
            dropped = await drop_other_lists(connection, self.sources)
        for source in dropped:
            LOGGER.warning("the list of hosts %s is no longer in the settings: dropped", source)
        for source in self.sources:
            async with self.engine.begin() as connection:
                due = await claim_list(
                    connection, source, interval=self.interval, retry_after=RETRY_AFTER
                )
            if due is not None:
                await self._read(due)

    async def _read(self, due: ListToRead) -> None:
        fetched = await self._fetch(due)
        if fetched.cause is None and fetched.body is None:
            async with self.engine.begin() as connection:
                await note_unchanged(connection, due.id)
            return
        cause = fetched.cause or await self._replace(due, fetched, fetched.body or b"")
        if cause is None:
            return
        async with self.engine.begin() as connection:
            count = await note_failure(connection, due.id, cause)
        LOGGER.error(
            "the list of hosts %s was not read, for the %d. time: %s; its rules stay as they were",
            due.source,
            count,
            cause,
        )

    async def _fetch(self, due: ListToRead) -> Fetched:
        if due.source.startswith("/"):
            return await asyncio.to_thread(_read_file, due, self.octet_limit)
        wishes = {"if-none-match": due.etag, "if-modified-since": due.last_modified}
        asked = HEADERS | {name: value for name, value in wishes.items() if value}
        return await self.caller.get(due.source, asked, octet_limit=self.octet_limit)

    async def _replace(self, due: ListToRead, fetched: Fetched, body: bytes) -> str | None:
        """Put what was read in the place of what there was; return why that was not done."""
        read = HostList()
        async with self.engine.connect() as connection:
            count = await replace_rules(
                connection,
                due.id,
                _rules(read, body),
                etag=fetched.etag,
                last_modified=fetched.last_modified,
            )
            if read.rule_count == 0:
                return "it names no host"
            if read.unread_count > read.rule_count:
                return f"{read.unread_count} of its lines are no hosts: that is no list of them"
            await connection.commit()
        LOGGER.info(
            "the list of hosts %s has %d rules; %d lines of it are none",
            due.source,
            count,
            read.unread_count,
        )
        return None


async def make_rounds(lists: BlockLists, ended: Event) -> None:
    """Read lists that are due, now and every minute, until told to end."""
    await rounds.make_rounds(lists.refresh, interval_s=LOOK_INTERVAL_S, ended=ended)


async def _rules(read: HostList, body: bytes) -> AsyncIterator[set[Rule]]:
    lines = iter(io.TextIOWrapper(io.BytesIO(body), "utf-8-sig", "replace"))
    # In a thread, and some lines at a time: a million take seconds.
    while rules := await asyncio.to_thread(_read_some, read, lines):
        yield rules


def _read_some(read: HostList, lines: Iterator[str]) -> set[Rule]:
    while part := list(islice(lines, LINES_AT_ONCE)):
        read.read(part)
        if taken := read.take():
            return taken
    return set()


def _read_file(due: ListToRead, octet_limit: int) -> Fetched:
    path = Path(due.source)
    try:
        status = path.stat()
        changed = f"{status.st_mtime_ns} {status.st_size}"
        if changed == due.etag:
            return Fetched(None)
        with path.open("rb") as file:
            body = file.read(octet_limit + 1)
    except OSError as error:
        return Fetched(error.strerror or type(error).__name__)
    if len(body) > octet_limit:
        return Fetched(f"it has more than {octet_limit} octets")
    return Fetched(None, body, changed)
