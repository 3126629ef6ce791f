"""The tracked link of a send: what it replaces, and the block its tokens come from."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.errors import NoLinkRoomError
from services.api.domain.rewriting import Rewrite, plan_rewrite
from services.api.storage.blocks import Block, allocate_block, find_shortest_domain
from services.api.storage.campaigns import LinkedBody
from shared.domain.tokens import TOKEN_LENGTHS, TokenCipher, domain_size


@dataclass(frozen=True, slots=True, repr=False)
class TrackedLink:
    """A body with its link replaced; without a block it is for show, and its token is dead."""

    rewrite: Rewrite
    prefix: str
    block: Block | None
    sample: str

    @property
    def text(self) -> str:
        """The body as the first recipient gets it."""
        return self.rewrite.with_link(self.sample)

    def to_linked_body(self) -> LinkedBody | None:
        """Return what a campaign keeps of it; None without a block."""
        if self.block is None:
            return None
        return LinkedBody(
            body_after=self.rewrite.after,
            destination=self.rewrite.destination,
            link_prefix=self.prefix,
            token_length=self.block.token_length,
            first_link=self.block.first_link,
        )


async def track_link(
    engine: AsyncEngine, body: str, *, prefix: str, short_domain: str, link_count: int
) -> TrackedLink:
    """Replace the last URL of a body by a link of each recipient's own.

    Raises:
        DomainError: The body has no URL that can be tracked, or there is no room for the links.
    """
    rewrite = plan_rewrite(body, short_domains=frozenset({short_domain}))
    block = await _allocate(engine, link_count)
    token = TokenCipher(block.key, block.token_length).mint(block.first_link)
    return TrackedLink(rewrite, prefix, block, prefix + token)


async def preview_link(
    engine: AsyncEngine, body: str, *, prefix: str, short_domain: str
) -> TrackedLink:
    """Do the same for show: the token is of the right length and will never be live.

    Raises:
        DomainError: The body has no URL that can be tracked.
        NoLinkRoomError: Every token domain is full.
    """
    rewrite = plan_rewrite(body, short_domains=frozenset({short_domain}))
    async with engine.connect() as connection:
        domain = await find_shortest_domain(connection)
    if domain is None:
        raise NoLinkRoomError(1)
    length, key = domain
    # The last number of a domain lies far beyond its ceiling.
    token = TokenCipher(key, length).mint(domain_size(length) - 1)
    return TrackedLink(rewrite, prefix, None, prefix + token)


async def _allocate(engine: AsyncEngine, link_count: int) -> Block:
    """Take a block in a transaction of its own: no other send waits for this one's COPY.

    Raises:
        NoLinkRoomError: No domain has room for a block of this size.
    """
    for _ in TOKEN_LENGTHS:
        async with engine.begin() as connection:
            block = await allocate_block(connection, link_count)
        if block is not None:
            return block
    raise NoLinkRoomError(link_count)
