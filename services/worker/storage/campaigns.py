"""What a message's text is made of."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.worker.carriers.port import SendingTerms

CAMPAIGN_TO_SEND = text("""
    SELECT campaign.*, token_domain.key
    FROM campaign LEFT JOIN token_domain ON token_domain.length = campaign.token_length
    WHERE campaign.id = :campaign_id
""")


@dataclass(frozen=True, slots=True, repr=False)
class TrackedLink:
    """The link of a campaign: the recipient at a position has link ``first_link + position``."""

    body_after: str
    prefix: str
    first_link: int
    token_length: int
    token_key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class CampaignToSend:
    """What is needed to write out and send a campaign's messages."""

    id: int
    carrier: str
    terms: SendingTerms
    body_before: str
    link: TrackedLink | None


async def get_campaign(connection: AsyncConnection, campaign_id: int) -> CampaignToSend:
    """Return a campaign.

    Raises:
        NoResultFound: There is none of that id.
    """
    row = (await connection.execute(CAMPAIGN_TO_SEND, {"campaign_id": campaign_id})).one()
    link = None
    if row.body_after is not None:
        link = TrackedLink(
            row.body_after, row.link_prefix, row.first_link, row.token_length, row.key
        )
    terms = SendingTerms(
        account_id=row.account_id,
        sender_id=row.sender_id,
        encoding=row.encoding,
        segment_count=row.segment_count,
        is_flash=row.is_flash,
        dlt_entity_id=row.dlt_entity_id,
        dlt_template_id=row.dlt_template_id,
    )
    return CampaignToSend(row.id, row.carrier, terms, row.body_before, link)
