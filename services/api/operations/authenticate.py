"""Find out for which account a request is made, and what it may do."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.access_errors import AddressNotAllowedError, KeyExpiredError
from services.api.domain.allow_lists import AllowList
from services.api.domain.authors import Author, AuthorKind
from services.api.domain.errors import InvalidCredentialsError, ScopeMissingError
from services.api.domain.rate_limits import NO_QUOTAS, Quotas
from services.api.domain.roles import ROLE_SCOPES, UserKind, with_implied
from services.api.domain.user_errors import PasswordCallsOffError, SecondFactorDemandedError
from services.api.operations.prove_logins import Logins
from services.api.storage.accounts import Account, find_key
from services.api.storage.sessions import StoredSession
from shared.domain import api_keys
from shared.domain.trusted_proxies import IpAddress


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what they may do.

    Attributes:
        allow_lists: Where they may call from; all of them apply.
        key_id: Of the key that they show, if they show one.
        key_quotas: Its own.
        session: The session whose cookie they show, if they show neither key nor password.
        owes_factor: Whether they may do nothing before they have a second factor.
    """

    account: Account
    scopes: frozenset[str]
    author: Author
    allow_lists: tuple[AllowList, ...]
    key_id: int | None = None
    key_quotas: Quotas = NO_QUOTAS
    session: StoredSession | None = None
    owes_factor: bool = False

    def has_proved(self, within: timedelta) -> bool:
        """Tell whether they have proved of late who they are; keys prove it with each call."""
        if self.session is None:
            return True
        age = self.session.proof_age
        return age is not None and age <= within

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
            SecondFactorDemandedError: The account wants a second factor, and there is none.
        """
        if self.owes_factor:
            raise SecondFactorDemandedError
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
    scopes = with_implied(stored.scopes)
    return Caller(stored.account, scopes, author, stored.allow_lists, stored.id, stored.quotas)


async def authenticate_user(
    logins: Logins, login: str, password: str, address: IpAddress | None
) -> Caller:
    """Return who calls with a login and a password: a user of the API.

    Raises:
        InvalidCredentialsError: There is no such user of the API, or the password is wrong.
        PasswordCallsOffError: They are right, and the account takes none.
        AddressNotAllowedError: They are right, and may not be used from there.
        TooManyFailuresError: Too many were wrong of late.
    """
    proof = await logins.prove(login, password, address, UserKind.API)
    if proof is None:
        raise InvalidCredentialsError("userId")
    user = proof.user
    author = Author(AuthorKind.USER, user.login)
    caller = Caller(user.account, ROLE_SCOPES[user.role], author, (user.allow_list,))
    caller.admit(address)
    if not user.password_calls:
        raise PasswordCallsOffError
    await logins.note_success(proof)
    return caller
