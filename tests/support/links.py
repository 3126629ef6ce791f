"""Campaigns with tracked links, straight into the database."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from shared.domain.tokens import TokenCipher
from tests.support.roles import owner_url

DESTINATION = "https://shop.example.com/diwali"

ADD_ACCOUNT = """
INSERT INTO account (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name
RETURNING id
"""
TAKE_LINKS = """
UPDATE token_domain SET next = next + $2 WHERE length = $1 RETURNING key, next - $2 AS first_link
"""
ADD_CAMPAIGN = """
INSERT INTO campaign (
    uuid, transaction_id, account_id, carrier, body_before, body_after, destination, link_prefix,
    token_length, first_link, message_count, encoding, segment_count
)
VALUES ($1, $2, $3, 'sandbox', 'Visit ', ' now', $4, 'https://tx1.in/', $5, $6, $7, 'GSM-7', 1)
RETURNING id
"""
ADD_PERSONAL_CAMPAIGN = """
INSERT INTO campaign (
    uuid, transaction_id, account_id, carrier, body_before, link_prefix, token_length,
    first_link, message_count, encoding, segment_count, is_personal, segment_total
)
VALUES ($1, $2, $3, 'sandbox', 'Visit #link# now', 'https://tx1.in/', $4, $5, $6, 'GSM-7', 1, true,
    CAST($6 AS integer))
RETURNING id
"""
ADD_BLOCK = """
INSERT INTO link_block (token_length, first_link, link_count, campaign_id, location)
VALUES ($1, $2, $3, $4, $5)
"""
PERSONAL_TEXT_COLUMNS = [
    "campaign_id",
    "position",
    "body_before",
    "body_after",
    "destination",
    "location",
    "encoding",
    "segment_count",
]


@dataclass(frozen=True, slots=True)
class SeededCampaign:
    """A stored campaign, and the tokens of its recipients in the order of their positions."""

    id: int
    uuid: uuid.UUID
    token_length: int
    first_link: int
    tokens: list[str]


async def seed_campaign(
    database_url: str,
    *,
    recipient_count: int = 3,
    destination: str = DESTINATION,
    token_length: int = 6,
    account: str = "acme",
) -> SeededCampaign:
    """Store a campaign with its messages and block of links, as if it had been sent."""
    connection = await asyncpg.connect(owner_url(database_url))
    try:
        async with connection.transaction():
            return await _seed(connection, recipient_count, destination, token_length, account)
    finally:
        await connection.close()


async def seed_personal_campaign(
    database_url: str, destinations: Sequence[str | None], *, account: str = "acme"
) -> SeededCampaign:
    """Store a campaign whose links lead to these destinations; None has no text at all."""
    connection = await asyncpg.connect(owner_url(database_url))
    try:
        async with connection.transaction():
            campaign = await _seed(connection, len(destinations), None, 6, account)
            await connection.copy_records_to_table(
                "personal_text",
                columns=PERSONAL_TEXT_COLUMNS,
                records=[
                    (campaign.id, position, "Visit ", " now", each, each, "GSM-7", 1)
                    for position, each in enumerate(destinations)
                    if each is not None
                ],
            )
            return campaign
    finally:
        await connection.close()


async def _seed(
    connection: asyncpg.Connection,
    recipient_count: int,
    destination: str | None,
    token_length: int,
    account: str,
) -> SeededCampaign:
    account_id = await connection.fetchval(ADD_ACCOUNT, account)
    domain = await connection.fetchrow(TAKE_LINKS, token_length, recipient_count)
    assert domain is not None
    first_link: int = domain["first_link"]
    campaign_uuid = uuid.uuid4()
    values = [token_length, first_link, recipient_count]
    campaign_id: int = await connection.fetchval(
        ADD_CAMPAIGN if destination else ADD_PERSONAL_CAMPAIGN,
        campaign_uuid,
        campaign_uuid.int % 10**18,
        account_id,
        *([destination, *values] if destination else values),
    )
    await connection.execute(ADD_BLOCK, *values, campaign_id, destination)
    await connection.copy_records_to_table(
        "message",
        columns=["campaign_id", "position", "msisdn"],
        records=[
            (campaign_id, position, 919_800_000_000 + position)
            for position in range(recipient_count)
        ],
    )
    cipher = TokenCipher(domain["key"], token_length)
    tokens = cipher.mint_block(first_link, recipient_count)
    return SeededCampaign(campaign_id, campaign_uuid, token_length, first_link, tokens)
