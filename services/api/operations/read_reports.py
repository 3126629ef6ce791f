"""Read what became of an account's campaigns: totals, recipients, visits."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.account_days import AccountDay, Sent, account_days
from services.api.domain.day_bounds import moments
from services.api.domain.errors import CURSOR_WANTED, InvalidValueError, NotFoundError
from services.api.domain.time_spans import Quarter, by_day
from services.api.storage import breakdowns, reports
from services.api.storage.accounts import Account
from services.api.storage.reports import CampaignSearch, HitPlace, RecipientFilter, Row
from services.api.storage.suppressions import Suppression, find_suppression
from shared.domain.msisdn import NumberRules, parse_msisdn
from shared.domain.number_rejections import InvalidMsisdnError
from shared.domain.tokens import TokenCipher

# Later than any hit, so that a first page begins with the newest.
END_OF_TIME = HitPlace(datetime(9999, 1, 1, tzinfo=UTC), 0, 0)
START_OF_TIME = datetime(1970, 1, 1, tzinfo=UTC)
NEWEST_ID = (1 << 63) - 1
MAX_DAYS = 400


@dataclass(frozen=True, slots=True, repr=False)
class LinkedRow:
    """A message's row with its short link, which is computed and never stored."""

    row: Row
    link: str | None


@dataclass(frozen=True, slots=True)
class NumberPlace:
    """Where a page of a number's history ends: a message by its campaign and position."""

    campaign_uuid: uuid.UUID
    position: int


@dataclass(frozen=True, slots=True, repr=False)
class NumberRead:
    """What is known of a number.

    Attributes:
        opt_out: None if it has not opted out.
    """

    messages: Sequence[LinkedRow]
    opt_out: Suppression | None


@dataclass(frozen=True, slots=True, repr=False)
class Breakdown:
    """A campaign's row, and what it came to.

    Attributes:
        median_first_click: None if nobody clicked, or it was not asked for.
        traits: By trait and place; the last of a trait may have no value and stand for others.
    """

    campaign: Row
    quarters: Sequence[Quarter]
    median_first_click: timedelta | None
    traits: Sequence[Row]
    failures: Sequence[Row]


@dataclass(frozen=True, slots=True, repr=False)
class Visits:
    """Visits of a campaign.

    Attributes:
        kept_from: When those begin that are kept; None: none was let go of.
    """

    rows: Sequence[Row]
    kept_from: datetime | None


def number_of(text: str, account: Account, *, field: str = "mobile") -> int:
    """Read the number that a report is asked about, in any written form.

    Raises:
        InvalidValueError: It is no number that could have been sent to.
    """
    try:
        return parse_msisdn(text, NumberRules(default_region=account.default_region))
    except InvalidMsisdnError as error:
        raise InvalidValueError(field, f"cannot be read: {error.reason.message}") from error


async def read_campaigns(
    engine: AsyncEngine,
    account: Account,
    *,
    before: uuid.UUID | None,
    search: CampaignSearch,
    row_limit: int,
) -> list[Row]:
    """Return the account's campaigns with their totals, newest first.

    Raises:
        InvalidValueError: They are to be older than one that the account does not have.
    """
    async with engine.connect() as connection:
        if before is not None:
            await _cursor_campaign(connection, account, before)
        return await reports.list_campaigns(
            connection, account.id, before=before, search=search, row_limit=row_limit
        )


async def read_days(
    engine: AsyncEngine, account: Account, *, first: date, last: date, zone: ZoneInfo
) -> list[AccountDay]:
    """Return what an account sent and what came of it, day by day, all days of a span.

    Raises:
        InvalidValueError: The last day is before the first, or too far from it.
    """
    if (last - first).days >= MAX_DAYS:
        raise InvalidValueError("from", f"must be within {MAX_DAYS} days of to")
    begin, end = moments(first, last, zone)
    span = {"begin": begin or END_OF_TIME.occurred_at, "end": end or END_OF_TIME.occurred_at}
    one_moment = engine.execution_options(isolation_level="REPEATABLE READ")
    async with one_moment.connect() as connection:
        quarters = await reports.list_account_quarters(connection, account.id, **span)
        sent = await reports.list_sent(connection, account.id, **span)
    followed = by_day(
        (Quarter(row["quarter"], row["hit_count"], row["click_count"]) for row in quarters), zone
    )
    return account_days(
        first,
        last,
        followed,
        [
            Sent(
                row["sent_at"].astimezone(zone).date(),
                row["message_count"],
                row["delivered"],
                row["failed"],
            )
            for row in sent
        ],
    )


async def read_campaign(engine: AsyncEngine, account: Account, campaign_uuid: uuid.UUID) -> Row:
    """Return one campaign with its totals.

    Raises:
        NotFoundError: The account has no such campaign.
    """
    async with engine.connect() as connection:
        return await _campaign(connection, account, campaign_uuid)


