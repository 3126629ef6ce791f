"""Charge a send in its own transaction: by the segment, all of it or nothing."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.credit import (
    DailyCapReachedError,
    InsufficientCreditError,
    MoreThanAgreedError,
    seconds_left_of_day,
)
from services.api.operations.planning import SendTerms
from services.api.storage.accounts import Account
from services.api.storage.credit import count_use, get_use, take_credit
from shared.domain.errors import DomainError


def shortfalls(
    terms: SendTerms, segments: int, now: datetime, *, is_all: bool = True
) -> tuple[DomainError, ...]:
    """Return why a send would be refused, as far as could be seen when its caller was let in.

    What another vendor delivers costs nothing.
    """
    if terms.command.is_external:
        return ()
    left_s = seconds_left_of_day(now, terms.account.time_zone)
    return tuple(terms.account.credit.refusals(segments, retry_after_s=left_s, is_all=is_all))


def require_credit(terms: SendTerms, segments: int, now: datetime, *, is_all: bool = True) -> None:
    """Refuse early what surely will be, and what was not agreed to, before links are taken for it.

    Args:
        terms: The send.
        segments: Of its messages.
        now: Which day it counts on.
        is_all: Whether these are all its messages, or others are yet to be read.

    Raises:
        MoreThanAgreedError: It has come to more than its sender agreed to.
        DailyCapReachedError: It is more than the account may send today.
        InsufficientCreditError: It costs more than the account has.
    """
    agreed = terms.command.agreed_segments
    if agreed is not None and segments > agreed:
        raise MoreThanAgreedError(agreed=agreed)
    for refusal in shortfalls(terms, segments, now, is_all=is_all):
        raise refusal


async def charge(
    connection: AsyncConnection,
    account: Account,
    campaign_id: int,
    *,
    segments: int,
    now: datetime,
) -> None:
    """Take what a campaign costs; the last thing before its transaction is committed.

    From here to the commit other sends of the account wait, and so does whoever gives it credits
    back; they hold nothing that this still needs.

    Args:
        connection: In the transaction that stores the campaign.
        account: Whose it is; one that was post-paid and without a cap when its caller was let in
            costs no statement.
        campaign_id: The campaign.
        segments: Of all its messages.
        now: Which day it counts on.

    Raises:
        DailyCapReachedError: It is more than the account may still send today.
        InsufficientCreditError: It costs more than the account has.
    """
    if account.credit.daily_cap is not None:
        await _count(connection, account, segments, now)
    if account.credit.balance is None:
        return
    taking = await take_credit(connection, account.id, campaign_id, segments=segments)
    if taking is not None and not taking.is_taken:
        raise InsufficientCreditError(needed=segments, available=taking.available)


async def _count(
    connection: AsyncConnection, account: Account, segments: int, now: datetime
) -> None:
    day = now.astimezone(account.time_zone).date()
    counting = await count_use(connection, account.id, day, segments=segments)
    if counting is None or counting.is_taken:
        return
    raise DailyCapReachedError(
        needed=segments,
        cap=counting.available,
        used=await get_use(connection, account.id, day),
        retry_after_s=seconds_left_of_day(now, account.time_zone),
    )
