"""The links of a send: how long they will be, and the block of numbers behind them."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.errors import NoLinkRoomError
from services.api.storage.blocks import Block, Domain, allocate_block, find_domain
from shared.domain.tokens import TokenCipher, domain_size


@dataclass(frozen=True, slots=True, repr=False)
class LinkForm:
    """What the links of a send will look like.

    Attributes:
        prefix: All before the token.
    """

    prefix: str
    domain: Domain

    @property
    def token_length(self) -> int:
        """From 6 to 8 characters."""
        return self.domain.token_length

    def samples(self, count: int) -> list[str]:
        """Return links of that form which will never be live, all different.

        The first is the same whatever the count, so that one message has one link wherever it
        is shown.
        """
        # The last numbers of a domain lie far beyond its ceiling.
        first = domain_size(self.token_length) - count
        tokens = TokenCipher(self.domain.key, self.token_length).mint_block(first, count)
        return [self.prefix + token for token in reversed(tokens)]


async def foresee_links(connection: AsyncConnection, *, prefix: str, link_count: int) -> LinkForm:
    """Tell how links would look if their block were taken now; none is.

    Raises:
        NoLinkRoomError: No domain has room for a block of this size.
    """
    domain = await find_domain(connection, link_count)
    if domain is None:
        raise NoLinkRoomError(link_count)
    return LinkForm(prefix, domain)


async def take_block(engine: AsyncEngine, form: LinkForm, link_count: int) -> Block | None:
    """Take a block in a transaction of its own: no other send waits for this one's COPY.

    Returns:
        None if the domain of that length has been filled since it was looked at.
    """
    async with engine.begin() as connection:
        return await allocate_block(connection, form.token_length, link_count)


def first_link_of(block: Block, prefix: str) -> str:
    """Return the link of a block's first recipient."""
    return prefix + TokenCipher(block.key, block.token_length).mint(block.first_link)
