"""Make, rotate, revoke and list the API keys of an account."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.access_errors import (
    KeyNotLiveError,
    ScopeNotGrantableError,
    TooManyKeysError,
)
from services.api.domain.account_rules import checked_name
from services.api.domain.allow_lists import AllowList, stored_allow_list
from services.api.domain.authors import COMMAND_LINE, Author
from services.api.domain.errors import InvalidValueError, NotFoundError
from services.api.domain.rate_limits import NO_QUOTAS, Quotas
from services.api.domain.user_errors import FreshProofNeededError
from services.api.storage import keys
from services.api.storage.accounts import find_account
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.keys import Key
from shared.clock import Clock
from shared.domain.api_keys import KEY_SCOPES, make_key

MAX_LIVE_KEYS: Final = 100
MAX_LIFE: Final = timedelta(days=3_653)
DEFAULT_OVERLAP: Final = timedelta(hours=24)
MAX_OVERLAP_H: Final = 168
ADMIN: Final = "admin"
EVERYWHERE: Final = AllowList()


@dataclass(frozen=True, slots=True)
class KeyWithSecret:
    """A key just made, with its text, which is shown only now."""

    key: Key
    text: str = field(repr=False)


def told(key: Key) -> dict[str, Any]:
    """Return what the audit trail keeps of a key; nothing that lets anyone in."""
    quotas = {"calls_per_minute": key.calls_per_minute, "sends_per_minute": key.sends_per_minute}
    set_quotas = {name: quota for name, quota in quotas.items() if quota is not None}
    return {
        "name": key.name,
        "scopes": list(key.scopes),
        "expires_at": _utc(key.expires_at),
        "ip_allow_list": list(stored_allow_list(key.allow_list).texts),
        **set_quotas,
    }


def creation_of(key: Key, *, replaces: str | None = None) -> AuditEntry:
    """Return the entry that tells of a new key.

    Args:
        key: The key.
        replaces: The prefix of the key that is rotated.
    """
    beside = {"replaces": replaces} if replaces else {}
    return AuditEntry("key.create", key.prefix, None, told(key) | beside)


@dataclass(frozen=True, slots=True)
class KeyOrders:
    """Gives orders about the keys of an account.

    Attributes:
        author: Who does.
        scopes: What the author may do, and so may let a key do.
        is_proved: Whether they have proved of late who they are, without which nobody gets a key
            that can do everything.
    """

    engine: AsyncEngine
    clock: Clock
    account_id: int
    author: Author
    scopes: frozenset[str]
    is_proved: bool

    async def add(
        self,
        name: str,
        scopes: Iterable[str],
        *,
        expires_at: datetime | None = None,
        allow_list: AllowList = EVERYWHERE,
        quotas: Quotas = NO_QUOTAS,
    ) -> KeyWithSecret:
        """Make a key.

        Raises:
            InvalidValueError: It has no name, no scope or one that is none, or it would have
                expired already.
            ScopeNotGrantableError: It would be good for what its maker is not.
            FreshProofNeededError: It would set up the account, and its maker is not proved.
            TooManyKeysError: The account has as many live keys as it may.
        """
        name, wanted = checked_name(name), self._grantable(scopes)
        self._check_expiry(expires_at)
        async with self.engine.begin() as connection:
            return await self._add(
                connection,
                name,
                wanted,
                expires_at=expires_at,
                allow_list=allow_list.texts,
                quotas=quotas,
            )

    async def newest(self, *, before: int, row_limit: int) -> list[Key]:
        """Return keys older than one, newest first, those that have ended too."""
        async with self.engine.connect() as connection:
            return await keys.list_keys(
                connection, self.account_id, before_id=before, row_limit=row_limit
            )

    async def read(self, prefix: str) -> Key:
        """Return a key, be it one that has ended.

        Raises:
            NotFoundError: The account has no such key.
        """
        async with self.engine.connect() as connection:
            return await self._locked(connection, prefix)

    async def rotate(
        self,
        prefix: str,
        *,
        overlap: timedelta = DEFAULT_OVERLAP,
        expires_at: datetime | None = None,
        for_ever: bool = False,
    ) -> KeyWithSecret:
        """Make a key that takes another's place; that one lives on for a time.

        The new one has the name, scopes and allow-list of the other and, unless another time is
        given or it lives for ever, lives as long as that was made to live.

        Raises:
            InvalidValueError: The new key would have expired already.
            KeyNotLiveError: The key has ended, or was rotated before.
            NotFoundError: The account has no such key.
            ScopeNotGrantableError: It is good for what the author is not.
            FreshProofNeededError: It sets up the account, and the author is not proved.
            TooManyKeysError: The account has as many live keys as it may.
        """
        self._check_expiry(expires_at)
        now = self.clock.now()
        async with self.engine.begin() as connection:
            await keys.lock_account(connection, self.account_id)
            old = await self._locked(connection, prefix)
            if old.replaced_by is not None or not old.is_live(now):
                raise KeyNotLiveError(old.replaced_by)
            if expires_at is None and old.expires_at is not None and not for_ever:
                expires_at = now + (old.expires_at - old.created_at)
            made = await self._add(
                connection,
                old.name,
                self._grantable(old.scopes),
                expires_at=expires_at,
                allow_list=old.allow_list,
                quotas=Quotas(old.calls_per_minute, old.sends_per_minute),
                replaces=prefix,
            )
            ends_at = min(filter(None, (old.expires_at, now + overlap)))
            await self._change(
                connection, "key.rotate", old, expires_at=ends_at, replaced_by=made.key.prefix
            )
        return made

    async def revoke(self, prefix: str) -> None:
        """End a key for good, from the next request on in every process; again, nothing happens.

        Raises:
            NotFoundError: The account has no such key.
        """
        async with self.engine.begin() as connection:
            key = await self._locked(connection, prefix)
            if key.revoked_at is None:
                now = self.clock.now()
                await self._change(connection, "key.revoke", key, revoked_at=now)

    async def limit(self, prefix: str, changed: Mapping[str, int | None]) -> Key:
        """Change how many calls a minute a key is good for, from the next one on.

        Args:
            prefix: The key's.
            changed: By the names of its limits; None is as the settings have it, 0 any number.

        Raises:
            NotFoundError: The account has no such key.
        """
        async with self.engine.begin() as connection:
            key = await self._locked(connection, prefix)
            if changed:
                await self._change(connection, "key.limit", key, **changed)
            return await self._locked(connection, prefix)

    async def _add(
        self,
        connection: AsyncConnection,
        name: str,
        scopes: Sequence[str],
        *,
        expires_at: datetime | None,
        allow_list: Sequence[str],
        quotas: Quotas,
        replaces: str | None = None,
    ) -> KeyWithSecret:
        await keys.lock_account(connection, self.account_id)
        if await keys.count_live_keys(connection, self.account_id) >= MAX_LIVE_KEYS:
            raise TooManyKeysError(MAX_LIVE_KEYS)
        new = make_key()
        added = await keys.add_key(
            connection,
            self.account_id,
            name,
            new,
            scopes=scopes,
            expires_at=expires_at,
            allow_list=allow_list,
            quotas=quotas,
        )
        entry = creation_of(added, replaces=replaces)
        await add_entry(connection, self.account_id, self.author, entry)
        return KeyWithSecret(added, new.text)

    async def _locked(self, connection: AsyncConnection, prefix: str) -> Key:
        key = await keys.lock_key(connection, self.account_id, prefix)
        if key is None:
            raise NotFoundError("key")
        return key

    async def _change(
        self,
        connection: AsyncConnection,
        action: str,
        key: Key,
        **values: datetime | str | int | None,
    ) -> None:
        changed = await keys.set_key(connection, self.account_id, key.prefix, **values)
        before, after = (
            {name: _json(getattr(state, name)) for name in values} for state in (key, changed)
        )
        entry = AuditEntry(action, key.prefix, before, after)
        await add_entry(connection, self.account_id, self.author, entry)

    def _grantable(self, scopes: Iterable[str]) -> list[str]:
        wanted = sorted(set(scopes))
        if not wanted or not KEY_SCOPES.issuperset(wanted):
            named = ", ".join(sorted(KEY_SCOPES))
            raise InvalidValueError("scopes", f"must be one or more of {named}")
        for scope in wanted:
            if scope not in self.scopes:
                raise ScopeNotGrantableError(scope)
        if ADMIN in wanted and not self.is_proved:
            raise FreshProofNeededError
        return wanted

    def _check_expiry(self, expires_at: datetime | None) -> None:
        now = self.clock.now()
        if expires_at is not None and not now < expires_at <= now + MAX_LIFE:
            wanted = "must be later than now, and at most ten years ahead"
            raise InvalidValueError("expires_at", wanted)


async def orders_for(
    engine: AsyncEngine, clock: Clock, account_name: str, author: Author = COMMAND_LINE
) -> KeyOrders:
    """Return what the command line gives orders with about an account's keys.

    Raises:
        InvalidValueError: There is no such account.
    """
    async with engine.connect() as connection:
        account_id = await find_account(connection, account_name)
    if account_id is None:
        raise InvalidValueError("account", f"{account_name!r} is not an account's name")
    return KeyOrders(engine, clock, account_id, author, KEY_SCOPES, is_proved=True)


async def orders_for_key(
    engine: AsyncEngine, clock: Clock, prefix: str, author: Author = COMMAND_LINE
) -> KeyOrders:
    """Return what the command line gives orders with about a key.

    Raises:
        InvalidValueError: There is no such key.
    """
    async with engine.connect() as connection:
        account_id = await keys.find_owner(connection, prefix)
    if account_id is None:
        raise InvalidValueError("prefix", f"{prefix[:40]!r} is not a key's: key-list shows them")
    return KeyOrders(engine, clock, account_id, author, KEY_SCOPES, is_proved=True)


def _json(value: datetime | str | int | None) -> str | int | None:
    return _utc(value) if isinstance(value, datetime) else value


def _utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