async def read_breakdown(
    engine: AsyncEngine,
    account: Account,
    campaign_uuid: uuid.UUID,
    *,
    top: int,
    with_median: bool = True,
) -> Breakdown:
    """Return what a campaign came to by time, by trait and by cause of failure.

    Args:
        engine: Where it is stored.
        account: Whose it is.
        campaign_uuid: The campaign.
        top: Most values of each trait.
        with_median: Whether the median is wanted, which is found along half of the clickers; all
            else costs the same at any size.

    Raises:
        NotFoundError: The account has no such campaign.
    """
    # All figures are of one moment, however many clicks come meanwhile.
    one_moment = engine.execution_options(isolation_level="REPEATABLE READ")
    async with one_moment.connect() as connection:
        campaign = await _campaign(connection, account, campaign_uuid)
        place = account.id, campaign["id"]
        quarters = await breakdowns.list_quarters(connection, *place)
        return Breakdown(
            campaign,
            [Quarter(row["quarter"], row["hit_count"], row["click_count"]) for row in quarters],
            await breakdowns.median_first_click(connection, *place) if with_median else None,
            await breakdowns.list_traits(connection, *place, top=top),
            await breakdowns.list_failures(connection, *place),
        )


async def read_recipients(
    engine: AsyncEngine,
    account: Account,
    campaign_uuid: uuid.UUID,
    *,
    after: int,
    row_limit: int,
    which: RecipientFilter = RecipientFilter.ALL,
) -> list[LinkedRow]:
    """Return recipients of a campaign behind a position, each with what came of it.

    Raises:
        NotFoundError: The account has no such campaign.
    """
    async with engine.connect() as connection:
        campaign = await _campaign(connection, account, campaign_uuid)
        rows = await reports.list_recipients(
            connection,
            account.id,
            campaign["id"],
            after=after,
            which=which,
            row_limit=row_limit,
        )
        keys = await reports.token_keys(connection)
    return with_block_links(campaign, rows, keys)


async def read_hits(
    engine: AsyncEngine,
    account: Account,
    campaign_uuid: uuid.UUID,
    *,
    msisdn: int | None,
    with_machines: bool,
    before: HitPlace | None,
    row_limit: int,
) -> Visits:
    """Return the visits of a campaign that are kept, newest first: those of people, or all.

    Raises:
        NotFoundError: The account has no such campaign.
    """
    async with engine.connect() as connection:
        campaign = await _campaign(connection, account, campaign_uuid)
        kept_from = campaign["hits_kept_from"]
        rows = await reports.list_hits(
            connection,
            account.id,
            campaign["id"],
            msisdn=msisdn,
            with_machines=with_machines,
            kept_from=kept_from or START_OF_TIME,
            before=before or END_OF_TIME,
            row_limit=row_limit,
        )
    return Visits(rows, kept_from)


async def read_number(
    engine: AsyncEngine,
    account: Account,
    msisdn: int,
    *,
    before: NumberPlace | None,
    row_limit: int,
) -> NumberRead:
    """Return the history of one number over the account's campaigns, newest first.

    Raises:
        InvalidValueError: It is to be older than a message of no campaign of the account.
    """
    async with engine.connect() as connection:
        place = NEWEST_ID, 0
        if before is not None:
            campaign = await _cursor_campaign(connection, account, before.campaign_uuid)
            place = campaign["id"], before.position
        rows = await reports.list_messages_of_number(
            connection, account.id, msisdn, before=place, row_limit=row_limit
        )
        keys = await reports.token_keys(connection)
        opt_out = await find_suppression(connection, account.id, msisdn)
    ciphers = {length: TokenCipher(key, length) for length, key in keys.items()}
    messages = [LinkedRow(row, _link(row, row["position"], ciphers)) for row in rows]
    return NumberRead(messages, opt_out)


async def read_sandbox(
    engine: AsyncEngine, account: Account, *, before: int | None, row_limit: int
) -> list[Row]:
    """Return what the sandbox carrier was given for the account, newest first."""
    async with engine.connect() as connection:
        return await reports.list_sandbox_messages(
            connection,
            account.id,
            before=NEWEST_ID if before is None else before,
            row_limit=row_limit,
        )


async def _cursor_campaign(
    connection: AsyncConnection, account: Account, campaign_uuid: uuid.UUID
) -> Row:
    # Else a page would silently be the first one, and who follows cursors would never end.
    campaign = await reports.find_campaign(connection, account.id, campaign_uuid)
    if campaign is None:
        raise InvalidValueError("cursor", CURSOR_WANTED)
    return campaign


async def _campaign(
    connection: AsyncConnection, account: Account, campaign_uuid: uuid.UUID
) -> Row:
    campaign = await reports.find_campaign(connection, account.id, campaign_uuid)
    if campaign is None:
        raise NotFoundError("campaign")
    return campaign


def with_block_links(
    campaign: Row, rows: Sequence[Row], keys: dict[int, bytes]
) -> list[LinkedRow]:
    """Mint a page's links at once if its positions follow one another, else one by one."""
    if campaign["first_link"] is None or not rows:
        return [LinkedRow(row, None) for row in rows]
    length, first_link = campaign["token_length"], campaign["first_link"]
    cipher, first = TokenCipher(keys[length], length), rows[0]["position"]
    if rows[-1]["position"] - first == len(rows) - 1:
        tokens = cipher.mint_block(first_link + first, len(rows))
    else:
        tokens = [cipher.mint(first_link + row["position"]) for row in rows]
    prefix = campaign["link_prefix"]
    return [LinkedRow(row, prefix + token) for row, token in zip(rows, tokens, strict=True)]


def _link(row: Row, position: int, ciphers: dict[int, TokenCipher]) -> str | None:
    if row["first_link"] is None:
        return None
    token = ciphers[row["token_length"]].mint(row["first_link"] + position)
    return f"{row['link_prefix']}{token}"
