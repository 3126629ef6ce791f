"""Whether links may lead where they do, by the rules about destinations.

It is asked when a link is cached, and again of all that are cached when rules have changed; so
a link that is let through costs nothing when it is followed.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple, TypeVar

from services.redirector.links.blocks import Block
from services.redirector.storage.connections import Pool
from services.redirector.storage.links import list_rules
from shared.domain.destination_hosts import host_keys
from shared.domain.destination_rules import FoundRules, Site, find_site

# Looked at between two turns of the loop: some milliseconds.
AT_ONCE = 500

_Item = TypeVar("_Item")


class Lead(NamedTuple):
    """Where some link of an account leads."""

    account_id: int | None
    location: str


class DestinationRules:
    """The rules, as Postgres has them: none are kept.

    Args:
        pool: Where to look.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._change_count = 0

    def note_change(self) -> None:
        """Hear that rules have changed."""
        self._change_count += 1

    async def find_blocked(self, leads: Iterable[Lead]) -> set[Lead]:
        """Return those that may not be followed, by rules that were the newest when it returns.

        Raises:
            StoreUnavailableError: Postgres is away.
        """
        wanted = set(leads)
        while True:
            change_count = self._change_count
            blocked = await self._find(wanted)
            # Rules that were changed while they were read may have been read as before.
            if change_count == self._change_count:
                return blocked

    async def check_blocks(self, blocks: Iterable[Block]) -> list[Block]:
        """Return blocks as the rules have them.

        Raises:
            StoreUnavailableError: Postgres is away.
        """
        blocks = list(blocks)
        blocked = await self.find_blocked(lead for block in blocks for lead in _leads_of(block))
        return [_checked(block, blocked) for block in blocks]

    async def _find(self, leads: Iterable[Lead]) -> set[Lead]:
        blocked: set[Lead] = set()
        for part in in_parts(leads):
            sites = {lead: find_site(lead.location) for lead in part}
            hosts = {site.host for site in sites.values() if site is not None}
            keys = {key for host in hosts for key in host_keys(host)}
            accounts = {lead.account_id for lead in part if lead.account_id is not None}
            rules = FoundRules()
            rules.add(await list_rules(self._pool, keys, accounts))
            blocked |= _refused(sites, rules)
            await asyncio.sleep(0)
        return blocked


def _refused(sites: dict[Lead, Site | None], rules: FoundRules) -> set[Lead]:
    return {lead for lead, site in sites.items() if rules.refuses(site, lead.account_id)}


def _leads_of(block: Block) -> Iterator[Lead]:
    for location in (block.location, block.gone_location):
        if location is not None:
            yield Lead(block.account_id, location)


def _checked(block: Block, blocked: set[Lead]) -> Block:
    is_blocked, is_gone_blocked = (
        location is not None and Lead(block.account_id, location) in blocked
        for location in (block.location, block.gone_location)
    )
    if (block.is_blocked, block.is_gone_blocked) == (is_blocked, is_gone_blocked):
        return block
    return replace(block, is_blocked=is_blocked, is_gone_blocked=is_gone_blocked)


def in_parts(items: Iterable[_Item]) -> Iterator[Sequence[_Item]]:
    """Divide what is to be looked at, so that visitors need not wait for all of it.

    Yields:
        ``AT_ONCE`` of the items, or what is left.
    """
    left = iter(items)
    while part := list(islice(left, AT_ONCE)):
        yield part
