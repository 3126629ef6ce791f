"""Look up token domains, the blocks of links, and where personal links lead."""

from collections.abc import Collection
from dataclasses import dataclass, field

from services.redirector.links.blocks import Block
from services.redirector.links.personal_links import PersonalLink
from services.redirector.storage.connections import Pool, outages_named
from shared.domain.destination_rules import StoredRule
from shared.domain.token_keys import TokenKeys

LIST_DOMAINS = "SELECT length, key, next, ceiling FROM token_domain"
# Each wanted number costs one descent of link_block_pkey.
LIST_BLOCKS = """
SELECT DISTINCT block.token_length, block.first_link, block.link_count, block.campaign_id,
       block.location, extract(epoch FROM block.expires_at)::float8, block.is_paused,
       block.query_mode, account.gone_location, campaign.account_id
FROM unnest($1::smallint[], $2::bigint[]) AS wanted (token_length, number)
CROSS JOIN LATERAL (
    SELECT link_block.*
    FROM link_block
    WHERE link_block.token_length = wanted.token_length
      AND link_block.first_link <= wanted.number
    ORDER BY link_block.first_link DESC
    LIMIT 1
) AS block
LEFT JOIN campaign ON campaign.id = block.campaign_id
LEFT JOIN account ON account.id = campaign.account_id
"""
# Each wanted message costs one descent of personal_text_pkey, in its campaign's partition alone;
# without OFFSET 0 it would be a join, which may read all of a month.
LIST_PERSONAL_LINKS = """
SELECT wanted.campaign_id, wanted.position, personal.location
FROM unnest($1::bigint[], $2::integer[]) AS wanted (campaign_id, position)
CROSS JOIN LATERAL (
    SELECT personal_text.location
    FROM personal_text
    WHERE personal_text.campaign_id = wanted.campaign_id
      AND personal_text.position = wanted.position
    OFFSET 0
) AS personal
WHERE personal.location IS NOT NULL
"""
# Each key costs one descent of destination_rule_pkey. Key and path are null where an account has
# an allow-list.
LIST_RULES = """
SELECT list.account_id, list.kind = 'allow', rule.key, rule.path
FROM destination_rule AS rule
JOIN destination_list AS list ON list.id = rule.list_id
WHERE rule.key = ANY($1::text[]) AND (list.account_id IS NULL OR list.account_id = ANY($2))
UNION ALL
SELECT list.account_id, true, NULL, NULL
FROM destination_list AS list
WHERE list.account_id = ANY($2::bigint[]) AND list.kind = 'allow'
  AND EXISTS (SELECT FROM destination_rule AS rule WHERE rule.list_id = list.id)
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


async def list_domains(pool: Pool, keys: TokenKeys) -> list[TokenDomain]:
    """Return every token domain, with its key opened.

    Raises:
        SealError: A key cannot be opened.
        StoreUnavailableError: Postgres is away.
    """
    with outages_named():
        rows = await pool.fetch(LIST_DOMAINS)
    return [
        TokenDomain(length, keys.open(length, kept), first_free, ceiling)
        for length, kept, first_free, ceiling in rows
    ]


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


async def list_personal_links(
    pool: Pool, wanted: Collection[tuple[int, int]]
) -> list[PersonalLink]:
    """Return where the links of messages lead, of those that have one of their own.

    Args:
        pool: Where to look.
        wanted: Pairs of campaign id and position, each once.

    Raises:
        StoreUnavailableError: Postgres is away.
    """
    campaign_ids = [campaign_id for campaign_id, _ in wanted]
    positions = [position for _, position in wanted]
    with outages_named():
        rows = await pool.fetch(LIST_PERSONAL_LINKS, campaign_ids, positions)
        return [PersonalLink(*row) for row in rows]


async def list_rules(
    pool: Pool, keys: Collection[str], account_ids: Collection[int]
) -> list[StoredRule]:
    """Return the rules about destinations under some keys, of accounts and the platform.

    Raises:
        StoreUnavailableError: Postgres is away.
    """
    with outages_named():
        rows = await pool.fetch(LIST_RULES, list(keys), list(account_ids))
        return [tuple(row) for row in rows]
