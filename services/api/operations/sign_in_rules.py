"""Say how the users of an account are let in."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.authors import COMMAND_LINE, Author
from services.api.domain.errors import InvalidValueError
from services.api.domain.user_errors import FreshProofNeededError
from services.api.storage.accounts import find_account, set_account
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.keys import lock_account
from services.api.storage.sign_in_rules import SignInRules, find_rules

# What the audit trail calls what is of the account itself.
OF_ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class RulesChange:
    """What is to change; None leaves it as it is."""

    password_calls: bool | None = None
    demands_second_factor: bool | None = None


@dataclass(frozen=True, slots=True)
class RuleOrders:
    """Reads and changes how the users of an account are let in; every process follows at once.

    Attributes:
        author: Who does.
        is_proved: Whether they have proved of late who they are, without which nobody gets in
            whom the rules kept out before.
    """

    engine: AsyncEngine
    account_id: int
    author: Author
    is_proved: bool

    async def read(self) -> SignInRules:
        """Return how they are."""
        async with self.engine.connect() as connection:
            return await find_rules(connection, self.account_id)

    async def change(self, change: RulesChange) -> SignInRules:
        """Change how they are.

        Raises:
            FreshProofNeededError: Somebody would be let in whom they kept out, and the author is
                not proved.
        """
        async with self.engine.begin() as connection:
            await lock_account(connection, self.account_id)
            current = await find_rules(connection, self.account_id)
            wanted = {
                "password_calls": change.password_calls,
                "demands_second_factor": change.demands_second_factor,
            }
            values = {
                name: value
                for name, value in wanted.items()
                if value is not None and value != getattr(current, name)
            }
            if _lets_in(values) and not self.is_proved:
                raise FreshProofNeededError
            if values:
                await set_account(connection, self.account_id, values)
                before = {name: getattr(current, name) for name in values}
                entry = AuditEntry("account.sign-in-rules", OF_ACCOUNT, before, values)
                await add_entry(connection, self.account_id, self.author, entry)
            return await find_rules(connection, self.account_id)


def _lets_in(values: Mapping[str, bool]) -> bool:
    return values.get("password_calls") is True or values.get("demands_second_factor") is False


async def change_sign_in_rules(
    engine: AsyncEngine, account_name: str, change: RulesChange, author: Author = COMMAND_LINE
) -> None:
    """Change how the users of an account are let in, by command.

    Raises:
        InvalidValueError: There is no such account.
    """
    async with engine.connect() as connection:
        account_id = await find_account(connection, account_name)
    if account_id is None:
        raise InvalidValueError("account", f"{account_name!r} is not an account's name")
    await RuleOrders(engine, account_id, author, is_proved=True).change(change)
