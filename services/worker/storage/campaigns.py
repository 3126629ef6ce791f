"""What a message's text is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.worker.carriers.port import SendingTerms
from shared.domain.campaigns import CampaignControl
from shared.domain.consent import Category
from shared.storage.engine import raw_connection
from shared.storage.queue import enqueue_slices
from shared.storage.sealed import open_token_key

CAMPAIGN_TO_SEND = text("""
    SELECT campaign.*, token_domain.key
    FROM campaign LEFT JOIN token_domain ON token_domain.length = campaign.token_length
    WHERE campaign.id = :campaign_id
""")

CONTROL = text("SELECT control FROM campaign WHERE id = :campaign_id")

# Walks campaign_scheduled_at_idx, which has only those that wait: it costs the same however many
# are scheduled for later. One that is just being paused, or sent off by another worker, is passed
# over.
CLAIM_DUE = text("""
    SELECT id, message_count FROM campaign
    WHERE control = 'scheduled' AND scheduled_at <= now()
    ORDER BY scheduled_at LIMIT :campaign_count
    FOR NO KEY UPDATE SKIP LOCKED
""")
SET_RUNNING = text("""
    UPDATE campaign SET control = 'running' WHERE id = ANY(CAST(:campaign_ids AS bigint[]))
""")

# By personal_text_pkey.
PERSONAL_TEXTS = text("""
    SELECT position, body_before, body_after, encoding, segment_count FROM personal_text
    WHERE campaign_id = :campaign_id AND position = ANY(CAST(:positions AS integer[]))
""")


@dataclass(frozen=True, slots=True, repr=False)
class MessageText:
    """A text around its short link.

    Attributes:
        before: Up to the link, or all of it.
        after: Behind the link; None if there is none.
        encoding: How its characters travel.
        segment_count: How many segments it is billed as.
    """

    before: str
    after: str | None
    encoding: str
    segment_count: int


@dataclass(frozen=True, slots=True, repr=False)
class TrackedLinks:
    """The links of a campaign: the recipient at a position has link ``first_link + position``."""

    prefix: str
    first_link: int
    token_length: int
    token_key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class CampaignToSend:
    """What is needed to write out and send a campaign's messages.

    Attributes:
        text: What all recipients read, but for the token; None if each has a text of their own.
        opt_outs_of: The account whose opt-outs it heeds; None if it is no marketing.
    """

    id: int
    carrier: str
    terms: SendingTerms
    text: MessageText | None
    links: TrackedLinks | None
    opt_outs_of: int | None


async def get_campaign(connection: AsyncConnection, campaign_id: int) -> CampaignToSend:
    """Return a campaign.

    Raises:
        NoResultFound: There is none of that id.
    """
    row = (await connection.execute(CAMPAIGN_TO_SEND, {"campaign_id": campaign_id})).one()
    links = None
    if row.first_link is not None:
        key = open_token_key(connection, row.token_length, row.key)
        links = TrackedLinks(row.link_prefix, row.first_link, row.token_length, key)
    common = None
    if not row.is_personal:
        common = MessageText(row.body_before, row.body_after, row.encoding, row.segment_count)
    terms = SendingTerms(
        account_id=row.account_id,
        sender_id=row.sender_id,
        is_flash=row.is_flash,
        dlt_entity_id=row.dlt_entity_id,
        dlt_template_id=row.dlt_template_id,
    )
    opt_outs_of = row.account_id if row.category == Category.MARKETING else None
    return CampaignToSend(row.id, row.carrier, terms, common, links, opt_outs_of)


async def get_control(connection: AsyncConnection, campaign_id: int) -> CampaignControl:
    """Return what a campaign is under orders to do at this moment.

    Raises:
        NoResultFound: There is none of that id.
    """
    row = (await connection.execute(CONTROL, {"campaign_id": campaign_id})).one()
    return CampaignControl(row.control)


async def release_due(connection: AsyncConnection, *, campaign_count: int) -> int:
    """Queue the messages of scheduled campaigns that are due, those first that wait longest.

    Args:
        connection: Inside a transaction.
        campaign_count: At most so many.

    Returns:
        How many there were.
    """
    due = (await connection.execute(CLAIM_DUE, {"campaign_count": campaign_count})).all()
    if due:
        await connection.execute(SET_RUNNING, {"campaign_ids": [row.id for row in due]})
    raw = await raw_connection(connection)
    for row in due:
        await enqueue_slices(raw, row.id, row.message_count, urgent=row.message_count == 1)
    return len(due)


async def get_personal_texts(
    connection: AsyncConnection, campaign_id: int, positions: Sequence[int]
) -> list[MessageText]:
    """Return the texts of some messages of a personal campaign, in the order of ``positions``.

    Raises:
        KeyError: A message has none.
    """
    values = {"campaign_id": campaign_id, "positions": list(positions)}
    texts = {
        position: MessageText(*text)
        for position, *text in await connection.execute(PERSONAL_TEXTS, values)
    }
    return [texts[position] for position in positions]
