"""Hearing of links that were changed, so that a pause holds on what is cached, too."""

import asyncio
import logging
from asyncio import Event

from services.redirector.links.resolving import LookupUnavailableError, Resolver
from services.redirector.storage.connections import StoreUnavailableError
from services.redirector.storage.listening import open_listener

LOGGER = logging.getLogger(__name__)

# The net beneath the notices: what is cached is read anew that often, whatever was heard.
REFRESH_INTERVAL_S = 30.0
RECONNECT_DELAY_S = 1.0
Key = tuple[int, int]


class LinkChanges:
    """Keeps the cached blocks of a resolver as they are in Postgres.

    Args:
        resolver: Whose blocks.
        database_url: Where notices of changes come from.
    """

    def __init__(self, resolver: Resolver, database_url: str) -> None:
        self._resolver = resolver
        self._database_url = database_url
        self._changed: set[Key] = set()
        self._have_rules = False
        self._has_changed = Event()

    async def follow(self) -> None:
        """Follow the changes until cancelled, through any outage of Postgres."""
        while True:
            try:
                await self._follow_connection()
            except (StoreUnavailableError, LookupUnavailableError):
                pass  # The redirector's own log tells of outages.
            except Exception:
                LOGGER.exception("changes of links cannot be followed; trying again")
            await asyncio.sleep(RECONNECT_DELAY_S)

    async def _follow_connection(self) -> None:
        async with open_listener(
            self._database_url,
            on_change=self._note,
            on_rules=self._note_rules,
            on_end=self._has_changed.set,
        ) as connection:
            # What was changed while nobody listened.
            await self._refresh_all()
            while not connection.is_closed():
                try:
                    async with asyncio.timeout(REFRESH_INTERVAL_S):
                        await self._has_changed.wait()
                except TimeoutError:
                    await self._refresh_all()
                    continue
                self._has_changed.clear()
                have_rules, self._have_rules = self._have_rules, False
                changed, self._changed = self._changed, set()
                await self._resolver.refresh(changed)
                if have_rules:
                    await self._resolver.recheck()

    async def _refresh_all(self) -> None:
        await self._resolver.refresh()
        await self._resolver.recheck()

    def _note_rules(self) -> None:
        self._resolver.rules.note_change()
        self._have_rules = True
        self._has_changed.set()

    def _note(self, payload: str) -> None:
        length, first_link = map(int, payload.split())
        self._changed.add((length, first_link))
        self._has_changed.set()
