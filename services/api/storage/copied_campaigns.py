"""Reading a campaign to send it again: its text, its terms and whom it went to."""

import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.storage.reports import Row, fetch
from shared.domain.campaigns import CampaignControl
from shared.domain.consent import Category

FIND_TO_COPY = text("""
    SELECT c.id, c.title, c.sender_id, c.body_before, c.body_after, c.destination, c.link_prefix,
           c.encoding, c.is_flash, c.is_personal, c.control, c.category,
           c.text_let_go_at,
           c.dlt_entity_id, c.dlt_template_id,
           p.body_before AS first_before, p.body_after AS first_after
    FROM campaign c LEFT JOIN personal_text p ON p.campaign_id = c.id AND p.position = 0
    WHERE c.account_id = :account_id AND c.uuid = :uuid
""")
# Walks message_pkey of one partition.
LIST_NUMBERS = text("""
    SELECT m.msisdn FROM message m
    JOIN campaign c ON c.id = m.campaign_id AND c.account_id = :account_id
    WHERE m.campaign_id = :campaign_id AND m.msisdn <> 0 -- which is erased
    ORDER BY m.position
""")
# Walks message_pkey and personal_text_pkey of one partition each, side by side.
LIST_TEXTS = text("""
    SELECT m.position, m.msisdn, p.body_before, p.body_after,
           coalesce(c.destination, p.destination) AS destination
    FROM message m
    JOIN campaign c ON c.id = m.campaign_id AND c.account_id = :account_id
    JOIN personal_text p ON p.campaign_id = m.campaign_id AND p.position = m.position
    WHERE m.campaign_id = :campaign_id AND m.position > :after AND p.position > :after
      AND m.msisdn <> 0 -- which is erased
    ORDER BY m.position LIMIT :row_limit
""")


@dataclass(frozen=True, slots=True, repr=False)
class CampaignToCopy:
    """What a campaign was made of.

    Attributes:
        body: The text with the sender's own link; of personal texts what they were made of, None
            if they came ready-made.
        link_prefix: All of a short link but its token; None where none is tracked.
        encoding: Of its longest message.
        is_text_kept: Whether its texts are not let go of.
    """

    id: int
    title: str
    sender_id: str
    body: str | None
    link_prefix: str | None
    encoding: str
    is_flash: bool
    is_personal: bool
    control: CampaignControl
    category: Category
    dlt_entity_id: str | None
    dlt_template_id: str | None
    is_text_kept: bool


@dataclass(frozen=True, slots=True, repr=False)
class TextToCopy:
    """One message of a personal campaign, with the sender's own link in it."""

    position: int
    msisdn: int
    body: str


async def find_to_copy(
    connection: AsyncConnection, account_id: int, campaign_uuid: uuid.UUID
) -> CampaignToCopy | None:
    """Return what a campaign was made of; None if it is not the account's."""
    rows = await fetch(connection, FIND_TO_COPY, account_id=account_id, uuid=campaign_uuid)
    if not rows:
        return None
    (row,) = rows
    return CampaignToCopy(
        id=row["id"],
        title=row["title"],
        sender_id=row["sender_id"],
        body=_template(row) if row["is_personal"] else _written(row),
        link_prefix=row["link_prefix"],
        encoding=row["encoding"],
        is_flash=row["is_flash"],
        is_personal=row["is_personal"],
        control=CampaignControl(row["control"]),
        category=Category(row["category"]),
        dlt_entity_id=row["dlt_entity_id"],
        dlt_template_id=row["dlt_template_id"],
        is_text_kept=row["text_let_go_at"] is None,
    )


async def list_numbers(
    connection: AsyncConnection, account_id: int, campaign_id: int
) -> list[int]:
    """Return whom a campaign went to, in its order."""
    values = {"account_id": account_id, "campaign_id": campaign_id}
    return list((await connection.execute(LIST_NUMBERS, values)).scalars())


async def stream_texts(
    connection: AsyncConnection, account_id: int, campaign_id: int, *, row_limit: int
) -> AsyncIterator[Sequence[TextToCopy]]:
    """Yield the messages of a personal campaign in their order, ``row_limit`` at a time."""
    after = -1
    while rows := await fetch(
        connection,
        LIST_TEXTS,
        account_id=account_id,
        campaign_id=campaign_id,
        after=after,
        row_limit=row_limit,
    ):
        yield [TextToCopy(row["position"], row["msisdn"], _written(row)) for row in rows]
        after = rows[-1]["position"]


def _template(row: Row) -> str | None:
    """Return what personal texts were made of, unless it is the first of them as it was read."""
    body, prefix = row["body_before"], row["link_prefix"]
    before, after = row["first_before"], row["first_after"]
    if after is None:
        return None if body == before else body
    # What is to be tracked has no link of ours in it.
    is_read = body.startswith(before) and body.endswith(after) and prefix in body
    return None if is_read else body


def _written(row: Row) -> str:
    if row["body_after"] is None:
        return str(row["body_before"])
    return f"{row['body_before']}{row['destination']}{row['body_after']}"
