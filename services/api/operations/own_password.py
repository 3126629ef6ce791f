"""Change one's own password in a session."""

from dataclasses import dataclass

from services.api.domain.passwords import checked_password
from services.api.operations.second_factors import OwnUser
from services.api.operations.sessions import NewToken, renew_session
from services.api.storage import users

NEW = "new_password"


@dataclass(frozen=True, slots=True)
class OwnPassword:
    """The password of a user who is signed in."""

    own: OwnUser

    async def change(self, current: str, new: str) -> NewToken:
        """Change it; all other sessions of the user end, and this one gets another token.

        Raises:
            WrongPasswordError: The current one is not theirs.
            PasswordRefusedError: The new one is none that they may have.
            TooManyFailuresError: Too much was wrong of late.
        """
        own, session = self.own, self.own.session
        checked = checked_password(
            new, login=session.login, account_name=session.account.name, field=NEW
        )
        await own.prove(current, "password")
        password_hash = await own.work.hash(checked)
        account_id = session.account.id
        async with own.engine.begin() as connection:
            await users.set_user(
                connection,
                account_id,
                session.user_id,
                {"password_hash": password_hash},
                stamped="password_set_at",
            )
            await own.note(connection, "user.password")
            return await renew_session(connection, session)
