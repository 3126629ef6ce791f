"""From a token to the link it stands for: cached blocks first, else one query for many."""

import asyncio
import logging
from asyncio import Future, Task
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

from services.redirector.answers import header_lines, redirect_to
from services.redirector.links.blocking import DestinationRules, Lead, in_parts
from services.redirector.links.blocks import Block, BlockCache, GapCache
from services.redirector.links.personal_links import PersonalLinkCache
from services.redirector.links.snapshots import Snapshot
from services.redirector.links.token_cache import TokenCache
from services.redirector.storage.connections import Pool, StoreUnavailableError
from services.redirector.storage.links import (
    TokenDomain,
    list_blocks,
    list_domains,
    list_personal_links,
)
from shared.domain.errors import InvalidTokenError
from shared.domain.token_keys import TokenKeys
from shared.domain.tokens import TokenCipher

LOGGER = logging.getLogger(__name__)

CACHED_BLOCKS = 10_000
CACHED_GAPS = 10_000
# In each of two generations: some 250 octets a token.
CACHED_TOKENS = 100_000
MAX_OWN_LINES_OCTETS = 512
CACHED_PERSONAL_OCTETS = 16 << 20
KEPT_PERSONAL_OCTETS = 2 << 20
GAP_TTL_S = 2.0
MAX_WAITING = 10_000
REFRESHED_AT_ONCE = 1_000

# Its token length and its number.
_LinkKey: TypeAlias = tuple[int, int]
# Its number, its token's length, and the header lines of its redirect. A tuple of nothing but
# these costs the garbage collector nothing, however many are cached.
PlainLink: TypeAlias = tuple[int, int, bytes]


class UnknownLinkError(Exception):
    """No link has this token."""


class LookupUnavailableError(Exception):
    """The link is not cached, and Postgres cannot be asked now."""


class Link(NamedTuple):
    """The link of one recipient.

    Attributes:
        number: What its token decrypts to, within ``block``.
        location: The block's, or else its own.
        is_blocked: Whether a list of destinations lets it not lead there.
    """

    number: int
    block: Block
    location: str
    is_blocked: bool = False


class _Domain(NamedTuple):
    stored: TokenDomain
    cipher: TokenCipher


