"""Change how the links of a campaign lead on after they were sent."""

import uuid
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.authors import COMMAND_LINE, Author
from services.api.domain.changed_destination import SeveralDestinationsError, read_destination
from services.api.domain.errors import InvalidValueError, NotFoundError
from services.api.domain.expiry import parse_expiry
from services.api.operations.check_destinations import DestinationCheck
from services.api.storage.accounts import Account
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.link_terms import (
    LinkTerms,
    find_owner,
    find_terms,
    lock_terms,
    set_destination,
    set_terms,
)
from shared.domain.destination_rules import find_site

QUERY_MODES = ("off", "add", "override")
ACTION = "campaign.links"
WHAT = "campaign with tracked links"
NOT_ITS_UUID = "{!r} is not the uuid of a " + WHAT


@dataclass(frozen=True, slots=True)
class LinkChanges:
    """What is to change; None leaves it as it is.

    Attributes:
        destination: A web link, as a sender writes it.
        expires_at: An aware time, or ``never``.
        query_mode: One of ``QUERY_MODES``.
    """

    is_paused: bool | None = None
    expires_at: str | None = None
    query_mode: str | None = None
    destination: str | None = None


async def read_links(engine: AsyncEngine, account: Account, campaign_uuid: uuid.UUID) -> LinkTerms:
    """Return how the links of a campaign lead on now.

    Raises:
        NotFoundError: The account has no such campaign, or it has no tracked links.
    """
    async with engine.connect() as connection:
        terms = await find_terms(connection, account.id, campaign_uuid)
    if terms is None:
        raise NotFoundError(WHAT)
    return terms


@dataclass(frozen=True, slots=True)
class LinkOrders:
    """Changes the links of an account's campaigns.

    Attributes:
        author: Who does.
        short_domain: Ours, to which no link may lead.
        may_be_private: Whether links may lead to hosts that are not public.
    """

    engine: AsyncEngine
    account_id: int
    author: Author
    short_domain: str
    may_be_private: bool = False

    async def change(self, campaign_uuid: uuid.UUID, changes: LinkChanges) -> LinkTerms:
        """Change the links of a campaign; redirectors follow within a second.

        Raises:
            InvalidValueError: Nothing is to change, or a value is none that can be set.
            NotFoundError: The account has no such campaign, or it has no tracked links.
            DestinationRefusedError: No send would take the destination.
            SeveralDestinationsError: There is not one destination to change.
            DestinationBlockedError: A list does not let links lead there.
        """
        wanted = _wanted(changes)
        async with self.engine.begin() as connection:
            terms = await lock_terms(connection, self.account_id, campaign_uuid)
            if terms is None:
                raise NotFoundError(WHAT)
            if changes.destination is not None:
                wanted |= self._place(terms, changes.destination.strip())
                await self._refuse_blocked(connection, wanted["location"])
            changed = {name: it for name, it in wanted.items() if it != getattr(terms, name)}
            if changed:
                await self._store(connection, terms, changed)
        return replace(terms, **changed)

    def _place(self, terms: LinkTerms, link: str) -> dict[str, str]:
        if terms.location is None:
            raise SeveralDestinationsError
        # Of personal texts with one destination each has a text of its own around it.
        has_text = not terms.is_personal
        rewrite = read_destination(
            link,
            before=terms.body_before if has_text else "",
            after=(terms.body_after or "") if has_text else "",
            short_domains={self.short_domain},
            may_be_private=self.may_be_private,
        )
        return {"destination": link, "location": rewrite.location}

    async def _refuse_blocked(self, connection: AsyncConnection, location: str) -> None:
        site = find_site(location)
        if site is not None:
            check = DestinationCheck(self.account_id)
            await check.refuse(connection, [site], field="destination")

    async def _store(
        self, connection: AsyncConnection, terms: LinkTerms, changed: dict[str, Any]
    ) -> None:
        of_block = {name: value for name, value in changed.items() if name != "destination"}
        if of_block:
            await set_terms(connection, terms.campaign_id, of_block)
        if "destination" in changed:
            await set_destination(connection, terms.campaign_id, changed["destination"])
        before, after = _told(terms), _told(replace(terms, **changed))
        names = [name for name in before if before[name] != after[name]]
        entry = AuditEntry(
            ACTION,
            str(terms.campaign_uuid),
            {name: before[name] for name in names},
            {name: after[name] for name in names},
        )
        await add_entry(connection, self.account_id, self.author, entry)


async def change_links(engine: AsyncEngine, campaign_uuid: str, changes: LinkChanges) -> None:
    """Change the links of any account's campaign, as the command line may.

    Raises:
        InvalidValueError: No such campaign has tracked links, or a value is none that can be set.
    """
    named = _uuid(campaign_uuid)
    async with engine.connect() as connection:
        owner_id = await find_owner(connection, named)
    if owner_id is None:
        raise InvalidValueError("campaign", NOT_ITS_UUID.format(campaign_uuid))
    try:
        await LinkOrders(engine, owner_id, COMMAND_LINE, "").change(named, changes)
    except NotFoundError as error:
        raise InvalidValueError("campaign", NOT_ITS_UUID.format(campaign_uuid)) from error


def _wanted(changes: LinkChanges) -> dict[str, Any]:
    """Return the values to set that can be read without knowing the links.

    Raises:
        InvalidValueError: Nothing is to change, or a value is none that can be set.
    """
    values = {"is_paused": changes.is_paused, "query_mode": changes.query_mode}
    wanted: dict[str, Any] = {name: each for name, each in values.items() if each is not None}
    if changes.expires_at is not None:
        wanted["expires_at"] = parse_expiry(changes.expires_at)
    if not wanted and changes.destination is None:
        names = "paused, expires_at, query_mode or, by API, destination"
        raise InvalidValueError("settings", f"to change are missing: name at least one of {names}")
    return wanted


def _told(terms: LinkTerms) -> dict[str, Any]:
    expires_at = terms.expires_at
    return {
        "destination": terms.destination,
        "paused": terms.is_paused,
        "expires_at": None if expires_at is None else expires_at.astimezone(UTC).isoformat(),
        "query_mode": terms.query_mode,
    }


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InvalidValueError("campaign", f"must be a UUID, not {text[:60]!r}") from None
