"""Say how an account's links look and lead, where it is at home, and what its sender IDs are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.account_rules import (
    checked_dlt_id,
    checked_domains,
    checked_region,
    checked_zone,
)
from services.api.domain.authors import Author
from services.api.domain.changed_destination import read_destination
from services.api.domain.errors import InvalidValueError, NotFoundError
from services.api.domain.link_shape import (
    LinkShape,
    can_stand_in_link,
    link_prefix,
    sample_link,
)
from services.api.operations.check_destinations import DestinationCheck
from services.api.storage.account_settings import (
    SendingSettings,
    change_entry,
    find_sending,
    find_token_length,
    knows_zone,
    list_sender_ids,
    lock_sender_id,
    lock_settings,
    to_sender_id,
    update_sender_id,
)
from services.api.storage.accounts import SenderId, set_account
from services.api.storage.audit import OF_ACCOUNT, add_entry
from shared.domain.destination_rules import find_site

ZONE = "time_zone"
NO_ZONE = "must be an IANA time zone such as Asia/Kolkata"


@dataclass(frozen=True, slots=True)
class LinkSamples:
    """Shows what links of the next send will look like.

    Attributes:
        short_domain: Ours, with its port where it has one.
        token_length: Of the tokens to come; None if there is no room for any.
    """

    short_domain: str
    token_length: int | None

    def link(self, shape: LinkShape, sender_id: str, *, append_http: bool = True) -> str | None:
        """Return a link of that shape; None if there can be none."""
        if self.token_length is None:
            return None
        if shape is LinkShape.HEADER and not can_stand_in_link(sender_id):
            return None
        prefix = link_prefix(
            shape, append_http=append_http, short_domain=self.short_domain, sender_id=sender_id
        )
        return sample_link(prefix, token_length=self.token_length)


@dataclass(frozen=True, slots=True)
class AccountReading:
    """How an account sends, and as whom.

    Attributes:
        sender_ids: The default first.
    """

    settings: SendingSettings
    sender_ids: tuple[SenderId, ...]
    samples: LinkSamples

    def shape_of(self, sender_id: SenderId) -> LinkShape:
        """Return the shape of a sender ID's links where a send asks for none."""
        return LinkShape(sender_id.link_shape or self.settings.link_shape)

    def get_sender_id(self, header: str) -> SenderId:
        """Return a sender ID by its header in any case, as sends name it.

        Raises:
            NotFoundError: The account has no such one.
        """
        for each in self.sender_ids:
            if each.header.casefold() == header.casefold():
                return each
        raise NotFoundError("sender ID")


@dataclass(frozen=True, slots=True)
class AccountOrders:
    """Reads how an account sends, and changes what of it is the account's own to say.

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

    async def read(self) -> AccountReading:
        """Return how the account sends."""
        async with self.engine.connect() as connection:
            return await self._read(connection)

    async def change(self, changes: Mapping[str, Any]) -> AccountReading:
        """Change settings by their names, from the next send on.

        Raises:
            InvalidValueError: A value is none that can be set.
            DestinationRefusedError: No send would take the ``gone_url``.
            DestinationBlockedError: A list does not let links lead there.
        """
        wanted = self._wanted(changes)
        async with self.engine.begin() as connection:
            if ZONE in wanted and not await knows_zone(connection, wanted[ZONE]):
                raise InvalidValueError(ZONE, NO_ZONE)
            before = await lock_settings(connection, self.account_id)
            entry = change_entry("account.set", OF_ACCOUNT, before, wanted)
            if entry is not None:
                await self._refuse_blocked(connection, (entry.after or {}).get("gone_location"))
                await set_account(connection, self.account_id, wanted)
                await add_entry(connection, self.account_id, self.author, entry)
            return await self._read(connection)

    async def change_sender_id(self, header: str, changes: Mapping[str, Any]) -> AccountReading:
        """Change settings of a sender ID by their names, from the next send on.

        Raises:
            InvalidValueError: A value is none that can be set.
            NotFoundError: The account has no such sender ID.
        """
        wanted = _checked_of_sender_id(changes)
        async with self.engine.begin() as connection:
            await lock_settings(connection, self.account_id)
            registered = (await self._read(connection)).get_sender_id(header).header
            if wanted.get("link_shape") == LinkShape.HEADER and not can_stand_in_link(registered):
                text = f"cannot be header: {registered} has more than letters a-z and digits"
                raise InvalidValueError("link_shape", text)
            before = await lock_sender_id(connection, self.account_id, registered)
            entry = change_entry("sender_id.set", registered, before or {}, wanted)
            if entry is not None:
                await update_sender_id(connection, self.account_id, registered, wanted)
                await add_entry(connection, self.account_id, self.author, entry)
            return await self._read(connection)

    async def _read(self, connection: AsyncConnection) -> AccountReading:
        return AccountReading(
            await find_sending(connection, self.account_id),
            tuple(map(to_sender_id, await list_sender_ids(connection, self.account_id))),
            LinkSamples(self.short_domain, await find_token_length(connection)),
        )

    def _wanted(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            name: changes[name] for name in ("link_shape", "smart_encoding") if name in changes
        }
        if "default_region" in changes:
            region = checked_region(changes["default_region"], field="default_region")
            wanted["default_region"] = region
        if ZONE in changes:
            wanted[ZONE] = checked_zone(changes[ZONE], field=ZONE).key
        if "gone_url" in changes:
            wanted["gone_location"] = self._gone_location(changes["gone_url"])
        return wanted

    def _gone_location(self, link: str | None) -> str | None:
        if link is None:
            return None
        rewrite = read_destination(
            link.strip(),
            before="",
            after="",
            short_domains={self.short_domain},
            may_be_private=self.may_be_private,
            field="gone_url",
        )
        return rewrite.location

    async def _refuse_blocked(self, connection: AsyncConnection, location: str | None) -> None:
        site = None if location is None else find_site(location)
        if site is not None:
            check = DestinationCheck(self.account_id)
            await check.refuse(connection, [site], field="gone_url")


def _checked_of_sender_id(changes: Mapping[str, Any]) -> dict[str, Any]:
    wanted = dict(changes)
    if wanted.get("dlt_entity_id") is not None:
        wanted["dlt_entity_id"] = checked_dlt_id(wanted["dlt_entity_id"], field="dlt_entity_id")
    if "link_domains" in wanted:
        wanted["link_domains"] = checked_domains(wanted["link_domains"], field="link_domains")
    return wanted
