"""What a message's text is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.worker.carriers.port import SendingTerms

CAMPAIGN_TO_SEND = text("""
    SELECT campaign.*, token_domain.key
    FROM campaign LEFT JOIN token_domain ON token_domain.length = campaign.token_length
    WHERE campaign.id = :campaign_id
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
    """

    id: int
    carrier: str
    terms: SendingTerms
    text: MessageText | None
    links: TrackedLinks | None


async def get_campaign(connection: AsyncConnection, campaign_id: int) -> CampaignToSend:
    """Return a campaign.

    Raises:
        NoResultFound: There is none of that id.
    """
    row = (await connection.execute(CAMPAIGN_TO_SEND, {"campaign_id": campaign_id})).one()
    links = None
    if row.first_link is not None:
        links = TrackedLinks(row.link_prefix, row.first_link, row.token_length, row.key)
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
    return CampaignToSend(row.id, row.carrier, terms, common, links)


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