class Resolver:
    """The redirector's knowledge of links.

    At most one query is under way at a time; links not cached that are asked for meanwhile go
    into the next one together, at most ``MAX_WAITING`` of them.

    Args:
        pool: Where to look up what is not cached.
        keys: What opens the keys of tokens.
        short_domain: Links that lead back to it are unknown, or browsers would go round in
            circles.

    Attributes:
        lookup_count: How many queries for links there have been.
        change_count: Grows whenever what is known may have changed.
        rules: Where links may lead.
    """

    def __init__(self, pool: Pool, keys: TokenKeys, *, short_domain: str) -> None:
        self._pool = pool
        self._keys = keys
        self._short_host = short_domain.partition(":")[0]
        self._domains: dict[int, _Domain] = {}
        self._blocks = BlockCache(CACHED_BLOCKS)
        self._personal = PersonalLinkCache(CACHED_PERSONAL_OCTETS)
        self._plain: TokenCache[PlainLink] = TokenCache(CACHED_TOKENS)
        # Whether plain links may be of blocks that made room, of whose changes nobody would know.
        self._has_strays = False
        self._gaps = GapCache(CACHED_GAPS, GAP_TTL_S)
        self._waiting: dict[_LinkKey, Future[Link | None]] = {}
        self._looking_up: Task[None] | None = None
        # Blocks that were changed while some were read.
        self._heard: set[_LinkKey] = set()
        self._is_store_away = False
        self.rules = DestinationRules(pool)
        self.lookup_count = 0
        self.change_count = 0

    async def load_domains(self) -> None:
        """Read the token domains, without which no token can be decrypted.

        Raises:
            LookupUnavailableError: Postgres is away.
        """
        try:
            self._set_domains(await list_domains(self._pool, self._keys))
        except StoreUnavailableError as error:
            raise LookupUnavailableError from error

    def restore(self, snapshot: Snapshot) -> None:
        """Take over what an earlier process knew."""
        self._set_domains(snapshot.domains)
        for block in snapshot.blocks:
            self._blocks.add(block)
        self._personal.add(snapshot.personal_links)

    def snapshot(self) -> Snapshot:
        """Return what a later process would need to answer the links cached here."""
        domains = [domain.stored for domain in self._domains.values()]
        personal_links = self._personal.list_latest(KEPT_PERSONAL_OCTETS)
        return Snapshot(domains, self._blocks.list_blocks(), personal_links)

    def find_plain(self, token: bytes) -> PlainLink | None:
        """Return a plain link if it is cached; None if not, or if it is not plain.

        Raises:
            UnknownLinkError: No link has this token; no query is needed to say so.
        """
        known = self._plain.get(token)
        if known is not None:
            return known
        link = self.find_cached(token.decode("ascii"))
        if link is None or link.is_blocked or not link.block.is_plain:
            return None
        plain = link.number, len(token), header_lines(redirect_to(link.location))
        # Those of a block are the same octets for all of its tokens.
        if link.block.location is not None or len(plain[2]) <= MAX_OWN_LINES_OCTETS:
            self._plain.add(token, plain)
        return plain

    def find_cached(self, token: str) -> Link | None:
        """Return the link of a token if that is cached; None if it must be resolved.

        Raises:
            UnknownLinkError: No link has this token; no query is needed to say so.
        """
        domain = self._domains.get(len(token))
        if domain is None:
            if self._domains:
                raise UnknownLinkError
            return None
        stored, cipher = domain
        try:
            number = cipher.link_number(token)
        except InvalidTokenError:
            raise UnknownLinkError from None
        if number >= stored.ceiling:
            raise UnknownLinkError
        block = self._blocks.find(stored.length, number)
        if block is None:
            return None
        if block.location is not None:
            return Link(number, block, block.location, block.is_blocked)
        place = (block.campaign_id, number - block.first_link)
        location = self._personal.find(*place)
        if location is None:
            return None
        return Link(number, block, location, self._personal.is_blocked(*place))

    async def resolve(self, token: str) -> Link:
        """Return the link of a token, looking it up if it is not cached.

        Raises:
            UnknownLinkError: No link has this token.
            LookupUnavailableError: It is not cached, and Postgres is away or overrun.
        """
        link = self.find_cached(token)
        if link is not None:
            return link
        if not self._domains:
            await self.load_domains()
            link = self.find_cached(token)
            if link is not None:
                return link
        number = self._domains[len(token)].cipher.link_number(token)
        link = await self._look_up((len(token), number))
        if link is None:
            raise UnknownLinkError
        return link

    async def refresh(self, keys: Collection[_LinkKey] | None = None) -> None:
        """Read cached blocks anew, since they may have been changed.

        Args:
            keys: Token length and first link of those that were; None reads all of them.

        Raises:
            LookupUnavailableError: Postgres is away; what is cached goes on.
        """
        if keys is not None and self._looking_up and not self._looking_up.done():
            self._heard.update(keys)
        cached = {(block.token_length, block.first_link) for block in self._blocks.list_blocks()}
        wanted = sorted(cached if keys is None else cached.intersection(keys))
        for start in range(0, len(wanted), REFRESHED_AT_ONCE):
            part = wanted[start : start + REFRESHED_AT_ONCE]
            try:
                fetched = await self.rules.check_blocks(await list_blocks(self._pool, part))
            except StoreUnavailableError as error:
                raise LookupUnavailableError from error
            self._replace(fetched)
            if keys is not None:
                self._forget_personal(fetched)
        self._forget_strays()

    async def recheck(self) -> None:
        """Look anew whether cached links may lead where they do: rules may have been changed.

        Raises:
            LookupUnavailableError: Postgres is away; what is cached goes on.
        """
        try:
            await self._recheck_blocks()
            await self._recheck_personal()
        except StoreUnavailableError as error:
            raise LookupUnavailableError from error
        self._forget_strays()

    def leads_on(self, location: str) -> bool:
        """Tell whether a location is one at all, and elsewhere than on the short domain."""
        try:
            host = urlsplit(location).hostname
        except ValueError:
            return False
        return host is None or host.removesuffix(".") != self._short_host

    async def _recheck_blocks(self) -> None:
        for part in in_parts(self._blocks.list_blocks()):
            checked = await self.rules.check_blocks(part)
            news = [self._blocks.exchange(*pair) for pair in zip(part, checked, strict=True)]
            if any(news):
                self._note_news()

    async def _recheck_personal(self) -> None:
        accounts = {block.campaign_id: block.account_id for block in self._blocks.list_blocks()}
        for part in in_parts(self._personal.list_places()):
            leads: dict[_LinkKey, Lead] = {}
            for campaign_id, position in part:
                location = self._personal.peek(campaign_id, position)
                if location is not None and campaign_id in accounts:
                    leads[campaign_id, position] = Lead(accounts[campaign_id], location)
                else:
                    # Of no block that is cached: nobody knows whose lists count.
                    self._personal.forget(campaign_id, position)
            blocked = await self.rules.find_blocked(leads.values())
            news = [
                self._personal.set_blocked(*place, is_blocked=lead in blocked)
                for place, lead in leads.items()
            ]
            if any(news):
                self._note_news()

    def _note_news(self) -> None:
        self.change_count += 1
        # Some of them may be links of what has changed.
        self._plain.clear()

    def _forget_strays(self) -> None:
        if self._has_strays:
            self._plain.clear()
            self._has_strays = False

    def _replace(self, fetched: Iterable[Block]) -> None:
        for block in fetched:
            if self._may_lead_on(block) and self._blocks.replace(block):
                self._note_news()

    def _forget_personal(self, changed: Iterable[Block]) -> None:
        """Forget where links of changed blocks led: some may have been erased."""
        own = {block.campaign_id for block in changed if block.location is None}
        if own:
            self._personal.forget_campaigns(own)
            self.change_count += 1
            self._plain.clear()

    async def _look_up(self, key: _LinkKey) -> Link | None:
        if self._gaps.has(*key, now_s=asyncio.get_running_loop().time()):
            return None
        future = self._waiting.get(key)
        if future is None:
            if len(self._waiting) >= MAX_WAITING:
                raise LookupUnavailableError
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._looking_up is None or self._looking_up.done():
            self._looking_up = asyncio.create_task(self._answer_waiting())
        # Others may wait for the same future, so one of them may not cancel it.
        return await asyncio.shield(future)

    async def _answer_waiting(self) -> None:
        await asyncio.sleep(0)  # the other misses of this tick join
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            try:
                links = await self._fetch(waiting)
            except Exception as error:  # noqa: BLE001 - a visitor must not wait for ever
                self._note_outage(error)
                for future in waiting.values():
                    future.set_exception(LookupUnavailableError())
            else:
                self._is_store_away = False
                for key, future in waiting.items():
                    future.set_result(links.get(key))

    def _note_outage(self, error: Exception) -> None:
        if not self._is_store_away:
            is_fault = not isinstance(error, StoreUnavailableError)
            LOGGER.error("links cannot be looked up: %s", error, exc_info=is_fault)
        self._is_store_away = True

    async def _fetch(self, wanted: Iterable[_LinkKey]) -> dict[_LinkKey, Link]:
        """Look links up, and cache what they lead to or that there are no such links."""
        self.lookup_count += 1
        self.change_count += 1
        if any(number >= self._domains[length].stored.next for length, number in wanted):
            self._set_domains(await list_domains(self._pool, self._keys))
        handed_out = [
            (length, number)
            for length, number in wanted
            if number < self._domains[length].stored.next
        ]
        links = await self._fetch_links(await self._fetch_blocks(handed_out))
        now_s = asyncio.get_running_loop().time()
        for length, number in wanted:
            if (length, number) not in links:
                self._gaps.add(length, number, now_s=now_s)
        return links

    async def _fetch_blocks(self, wanted: Collection[_LinkKey]) -> dict[_LinkKey, Block]:
        # The block of a personal link is mostly known.
        missing = [key for key in wanted if self._blocks.find(*key) is None]
        for block in await self._read_blocks(missing):
            if self._may_lead_on(block) and self._blocks.add(block):
                self._has_strays = True
        return {key: held for key in wanted if (held := self._blocks.find(*key))}

    async def _read_blocks(self, missing: Collection[_LinkKey]) -> Iterable[Block]:
        """Read blocks that are not cached, and again those that were changed meanwhile.

        Such a one may have been read as it was before, and nobody would tell of it once more.
        """
        blocks: dict[_LinkKey, Block] = {}
        while missing:
            self._heard.clear()
            for block in await self.rules.check_blocks(await list_blocks(self._pool, missing)):
                blocks[block.token_length, block.first_link] = block
            missing = self._heard.intersection(blocks)
        return blocks.values()

    async def _fetch_links(self, blocks: Mapping[_LinkKey, Block]) -> dict[_LinkKey, Link]:
        own = [
            (block.campaign_id, number - block.first_link)
            for (_, number), block in blocks.items()
            if block.location is None
        ]
        found = await list_personal_links(self._pool, own) if own else []
        usable = [link for link in found if self.leads_on(link.location)]
        accounts = {block.campaign_id: block.account_id for block in blocks.values()}
        leads = [Lead(accounts[link.campaign_id], link.location) for link in usable]
        blocked = await self.rules.find_blocked(leads)
        checked = [
            link._replace(is_blocked=lead in blocked)
            for link, lead in zip(usable, leads, strict=True)
        ]
        if self._personal.add(checked):
            self._has_strays = True
        personal = {(link.campaign_id, link.position): link for link in checked}
        links: dict[_LinkKey, Link] = {}
        for (length, number), block in blocks.items():
            own_link = personal.get((block.campaign_id, number - block.first_link))
            if block.location is not None:
                links[length, number] = Link(number, block, block.location, block.is_blocked)
            elif own_link is not None:
                links[length, number] = Link(number, block, own_link.location, own_link.is_blocked)
        return links

    def _may_lead_on(self, block: Block) -> bool:
        return block.location is None or self.leads_on(block.location)

    def _set_domains(self, domains: Iterable[TokenDomain]) -> None:
        self._domains = {
            domain.length: _Domain(domain, TokenCipher(domain.key, domain.length))
            for domain in domains
        }
