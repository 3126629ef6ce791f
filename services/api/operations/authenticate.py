"""Find out for which account a request is made, and what it may do."""

import asyncio
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.access_errors import AddressNotAllowedError, KeyExpiredError
from services.api.domain.allow_lists import AllowList
from services.api.domain.authors import Author, AuthorKind
from services.api.domain.errors import InvalidCredentialsError, ScopeMissingError
from services.api.domain.rate_limits import NO_QUOTAS, Quotas
from services.api.storage.accounts import Account, find_key, find_user
from shared.domain import api_keys
from shared.domain.trusted_proxies import IpAddress

# 41 ms of one core: OWASP's second choice of parameters, since the default costs five times that.
PASSWORD_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Verified when there is no such user, so that the time taken does not tell. Nobody knows its
# password; it is written out, since making one takes as long as a login.
_NOBODY_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$Bs84rxW35IbGyUrzu+cjKQ$DVVIxy"
    "XCepI+QaKEy1k6sx4a16PFZMhI5YgF0d7fhQ8"
)
ROLE_SCOPES = {
    "owner": frozenset({"send", "otp", "report", "admin"}),
    "sender": frozenset({"send", "otp", "report"}),
    "analyst": frozenset({"report"}),
    "read-only": frozenset({"report"}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what they may do.

    Attributes:
        allow_lists: Where they may call from; all of them apply.
        key_id: Of the key that they show, if they show one.
        key_quotas: Its own.
    """

    account: Account
    scopes: frozenset[str]
    author: Author
    allow_lists: tuple[AllowList, ...]
    key_id: int | None = None
    key_quotas: Quotas = NO_QUOTAS

    def admit(self, address: IpAddress | None) -> None:
        """Let pass only who calls from where these credentials may be used.

        Raises:
            AddressNotAllowedError: A list leaves the address out.
        """
        if not all(allow_list.admits(address) for allow_list in self.allow_lists):
            raise AddressNotAllowedError(address)

    def require(self, scope: str) -> None:
        """Let pass only who may do this.

        Raises:
            ScopeMissingError: The scope is not among the caller's.
        """
        if scope not in self.scopes:
            raise ScopeMissingError(scope)


async def authenticate_key(engine: AsyncEngine, text: str) -> Caller:
    """Return who owns an API key.

    Raises:
        InvalidCredentialsError: It is no key, or not a live one.
        KeyExpiredError: It was one until it expired.
    """
    parts = api_keys.split_key(text)
    if parts is None:
        raise InvalidCredentialsError
    prefix, secret = parts
    async with engine.connect() as connection:
        stored = await find_key(connection, prefix)
    if stored is None or not api_keys.matches(secret, stored.secret_sha256):
        raise InvalidCredentialsError
    if stored.expired_at is not None:
        raise KeyExpiredError(stored.expired_at)
    author = Author(AuthorKind.KEY, stored.name, prefix)
    return Caller(
        stored.account, stored.scopes, author, stored.allow_lists, stored.id, stored.quotas
    )


async def authenticate_user(engine: AsyncEngine, login: str, password: str) -> Caller:
    """Return who logs in with a password.

    Raises:
        InvalidCredentialsError: There is no such user, or the password is wrong.
    """
    async with engine.connect() as connection:
        stored = await find_user(connection, login)
    password_hash = stored.password_hash if stored else _NOBODY_HASH
    is_right = await asyncio.to_thread(_verify, password_hash, password)
    if stored is None or not is_right:
        raise InvalidCredentialsError("userId")
    author = Author(AuthorKind.USER, login)
    return Caller(stored.account, ROLE_SCOPES[stored.role], author, (stored.allow_list,))


def _verify(password_hash: str, password: str) -> bool:
    try:
        return PASSWORD_HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
