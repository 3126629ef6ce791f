"""Look up token domains and the blocks of links."""

from collections.abc import Collection
from dataclasses import dataclass, field

from services.redirector.blocks import Block
from services.redirector.storage.connections import Pool, outages_named

LIST_DOMAINS = "SELECT length, key, next, ceiling FROM token_domain"
# Each wanted number costs one descent of link_block_pkey.
LIST_BLOCKS = """
SELECT DISTINCT block.token_length, block.first_link, block.link_count, block.campaign_id,
       block.location
FROM unnest($1::smallint[], $2::bigint[]) AS wanted (token_length, number)
CROSS JOIN LATERAL (
    SELECT link_block.*
    FROM link_block
    WHERE link_block.token_length = wanted.token_length
      AND link_block.first_link <= wanted.number
    ORDER BY link_block.first_link DESC
    LIMIT 1
) AS block
"""


@dataclass(frozen=True, slots=True)
class TokenDomain:
    """All that makes tokens of one length.

    Attributes:
        next: The first link number not handed out yet, when this was read.
        ceiling: No link number will ever be handed out from here on.
    """

    length: int
    key: bytes = field(repr=False)
    next: int
    ceiling: int


async def list_domains(pool: Pool) -> list[TokenDomain]:
    """Return every token domain.

    Raises:
        StoreUnavailableError: Postgres is away.
    """
    with outages_named():
        return [TokenDomain(*row) for row in await pool.fetch(LIST_DOMAINS)]


async def list_blocks(pool: Pool, wanted: Collection[tuple[int, int]]) -> list[Block]:
    """Return, for each link number, the last block that begins at or before it, once each.

    Such a block need not hold the number, which then is in no block.

    Args:
        pool: Where to look.
        wanted: Pairs of token length and link number.

    Raises:
        StoreUnavailableError: Postgres is away.
    """
    lengths = [length for length, _ in wanted]
    numbers = [number for _, number in wanted]
    with outages_named():
        return [Block(*row) for row in await pool.fetch(LIST_BLOCKS, lengths, numbers)]
