"""Giving accounts credits, and proving that what was charged is what the ledger says."""

from dataclasses import dataclass

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.operations.change_sending import SendingChanges, change_sending
from services.api.operations.manage_credit import add_credit
from shared.storage.engine import create_engine
from tests.support.api import Api

OWNER = "SELECT name FROM account JOIN campaign ON account_id = account.id WHERE campaign.id = $1"
LEDGER = """
    SELECT kind, amount, entry.balance, campaign_id, author_kind, note FROM credit_entry AS entry
    JOIN account ON account.id = account_id AND account.name = $1 ORDER BY entry.id
"""
BALANCE = """
    SELECT balance FROM account_credit JOIN account ON id = account_id AND name = $1
"""
# Of messages that are charged: all but those that were rejected, failed or were cancelled.
CHARGED = """
    SELECT coalesce(sum(coalesce(p.segment_count, c.segment_count)), 0)
    FROM message m
    JOIN campaign_credit USING (campaign_id)
    JOIN campaign c ON c.id = m.campaign_id
    JOIN account a ON a.id = c.account_id AND a.name = $1
    LEFT JOIN personal_text p ON p.campaign_id = m.campaign_id AND p.position = m.position
    WHERE m.status NOT IN (6, 7, 8)
"""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries of an account, oldest first."""

    rows: list[asyncpg.Record]

    @property
    def told(self) -> list[tuple[str, int, int]]:
        """Each entry's kind, amount and the balance after it."""
        return [(row["kind"], row["amount"], row["balance"]) for row in self.rows]

    @property
    def total(self) -> int:
        return sum(row["amount"] for row in self.rows)


async def prepay(engine: AsyncEngine, account: str, credits_: int) -> None:
    """Make an account prepaid, with so many credits."""
    await change_sending(engine, account, SendingChanges(is_prepaid=True))
    if credits_:
        await add_credit(engine, account, credits_, note="", is_correction=False)


async def give(
    api: Api, account: str = "acme", *, credits_: int | None = None, daily_cap: str | None = None
) -> None:
    """Make an account prepaid, cap its day, or both."""
    engine = create_engine(api.database_url, application="test")
    if credits_ is not None:
        await prepay(engine, account, credits_)
    if daily_cap is not None:
        await change_sending(engine, account, SendingChanges(daily_cap=daily_cap))
    await engine.dispose()


async def ledger(database: asyncpg.Connection, account: str = "acme") -> Ledger:
    """Return an account's ledger, having proved that it holds together.

    Raises:
        AssertionError: It does not add up to the balance, or not to what messages cost.
    """
    async with database.transaction(isolation="repeatable_read"):
        rows = await database.fetch(LEDGER, account)
        balance = await database.fetchval(BALANCE, account)
        charged = await database.fetchval(CHARGED, account)
    so_far = 0
    for row in rows:
        so_far += row["amount"]
        assert row["balance"] == so_far >= 0
    assert so_far == (balance or 0)
    given = sum(row["amount"] for row in rows if row["kind"] in {"top-up", "correction"})
    assert balance is None or balance == given - charged
    return Ledger(list(rows))
