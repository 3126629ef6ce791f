"""Tell the owners of an account, in its audit trail, of passwords and codes that were wrong.

Not one by one, and behind the requests: an entry for each login that somebody tried within a
minute, so that guessing floods no trail and takes the same whether or not there is such a user.
What is not noted yet when the process is killed is lost.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.authors import Author, AuthorKind
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.sign_ins import StoredUser
from shared.domain.trusted_proxies import IpAddress
from shared.storage.engine import is_outage

FLUSH_S = 60.0
# Failures of further users are not told of within the minute.
MAX_USERS = 10_000
MAX_ADDRESSES = 10

LOGGER = logging.getLogger(__name__)


@dataclass(slots=True)
class _Noted:
    account_id: int
    login: str
    count: int = 0
    addresses: dict[str, None] = field(default_factory=dict)


class FailureNotes:
    """What one process has seen fail and not told of yet."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._noted: dict[int, _Noted] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to tell; to be called with a running event loop."""
        self._task = asyncio.create_task(self._tell())

    async def aclose(self) -> None:
        """Tell what is left and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    def add(self, user: StoredUser, address: IpAddress | None) -> None:
        """Remember a failure; it waits for nothing."""
        if user.id not in self._noted and len(self._noted) >= MAX_USERS:
            return
        noted = self._noted.setdefault(user.id, _Noted(user.account.id, user.login))
        noted.count += 1
        if len(noted.addresses) < MAX_ADDRESSES:
            noted.addresses[str(address)] = None

    async def flush(self) -> None:
        """Tell what is left."""
        noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            async with self._engine.begin() as connection:
                for each in noted.values():
                    author = Author(AuthorKind.USER, each.login)
                    told = {"count": each.count, "addresses": list(each.addresses)}
                    entry = AuditEntry("user.sign-in-failed", each.login, None, told)
                    await add_entry(connection, each.account_id, author, entry)
        except Exception as error:
            if not is_outage(error):
                LOGGER.exception("failures to sign in cannot be noted")

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await self.flush()
