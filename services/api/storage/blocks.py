"""Handing out link numbers: one contiguous block a campaign."""

from dataclasses import dataclass

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.links import LINK_BLOCK
from shared.storage.sealed import open_token_key

ANY_DOMAIN = text("SELECT EXISTS (SELECT FROM token_domain)")

SHORTEST_DOMAIN = text("""
    SELECT length, key FROM token_domain
    WHERE next + :link_count <= ceiling ORDER BY length LIMIT 1
""")

# The row lock is what makes blocks disjoint; it is held for as long as this transaction lasts,
# so the caller commits at once and a send that fails after it leaves a gap.
ALLOCATE_BLOCK = text("""
    UPDATE token_domain SET next = next + :link_count
    WHERE length = :token_length AND next + :link_count <= ceiling
    RETURNING next - :link_count AS first_link, key
""")


@dataclass(frozen=True, slots=True, repr=False)
class Domain:
    """Tokens of one length, and the key that makes them."""

    token_length: int
    key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Block:
    """The link numbers ``[first_link, first_link + link_count)`` of one token length."""

    token_length: int
    first_link: int
    link_count: int
    key: bytes


async def find_domain(connection: AsyncConnection, link_count: int) -> Domain | None:
    """Return the shortest domain with room for a block; None if none has it."""
    row = (await connection.execute(SHORTEST_DOMAIN, {"link_count": link_count})).one_or_none()
    if row is None:
        return None
    return Domain(row.length, open_token_key(connection, row.length, row.key))


async def allocate_block(
    connection: AsyncConnection, token_length: int, link_count: int
) -> Block | None:
    """Take a block from the domain of a length; None if it has no room for it."""
    values = {"token_length": token_length, "link_count": link_count}
    row = (await connection.execute(ALLOCATE_BLOCK, values)).one_or_none()
    if row is None:
        return None
    key = open_token_key(connection, token_length, row.key)
    return Block(token_length, row.first_link, link_count, key)


async def has_domains(connection: AsyncConnection) -> bool:
    """Tell whether the table that every tracked send needs is there and filled."""
    return bool((await connection.execute(ANY_DOMAIN)).scalar_one())


async def add_block(
    connection: AsyncConnection, block: Block, *, campaign_id: int, location: str | None
) -> None:
    """Make a block's tokens live: from the commit on they lead to ``location``.

    None where each message of the campaign has a location of its own.
    """
    await connection.execute(
        insert(LINK_BLOCK).values(
            token_length=block.token_length,
            first_link=block.first_link,
            link_count=block.link_count,
            campaign_id=campaign_id,
            location=location,
        )
    )
