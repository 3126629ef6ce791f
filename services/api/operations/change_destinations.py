"""Say where the links of an account, or of all accounts, may lead."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.authors import COMMAND_LINE, Author
from services.api.domain.destination_lists import MAX_RULES, DestinationLists, refuse_too_many
from services.api.domain.errors import InvalidValueError
from services.api.operations.check_destinations import judge
from services.api.storage.accounts import find_account
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.destinations import (
    Source,
    add_rules,
    count_rules,
    list_rules,
    list_sources,
    remove_rules,
    take_list,
)
from shared.domain.destination_rules import Rule, Site, Verdict, find_site

ACTION = "destinations.change"
# What the audit trail calls the list.
OF_ACCOUNT, OF_PLATFORM = "account", "platform"
# A file that is taken in may name millions; an entry names the first.
NOTED_RULES = MAX_RULES
# A statement for a million would take longer than one may.
ADDED_AT_ONCE = 20_000
ALLOW, BLOCK = "allow", "block"


@dataclass(frozen=True, slots=True, repr=False)
class Trial:
    """What would become of a link; nothing is said of one without a verdict."""

    site: Site
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class DestinationOrders:
    """Reads and changes lists of destinations; redirectors follow within a second.

    Attributes:
        account_id: None for the platform's block-list.
        author: Who does.
    """

    engine: AsyncEngine
    account_id: int | None
    author: Author

    async def read(self, *, row_limit: int = 2 * MAX_RULES) -> DestinationLists:
        """Return both lists, and of each so many rules at most."""
        async with self.engine.connect() as connection:
            return await self._read(connection, row_limit)

    async def sources(self) -> list[Source]:
        """Return what else the platform's block-list is read from."""
        async with self.engine.connect() as connection:
            return await list_sources(connection)

    async def judge(self, link: str) -> Trial:
        """Tell what the lists say of a link; nothing is asked for there.

        Raises:
            InvalidValueError: It is no link.
        """
        site = find_site(link)
        if site is None:
            raise InvalidValueError("url", "must be a link such as https://example.com/offer")
        async with self.engine.connect() as connection:
            return Trial(site, await judge(connection, self.account_id, site))

    async def replace(self, wanted: DestinationLists) -> DestinationLists:
        """Put both lists in the place of those that there are, and return them."""
        async with self.engine.begin() as connection:
            taken = {kind: await self._take(connection, kind) for kind in (ALLOW, BLOCK)}
            current = await self._read(connection, 2 * MAX_RULES)
            for kind, had, has in (
                (ALLOW, current.allow, wanted.allow),
                (BLOCK, current.block, wanted.block),
            ):
                await _change(
                    connection, taken[kind], removed=set(had) - set(has), added=set(has) - set(had)
                )
            if current != wanted:
                await self._note(connection, current.texts, wanted.texts)
        return wanted

    async def add(self, kind: str, rules: Sequence[Rule]) -> int:
        """Add rules to a list, and return how many it had not.

        Raises:
            InvalidValueError: An account's list would be too long.
        """
        async with self.engine.begin() as connection:
            list_id = await self._take(connection, kind)
            added: list[Rule] = []
            for first in range(0, len(rules), ADDED_AT_ONCE):
                part = rules[first : first + ADDED_AT_ONCE]
                added += await add_rules(connection, list_id, part)
            if self.account_id is not None:
                refuse_too_many(kind, await count_rules(connection, list_id))
            if added:
                await self._note(connection, None, _noted(kind, added))
        return len(added)

    async def remove(self, kind: str, rules: Sequence[Rule]) -> int:
        """Remove rules from a list, and return how many it had."""
        async with self.engine.begin() as connection:
            list_id = await self._take(connection, kind)
            removed = await remove_rules(connection, list_id, rules)
            if removed:
                await self._note(connection, _noted(kind, removed), None)
        return len(removed)

    async def _read(self, connection: AsyncConnection, row_limit: int) -> DestinationLists:
        allow, block = [
            await list_rules(connection, self.account_id, kind, row_limit=row_limit)
            for kind in (ALLOW, BLOCK)
        ]
        return DestinationLists(allow, block)

    async def _take(self, connection: AsyncConnection, kind: str) -> int:
        if self.account_id is None and kind == ALLOW:
            raise InvalidValueError("list", "must be block: the platform has no allow-list")
        return await take_list(connection, self.account_id, kind)

    async def _note(
        self,
        connection: AsyncConnection,
        before: dict[str, list[str]] | None,
        after: dict[str, list[str]] | None,
    ) -> None:
        subject = OF_PLATFORM if self.account_id is None else OF_ACCOUNT
        entry = AuditEntry(ACTION, subject, before, after)
        await add_entry(connection, self.account_id, self.author, entry)


async def orders_for(engine: AsyncEngine, account: str | None) -> DestinationOrders:
    """Return what the command line changes an account's lists with, or the platform's.

    Raises:
        InvalidValueError: There is no such account.
    """
    account_id = None
    if account is not None:
        async with engine.connect() as connection:
            account_id = await find_account(connection, account)
        if account_id is None:
            raise InvalidValueError("account", f"must be one that there is, not {account[:60]!r}")
    return DestinationOrders(engine, account_id, COMMAND_LINE)


async def _change(
    connection: AsyncConnection, list_id: int, *, removed: set[Rule], added: set[Rule]
) -> None:
    if removed:
        await remove_rules(connection, list_id, sorted(removed))
    if added:
        await add_rules(connection, list_id, sorted(added))


def _noted(kind: str, rules: Sequence[Rule]) -> dict[str, list[str]]:
    noted = [rule.text for rule in rules[:NOTED_RULES]]
    if len(rules) > len(noted):
        noted.append(f"and {len(rules) - len(noted)} more")
    return {kind: noted}
