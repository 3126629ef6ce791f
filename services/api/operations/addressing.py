"""Whom a send of one text goes to: the numbers of its list, but for those that opted out."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.opt_outs import OPTED_OUT_MESSAGE, first_of, without_opted_out
from services.api.operations.planning import SendTerms, check_recipients, to_rejected
from services.api.operations.send_values import REJECTED_LISTED, Rejected
from services.api.storage.suppressions import find_suppressed
from shared.domain.consent import OPTED_OUT
from shared.domain.recipients import Recipients, parse_recipients


@dataclass(frozen=True, slots=True, repr=False)
class Addressed:
    """Whom a send goes to, and whom it does not.

    Attributes:
        mobiles: The recipients, separated by commas.
        rejected: All that are no numbers, and the first of those that opted out.
        opted_out_count: Of the rejected, those that opted out.
    """

    msisdns: list[int]
    mobiles: str
    duplicate_count: int
    rejected: list[Rejected]
    rejected_count: int
    opted_out_count: int = 0


async def sort_numbers(engine: AsyncEngine, terms: SendTerms) -> Addressed:
    """Read the numbers of a send that is still being written: there may be none, or too many."""
    recipients = await asyncio.to_thread(_read, terms)
    async with engine.connect() as connection:
        opted_out = await opted_out_of(connection, terms, recipients.msisdns)
    return await asyncio.to_thread(_sorted, terms, recipients, opted_out)


async def address(engine: AsyncEngine, terms: SendTerms, *, limit: int) -> Addressed:
    """Read the numbers of a send, and leave out who opted out of it.

    Raises:
        DomainError: It goes to nobody, or to more than ``limit``.
    """
    if not terms.heeds_opt_outs:
        return await asyncio.to_thread(_addressed_all, terms, limit)
    recipients = await asyncio.to_thread(_parsed, terms, limit)
    async with engine.connect() as connection:
        opted_out = await opted_out_of(connection, terms, recipients.msisdns)
    return await asyncio.to_thread(partial(_addressed, terms, recipients, opted_out, limit=limit))


async def opted_out_of(
    connection: AsyncConnection, terms: SendTerms, msisdns: Sequence[int]
) -> set[int]:
    """Return those of some numbers that opted out of such a send."""
    if not terms.heeds_opt_outs or not msisdns:
        return set()
    return await find_suppressed(connection, terms.account.id, msisdns)


def rejected_for_opt_out(msisdn: int) -> Rejected:
    """Return a number that opted out as it is answered."""
    return Rejected(str(msisdn), OPTED_OUT, OPTED_OUT_MESSAGE)


def _addressed_all(terms: SendTerms, limit: int) -> Addressed:
    return _addressed(terms, _parsed(terms, limit), set(), limit=limit)


def _parsed(terms: SendTerms, limit: int) -> Recipients:
    recipients = _read(terms)
    check_recipients(len(recipients.msisdns), to_rejected(recipients.rejected), limit=limit)
    return recipients


def _read(terms: SendTerms) -> Recipients:
    return parse_recipients(
        terms.command.mobiles,
        rules=terms.account.number_rules,
        drop_duplicates=terms.command.drop_duplicates,
    )


def _addressed(
    terms: SendTerms, recipients: Recipients, opted_out: set[int], *, limit: int
) -> Addressed:
    addressed = _sorted(terms, recipients, opted_out)
    check_recipients(len(addressed.msisdns), addressed.rejected, limit=limit)
    return addressed


def _sorted(terms: SendTerms, recipients: Recipients, opted_out: set[int]) -> Addressed:
    kept = without_opted_out(recipients, opted_out, drops_duplicates=terms.command.drop_duplicates)
    rejected = to_rejected(recipients.rejected)
    rejected += map(
        rejected_for_opt_out, first_of(kept.opted_out, room=REJECTED_LISTED - len(rejected))
    )
    return Addressed(
        msisdns=kept.msisdns,
        mobiles=",".join(map(str, kept.msisdns)),
        duplicate_count=kept.duplicate_count,
        rejected=rejected,
        rejected_count=len(recipients.rejected) + len(kept.opted_out),
        opted_out_count=len(kept.opted_out),
    )
