"""Blocks of link numbers, and the bounded caches of them."""

from bisect import bisect_left, bisect_right
from collections import OrderedDict, defaultdict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """The contiguous link numbers of one campaign, and where they lead.

    Attributes:
        location: ASCII, absolute, http or https; goes into ``Location`` as it stands. None where
            each link leads to a place of its own.
        expires_at_s: Seconds since 1970 from which on its links answer 410; None if never.
        is_paused: Whether they answer 410 now.
        query_mode: What becomes of the query that a visitor comes with: ``off`` drops it, ``add``
            adds what the location has not, ``override`` replaces what it has, too.
        gone_location: Where those go who would get 410; None shows them a page.
        account_id: Whose campaign it is, whose lists of destinations count.
        is_blocked: Whether a list lets no link lead to the location, as of the last look.
        is_gone_blocked: The same of the gone location.
    """

    token_length: int
    first_link: int
    link_count: int
    campaign_id: int
    location: str | None
    expires_at_s: float | None = None
    is_paused: bool = False
    query_mode: str = "off"
    gone_location: str | None = None
    account_id: int | None = None
    is_blocked: bool = False
    is_gone_blocked: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether its links lead on for ever and drop queries, so that no more is to be asked."""
        has_terms = self.expires_at_s is not None or self.is_paused or self.query_mode != "off"
        return not has_terms and not self.is_blocked

    def is_gone(self, now_s: float) -> bool:
        """Tell whether its links lead nowhere at a time, given in seconds since 1970."""
        return self.is_paused or (self.expires_at_s is not None and now_s >= self.expires_at_s)


class BlockCache:
    """The blocks asked for last; one entry serves all recipients of a campaign.

    When full, the block not asked for the longest makes room.

    Args:
        limit: Most blocks kept, at least 1.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._blocks: OrderedDict[tuple[int, int], Block] = OrderedDict()
        self._first_links: defaultdict[int, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._blocks)

    def find(self, token_length: int, number: int) -> Block | None:
        """Return the cached block that holds a link number."""
        first_links = self._first_links[token_length]
        at = bisect_right(first_links, number) - 1
        if at < 0:
            return None
        key = (token_length, first_links[at])
        block = self._blocks[key]
        if number >= block.first_link + block.link_count:
            return None
        self._blocks.move_to_end(key)
        return block

    def add(self, block: Block) -> bool:
        """Keep a block, as the one asked for last.

        Returns:
            Whether another had to make room.
        """
        key = (block.token_length, block.first_link)
        if key not in self._blocks:
            first_links = self._first_links[block.token_length]
            first_links.insert(bisect_left(first_links, block.first_link), block.first_link)
        self._blocks[key] = block
        self._blocks.move_to_end(key)
        if len(self._blocks) <= self._limit:
            return False
        (token_length, first_link), _ = self._blocks.popitem(last=False)
        first_links = self._first_links[token_length]
        del first_links[bisect_left(first_links, first_link)]
        return True

    def replace(self, block: Block) -> bool:
        """Put a block in the place of the cached one of its links, if that is another.

        Nobody asked for it, so it is as near to making room as before.

        Returns:
            Whether it was another.
        """
        key = (block.token_length, block.first_link)
        if self._blocks.get(key, block) == block:
            return False
        self._blocks[key] = block
        return True

    def exchange(self, block: Block, by: Block) -> bool:
        """Put another in the place of a block, if that very one is cached still.

        Returns:
            Whether it was, and the other is another.
        """
        key = (block.token_length, block.first_link)
        if self._blocks.get(key) is not block or by == block:
            return False
        self._blocks[key] = by
        return True

    def list_blocks(self) -> list[Block]:
        """Return all blocks, the one asked for last at the end."""
        return list(self._blocks.values())


class GapCache:
    """Link numbers that were in no block a moment ago.

    Args:
        limit: Most numbers kept, at least 1; when full, the oldest makes room.
        ttl_s: Seconds for which a number counts as a gap.
    """

    def __init__(self, limit: int, ttl_s: float) -> None:
        self._limit = limit
        self._ttl_s = ttl_s
        self._expiries: OrderedDict[tuple[int, int], float] = OrderedDict()

    def add(self, token_length: int, number: int, *, now_s: float) -> None:
        """Remember that a number is in no block; ``now_s`` is of any monotonic clock."""
        self._expiries[token_length, number] = now_s + self._ttl_s
        if len(self._expiries) > self._limit:
            self._expiries.popitem(last=False)

    def has(self, token_length: int, number: int, *, now_s: float) -> bool:
        """Tell whether a number was found to be a gap within the last ``ttl_s``."""
        return self._expiries.get((token_length, number), now_s) > now_s
