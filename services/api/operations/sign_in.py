"""Sign in: a login, its password and, where there is one, the second factor."""

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.access_errors import AddressNotAllowedError
from services.api.domain.authors import Author, AuthorKind
from services.api.domain.roles import UserKind
from services.api.domain.user_errors import (
    SecondFactorNeededError,
    SecondFactorWrongError,
    SignInRefusedError,
)
from services.api.operations.prove_logins import Logins, Proof, note_success
from services.api.operations.second_factors import FactorSeals, Given, take_factor
from services.api.operations.sessions import NewToken, SessionLimits, begin_session
from services.api.storage import users
from services.api.storage.audit import AuditEntry, add_entry
from shared.domain.trusted_proxies import IpAddress


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody shows to be let in.

    Attributes:
        given: The second factor; None if nothing is given.
        agent: What they use, as it calls itself.
    """

    login: str
    password: str = field(repr=False)
    given: Given | None
    address: IpAddress | None
    agent: str


@dataclass(frozen=True, slots=True)
class SignsIn:
    """Lets users of the console in."""

    engine: AsyncEngine
    logins: Logins
    seals: FactorSeals
    limits: SessionLimits

    async def sign_in(self, shown: SignIn) -> NewToken:
        """Begin a session and return its token.

        Raises:
            SignInRefusedError: There is no such user who may sign in, or the password is wrong.
            AddressNotAllowedError: They are right, and may not be used from there.
            SecondFactorNeededError: They are right, and there is a second factor.
            SecondFactorWrongError: That is wrong.
            TooManyFailuresError: Too much was wrong of late.
        """
        proof = await self.logins.prove(
            shown.login, shown.password, shown.address, UserKind.CONSOLE
        )
        if proof is None:
            raise SignInRefusedError
        if not proof.user.allow_list.admits(shown.address):
            raise AddressNotAllowedError(shown.address)
        if proof.user.has_factor and shown.given is None:
            raise SecondFactorNeededError
        token = await self._begin(proof, shown)
        if token is None:
            await self.logins.note_failure(proof.user.login, proof.place, proof.found)
            raise SecondFactorWrongError(shown.given.field if shown.given else "code")
        return token

    async def _begin(self, proof: Proof, shown: SignIn) -> NewToken | None:
        """Begin the session; None if the second factor is wrong.

        Raises:
            SignInRefusedError: The user has been changed meanwhile.
        """
        user, account_id = proof.user, proof.user.account.id
        async with self.engine.begin() as connection:
            factor = await users.lock_factor(connection, account_id, user.id)
            if factor.is_disabled or factor.password_hash != user.password_hash:
                # Changed while the password was looked at.
                raise SignInRefusedError
            told = {"second_factor": factor.confirmed_at is not None}
            if factor.confirmed_at is not None:
                if shown.given is None:
                    # It was set up while the password was looked at.
                    return None
                told["recovery_code"] = shown.given.is_recovery_code
                taken = await take_factor(
                    connection,
                    account_id,
                    user.id,
                    seals=self.seals,
                    factor=factor,
                    given=shown.given,
                )
                if not taken:
                    return None
            token = await begin_session(
                connection,
                account_id,
                user.id,
                address=shown.address,
                agent=shown.agent,
                limits=self.limits,
            )
            await users.set_user(connection, account_id, user.id, stamped="signed_in_at")
            await note_success(connection, proof)
            author = Author(AuthorKind.USER, user.login, address=shown.address)
            entry = AuditEntry("user.sign-in", user.login, None, told)
            await add_entry(connection, account_id, author, entry)
        return token
