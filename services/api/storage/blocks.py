"""Handing out link numbers: one contiguous block a campaign."""

from dataclasses import dataclass

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.links import LINK_BLOCK

# The shortest length with room. The row lock is what makes blocks disjoint; it is held for as
# long as this transaction lasts, so the caller commits at once and a failed send leaves a gap.
ALLOCATE_BLOCK = text("""
    UPDATE token_domain SET next = next + :link_count
    WHERE length = (
        SELECT min(length) FROM token_domain WHERE next + :link_count <= ceiling
    )
    AND next + :link_count <= ceiling
    RETURNING length, next - :link_count AS first_link, key
""")

SHORTEST_DOMAIN = text("""
    SELECT length, key FROM token_domain WHERE next < ceiling ORDER BY length LIMIT 1
""")


@dataclass(frozen=True, slots=True, repr=False)
class Block:
    """The link numbers ``[first_link, first_link + link_count)`` of one token length."""

    token_length: int
    first_link: int
    link_count: int
    key: bytes


async def allocate_block(connection: AsyncConnection, link_count: int) -> Block | None:
    """Take a block from the shortest domain with room; None when a race or no room took it.

    Two sends may both pick a domain that has room for one of them; the one that comes second
    then finds the condition false and gets None. Asking again picks the next length.
    """
    row = (await connection.execute(ALLOCATE_BLOCK, {"link_count": link_count})).one_or_none()
    return None if row is None else Block(row.length, row.first_link, link_count, row.key)


async def find_shortest_domain(connection: AsyncConnection) -> tuple[int, bytes] | None:
    """Return length and key of the domain that the next block would come from."""
    row = (await connection.execute(SHORTEST_DOMAIN)).one_or_none()
    return None if row is None else (row.length, row.key)


async def add_block(
    connection: AsyncConnection, block: Block, *, campaign_id: int, location: str
) -> None:
    """Make a block's tokens live: from the commit on they lead to ``location``."""
    await connection.execute(
        insert(LINK_BLOCK).values(
            token_length=block.token_length,
            first_link=block.first_link,
            link_count=block.link_count,
            campaign_id=campaign_id,
            location=location,
        )
    )
