"""How the users of an account are let in."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.accounts import ACCOUNT


@dataclass(frozen=True, slots=True)
class SignInRules:
    """How the users of an account are let in.

    Attributes:
        password_calls: Whether userId and password are taken on calls.
        demands_second_factor: Whether users of the console can do nothing without one.
    """

    password_calls: bool
    demands_second_factor: bool


async def find_rules(connection: AsyncConnection, account_id: int) -> SignInRules:
    """Return how the users of an account are let in."""
    query = select(ACCOUNT.c.password_calls, ACCOUNT.c.demands_second_factor).where(
        ACCOUNT.c.id == account_id
    )
    return SignInRules(*(await connection.execute(query)).one())
