"""Read messages as their recipients got them, and what became of them."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.errors import NotFoundError
from services.api.operations.read_reports import NEWEST_ID, LinkedRow, with_block_links
from services.api.storage.accounts import Account
from services.api.storage.reports import token_keys
from services.api.storage.sent_messages import (
    CampaignSize,
    MessageSpan,
    SentWhen,
    find_size,
    find_size_of_transaction,
    list_messages,
    list_places_of_number,
    list_sizes,
)


@dataclass(frozen=True, slots=True)
class MessagePlace:
    """Where a message stands, as old clients know it."""

    transaction_id: int
    position: int


@dataclass(frozen=True, slots=True, repr=False)
class MessageSearch:
    """Which messages are asked for; what is None does not matter.

    Attributes:
        msisdn: To whom.
        sent: When their campaigns were taken.
        behind: The last message of the page before.
    """

    campaign_uuid: uuid.UUID | None = None
    msisdn: int | None = None
    sent: SentWhen = field(default_factory=SentWhen)
    behind: MessagePlace | None = None


def text_of(linked: LinkedRow) -> str:
    """Return a message as its recipient reads it; nothing once its text is let go of or erased."""
    if linked.row["text_let_go_at"] is not None:
        return ""
    before, after = linked.row["body_before"], linked.row["body_after"]
    return f"{before}{linked.link}{after}" if linked.link and after is not None else str(before)


async def read_texts(
    engine: AsyncEngine, account: Account, campaign_uuid: uuid.UUID, *, row_limit: int
) -> list[LinkedRow]:
    """Return the first messages of a campaign, in their order.

    Raises:
        NotFoundError: The account has no such campaign.
    """
    async with engine.connect() as connection:
        size = await find_size(connection, account.id, campaign_uuid)
        if size is None:
            raise NotFoundError("campaign")
        return await _linked(connection, account, [MessageSpan(size.id, 0, row_limit)])


async def read_messages(
    engine: AsyncEngine, account: Account, search: MessageSearch, *, row_limit: int
) -> list[LinkedRow]:
    """Return messages: of one campaign in its order, else those of the newest campaign first.

    Those to one number are newest first.

    Raises:
        NotFoundError: The account has no such campaign.
    """
    async with engine.connect() as connection:
        size = None
        if search.campaign_uuid is not None:
            size = await find_size(connection, account.id, search.campaign_uuid)
            if size is None:
                raise NotFoundError("campaign")
        behind = await _behind(connection, account, search.behind)
        if search.msisdn is not None:
            spans = await list_places_of_number(
                connection,
                account.id,
                search.msisdn,
                campaign_uuid=search.campaign_uuid,
                sent=search.sent,
                before=behind or (NEWEST_ID, 0),
                row_limit=row_limit,
            )
            return await _linked(connection, account, spans)
        sizes = [size] if size else await _sizes(connection, account, search, behind, row_limit)
        return await _linked(connection, account, _spans(sizes, behind, row_limit))


async def _sizes(
    connection: AsyncConnection,
    account: Account,
    search: MessageSearch,
    behind: tuple[int, int] | None,
    row_limit: int,
) -> list[CampaignSize]:
    # Each has a message, but that the first may have none left behind the page before.
    return await list_sizes(
        connection,
        account.id,
        newest_id=behind[0] if behind else NEWEST_ID,
        sent=search.sent,
        row_limit=row_limit + 1,
    )


async def _behind(
    connection: AsyncConnection, account: Account, place: MessagePlace | None
) -> tuple[int, int] | None:
    if place is None:
        return None
    size = await find_size_of_transaction(connection, account.id, place.transaction_id)
    if size is None:
        raise NotFoundError("message")
    return size.id, place.position


def _spans(
    sizes: Iterable[CampaignSize], behind: tuple[int, int] | None, row_limit: int
) -> list[MessageSpan]:
    """Return where the next messages of campaigns stand, as many as are wanted."""
    spans: list[MessageSpan] = []
    for campaign_id, message_count in sizes:
        begin = behind[1] + 1 if behind and behind[0] == campaign_id else 0
        end = min(message_count, begin + row_limit)
        if begin < end:
            spans.append(MessageSpan(campaign_id, begin, end))
            row_limit -= end - begin
        if row_limit <= 0:
            break
    return spans


async def _linked(
    connection: AsyncConnection, account: Account, spans: Sequence[MessageSpan]
) -> list[LinkedRow]:
    if not spans:
        return []
    rows = await list_messages(connection, account.id, spans)
    keys = await token_keys(connection)
    linked: list[LinkedRow] = []
    for _, group in groupby(rows, lambda row: row["campaign_id"]):
        of_campaign = list(group)
        linked += with_block_links(of_campaign[0], of_campaign, keys)
    return linked
