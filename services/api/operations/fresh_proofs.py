"""Prove once more, in a session, who one is: for what a stolen session must not do."""

from dataclasses import dataclass

from services.api.domain.user_errors import (
    SecondFactorNeededError,
    SecondFactorWrongError,
    WrongPasswordError,
)
from services.api.operations.prove_logins import Proof
from services.api.operations.second_factors import Given, OwnUser, take_factor
from services.api.storage import sessions, users


@dataclass(frozen=True, slots=True)
class FreshProof:
    """The proof of a user who is signed in."""

    own: OwnUser

    async def give(self, password: str, given: Given | None, field: str = "password") -> None:
        """Take the password and, where there is one, the second factor, as signing in does.

        Args:
            password: The user's.
            given: The second factor; None if nothing is given.
            field: What the caller calls the password.

        Raises:
            WrongPasswordError: It is not theirs.
            SecondFactorNeededError: It is, and there is a second factor.
            SecondFactorWrongError: That is wrong.
            TooManyFailuresError: Too much was wrong of late.
        """
        proof = await self.own.prove(password, field)
        if proof.user.has_factor and given is None:
            raise SecondFactorNeededError
        if not await self._take(proof, given, field):
            await self.own.logins.note_failure(proof.user.login, proof.place, proof.found)
            raise SecondFactorWrongError(given.field if given else "code")
        await self.own.logins.note_success(proof)

    async def _take(self, proof: Proof, given: Given | None, field: str) -> bool:
        """Note the proof; False if the second factor is wrong.

        Raises:
            WrongPasswordError: The user has got another meanwhile.
        """
        own, session = self.own, self.own.session
        account_id = session.account.id
        async with own.engine.begin() as connection:
            factor = await users.lock_factor(connection, account_id, session.user_id)
            if factor.password_hash != proof.user.password_hash:
                raise WrongPasswordError(field)
            if factor.confirmed_at is not None:
                is_taken = given is not None and await take_factor(
                    connection,
                    account_id,
                    session.user_id,
                    seals=own.seals,
                    factor=factor,
                    given=given,
                )
                if not is_taken:
                    return False
            await sessions.note_proof(connection, account_id, session.id)
        return True
