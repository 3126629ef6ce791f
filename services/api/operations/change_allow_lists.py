"""Say where an account, or one of its keys, may be used from."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.access_errors import LockOutError
from services.api.domain.allow_lists import FIELD, AllowList, stored_allow_list
from services.api.domain.authors import Author
from services.api.domain.errors import NotFoundError
from services.api.storage import keys
from services.api.storage.accounts import set_account
from services.api.storage.audit import OF_ACCOUNT, AuditEntry, add_entry
from services.api.storage.keys import Key
from services.api.storage.networks import as_networks


@dataclass(frozen=True, slots=True)
class AllowListOrders:
    """Reads and changes the lists of an account and its keys; every process follows at once.

    Attributes:
        author: Who does; nobody who came over a network shuts themselves out unasked.
    """

    engine: AsyncEngine
    account_id: int
    author: Author

    async def read(self) -> AllowList:
        """Return where the account may be used from."""
        async with self.engine.connect() as connection:
            return stored_allow_list(await keys.find_allow_list(connection, self.account_id))

    async def read_key(self, prefix: str) -> AllowList:
        """Return where a key may be used from, besides what the account says.

        Raises:
            NotFoundError: The account has no such key.
        """
        async with self.engine.connect() as connection:
            return stored_allow_list((await self._locked(connection, prefix)).allow_list)

    async def change(self, wanted: AllowList, *, force: bool) -> None:
        """Say where the account may be used from.

        Raises:
            LockOutError: The author would be left out, and it is not forced.
        """
        self._check(wanted, force=force)
        async with self.engine.begin() as connection:
            await keys.lock_account(connection, self.account_id)
            current = stored_allow_list(await keys.find_allow_list(connection, self.account_id))
            if current != wanted:
                values = {"ip_allow_list": as_networks(wanted.texts)}
                await set_account(connection, self.account_id, values)
                await self._note(
                    connection, "account.allow", OF_ACCOUNT, current.texts, wanted.texts
                )

    async def change_key(self, prefix: str, wanted: AllowList, *, force: bool) -> None:
        """Say where a key may be used from; what the account says applies besides.

        Raises:
            LockOutError: It is the author's own, who would be left out, and it is not forced.
            NotFoundError: The account has no such key.
        """
        if prefix == self.author.key_prefix:
            self._check(wanted, force=force)
        async with self.engine.begin() as connection:
            current = stored_allow_list((await self._locked(connection, prefix)).allow_list)
            if current != wanted:
                values = {"ip_allow_list": as_networks(wanted.texts)}
                await keys.set_key(connection, self.account_id, prefix, **values)
                await self._note(connection, "key.allow", prefix, current.texts, wanted.texts)

    async def _locked(self, connection: AsyncConnection, prefix: str) -> Key:
        key = await keys.lock_key(connection, self.account_id, prefix)
        if key is None:
            raise NotFoundError("key")
        return key

    def _check(self, wanted: AllowList, *, force: bool) -> None:
        if not force and not wanted.admits(self.author.address):
            raise LockOutError(self.author.address)

    async def _note(
        self,
        connection: AsyncConnection,
        action: str,
        subject: str,
        before: Sequence[str],
        after: Sequence[str],
    ) -> None:
        entry = AuditEntry(action, subject, {FIELD: list(before)}, {FIELD: list(after)})
        await add_entry(connection, self.account_id, self.author, entry)
