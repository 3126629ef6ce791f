"""Set up, use and remove the second factor of a user. Its seed is stored sealed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain import second_factors
from services.api.domain.roles import UserKind
from services.api.domain.user_errors import (
    SecondFactorStateError,
    SecondFactorWrongError,
    WrongPasswordError,
)
from services.api.operations.passwords import PasswordWork
from services.api.operations.prove_logins import Logins, Proof
from services.api.operations.sessions import NewToken, author_in, renew_session
from services.api.storage import users
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.sessions import StoredSession
from services.api.storage.users import Factor
from shared.clock import Clock
from shared.domain.sealing import Sealer
from shared.domain.trusted_proxies import IpAddress
from shared.storage.sealed_columns import FACTOR_SEED

NOTHING: Mapping[str, object] = MappingProxyType({})
# What a user without a second factor has of one.
NONE: Mapping[str, object] = {
    "factor_seed": None,
    "factor_confirmed_at": None,
    "factor_last_step": None,
    "recovery_codes": [],
}


@dataclass(frozen=True, slots=True)
class Given:
    """A second factor as it is given: a code of an authenticator, or a recovery code."""

    code: str = field(repr=False)
    is_recovery_code: bool = False

    @property
    def field(self) -> str:
        """What the caller calls it."""
        return "recovery_code" if self.is_recovery_code else "code"


@dataclass(frozen=True, slots=True)
class FactorSeals:
    """What opens and closes seeds, and tells the time that codes go by."""

    sealer: Sealer
    clock: Clock

    def seal(self, seed: bytes, user_id: int) -> bytes:
        """Seal a seed for a user's row."""
        return self.sealer.seal(seed, FACTOR_SEED.context(user_id))

    def find_step(self, factor: Factor, user_id: int, code: str) -> int | None:
        """Return the step whose code this is; None if it is wrong, or was taken before.

        Raises:
            SealError: The seed cannot be opened.
        """
        if factor.seed is None:
            return None
        seed = self.sealer.open(factor.seed, FACTOR_SEED.context(user_id))
        now = self.clock.now()
        return second_factors.find_step(seed, code, now=now, last_step=factor.last_step)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret to be shared with an authenticator, shown only now."""

    secret: str = field(repr=False)
    otpauth_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecoveryCodes:
    """Codes that are shown only now, and what the browser is to keep."""

    codes: list[str] = field(repr=False)
    token: NewToken


async def take_factor(
    connection: AsyncConnection,
    account_id: int,
    user_id: int,
    *,
    seals: FactorSeals,
    factor: Factor,
    given: Given,
) -> bool:
    """Take a second factor once, of a user who is locked; False if it is wrong.

    Raises:
        SealError: The seed cannot be opened.
    """
    values: dict[str, object]
    if given.is_recovery_code:
        digest = second_factors.recovery_digest(given.code)
        if digest not in factor.recovery_codes:
            return False
        values = {"recovery_codes": [each for each in factor.recovery_codes if each != digest]}
    else:
        step = seals.find_step(factor, user_id, given.code)
        if step is None:
            return False
        values = {"factor_last_step": step}
    await users.set_user(connection, account_id, user_id, values)
    return True


@dataclass(frozen=True, slots=True)
class OwnUser:
    """What a user who is signed in does about their password and second factor.

    Attributes:
        session: Theirs.
        address: Where they call from.
    """

    engine: AsyncEngine
    logins: Logins
    work: PasswordWork
    seals: FactorSeals
    session: StoredSession
    address: IpAddress | None

    async def enrol(self, password: str) -> Enrolment:
        """Begin to set up a second factor; it counts once it is confirmed.

        Raises:
            WrongPasswordError: It is not the user's.
            SecondFactorStateError: There is one.
            TooManyFailuresError: Too much was wrong of late.
        """
        await self.prove(password)
        seed, of_user = second_factors.make_seed(), self._of_user
        async with self.engine.begin() as connection:
            factor = await users.lock_factor(connection, *of_user)
            if factor.confirmed_at is not None:
                raise SecondFactorStateError(is_there=True)
            sealed = self.seals.seal(seed, self.session.user_id)
            values = {"factor_seed": sealed, "factor_last_step": None}
            await users.set_user(connection, *of_user, values)
        url = second_factors.otpauth_url(seed, self.session.login)
        return Enrolment(second_factors.seed_text(seed), url)

    async def confirm(self, code: str) -> RecoveryCodes:
        """Let the second factor count, given a code of it; the user's other sessions end.

        Raises:
            SecondFactorStateError: None was begun, or it counts already.
            SecondFactorWrongError: The code is none of it.
        """
        async with self.engine.begin() as connection:
            factor = await users.lock_factor(connection, *self._of_user)
            if factor.seed is None or factor.confirmed_at is not None:
                raise SecondFactorStateError(is_there=factor.seed is not None)
            step = self.seals.find_step(factor, self.session.user_id, code)
            if step is None:
                raise SecondFactorWrongError("code")
            return await self._change(
                connection,
                "user.factor-on",
                {"factor_last_step": step},
                stamped="factor_confirmed_at",
            )

    async def renew_codes(self, password: str) -> RecoveryCodes:
        """Make other recovery codes; those before count no more, and other sessions end.

        Raises:
            WrongPasswordError: It is not the user's.
            SecondFactorStateError: There is no second factor.
            TooManyFailuresError: Too much was wrong of late.
        """
        await self.prove(password)
        async with self.engine.begin() as connection:
            await self._locked(connection)
            return await self._change(connection, "user.recovery-codes")

    async def remove(self, password: str) -> NewToken:
        """Remove the second factor; the user's other sessions end.

        Raises:
            WrongPasswordError: It is not the user's.
            SecondFactorStateError: There is none.
            TooManyFailuresError: Too much was wrong of late.
        """
        await self.prove(password)
        async with self.engine.begin() as connection:
            await self._locked(connection)
            await users.set_user(connection, *self._of_user, NONE)
            await self.note(connection, "user.factor-off")
            return await renew_session(connection, self.session)

    async def prove(self, password: str, field: str = "password") -> Proof:
        """Let pass only who knows the user's password, at the pace of signing in.

        Raises:
            WrongPasswordError: It is not theirs.
            TooManyFailuresError: Too much was wrong of late.
        """
        proof = await self.logins.prove(
            self.session.login, password, self.address, UserKind.CONSOLE
        )
        if proof is None:
            raise WrongPasswordError(field)
        return proof

    async def note(
        self, connection: AsyncConnection, action: str, told: Mapping[str, Any] | None = None
    ) -> None:
        """Add an entry to the audit trail."""
        entry = AuditEntry(action, self.session.login, None, told)
        author = author_in(self.session, self.address)
        await add_entry(connection, self.session.account.id, author, entry)

    @property
    def _of_user(self) -> tuple[int, int]:
        return self.session.account.id, self.session.user_id

    async def _locked(self, connection: AsyncConnection) -> None:
        factor = await users.lock_factor(connection, *self._of_user)
        if factor.confirmed_at is None:
            raise SecondFactorStateError(is_there=False)

    async def _change(
        self,
        connection: AsyncConnection,
        action: str,
        values: Mapping[str, object] = NOTHING,
        *,
        stamped: str | None = None,
    ) -> RecoveryCodes:
        codes = second_factors.make_recovery_codes()
        digests = [second_factors.recovery_digest(code) for code in codes]
        changed = {**values, "recovery_codes": digests}
        await users.set_user(connection, *self._of_user, changed, stamped=stamped)
        await self.note(connection, action)
        return RecoveryCodes(codes, await renew_session(connection, self.session))
