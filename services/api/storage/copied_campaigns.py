"""Reading a campaign to send it again: its text, its terms and whom it went to."""

import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.storage.reports import NOT_CLICKED, RecipientFilter, Row, fetch
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
BATCH_ROW_COUNT = 10_000
# Walks message_pkey of one partition.
LIST_NUMBERS = text("""
    SELECT m.msisdn FROM message m
    JOIN campaign c ON c.id = m.campaign_id AND c.account_id = :account_id
    WHERE m.campaign_id = :campaign_id AND m.msisdn <> 0 -- which is erased
    ORDER BY m.position
""")
# The same, looking up by recipient_clicks_pkey and suppression_pkey along the way.
_NUMBERS_NOT_CLICKED = """
    SELECT message.position, message.msisdn FROM message
    WHERE message.campaign_id = :campaign_id AND message.position > :after
      AND message.msisdn <> 0 -- which is erased
      AND EXISTS (
          SELECT FROM campaign c WHERE c.id = :campaign_id AND c.account_id = :account_id
      )
      AND {condition}
    ORDER BY message.position LIMIT :row_limit
"""
LIST_NUMBERS_NOT_CLICKED = text(_NUMBERS_NOT_CLICKED.format(condition=NOT_CLICKED))
# Walks message_pkey and personal_text_pkey of one partition each, side by side.
_TEXTS = """
    SELECT message.position, message.msisdn, p.body_before, p.body_after,
           coalesce(c.destination, p.destination) AS destination
    FROM message
    JOIN campaign c ON c.id = message.campaign_id AND c.account_id = :account_id
    JOIN personal_text p ON p.campaign_id = message.campaign_id AND p.position = message.position
    WHERE message.campaign_id = :campaign_id AND message.position > :after AND p.position > :after
      AND message.msisdn <> 0 -- which is erased
      AND {condition}
    ORDER BY message.position LIMIT :row_limit
"""
LIST_TEXTS = text(_TEXTS.format(condition="true"))
LIST_TEXTS_NOT_CLICKED = text(_TEXTS.format(condition=NOT_CLICKED))


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


async def list_numbers_not_clicked(
    connection: AsyncConnection, account_id: int, campaign_id: int, *, limit: int
) -> list[int]:
    """Return who has a message, did not follow its link and has not opted out, in its order.

    Args:
        connection: Where to look.
        account_id: Whose campaign it is.
        campaign_id: The campaign.
        limit: Most of them.
    """
    numbers: list[int] = []
    after = -1
    while len(numbers) < limit:
        wanted = min(limit - len(numbers), BATCH_ROW_COUNT)
        rows = await fetch(
            connection,
            LIST_NUMBERS_NOT_CLICKED,
            account_id=account_id,
            campaign_id=campaign_id,
            after=after,
            row_limit=wanted,
        )
        numbers += [row["msisdn"] for row in rows]
        if len(rows) < wanted:
            break
        after = rows[-1]["position"]
    return numbers


async def stream_texts(
    connection: AsyncConnection,
    account_id: int,
    campaign_id: int,
    *,
    which: RecipientFilter,
    row_limit: int,
) -> AsyncIterator[Sequence[TextToCopy]]:
    """Yield messages of a personal campaign in their order, ``row_limit`` at a time.

    Args:
        connection: Where to look.
        account_id: Whose campaign it is.
        campaign_id: The campaign.
        which: All of them, or those of recipients who did not click.
        row_limit: Most of them at a time.
    """
    statement = LIST_TEXTS_NOT_CLICKED if which is RecipientFilter.NOT_CLICKED else LIST_TEXTS
    after = -1
    while rows := await fetch(
        connection,
        statement,
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
