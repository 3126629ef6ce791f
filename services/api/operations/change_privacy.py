"""Say how much an account keeps of visitors and texts, and for how long."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.authors import Author
from services.api.domain.privacy_rules import PrivacyRules
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.privacy import find_rules, look_at_addresses_again, set_rules
from shared.domain.address_policies import AddressPolicy

OF_ACCOUNT = "account"
PAGE_CAMPAIGNS = 1_000


@dataclass(frozen=True, slots=True)
class PrivacyOrders:
    """Reads and changes what an account keeps.

    Attributes:
        author: Who does.
    """

    engine: AsyncEngine
    account_id: int
    author: Author

    async def read(self) -> PrivacyRules:
        """Return what holds now."""
        async with self.engine.connect() as connection:
            return await find_rules(connection, self.account_id)

    async def change(self, changes: dict[str, Any]) -> PrivacyRules:
        """Change rules by their names, checked; return them all.

        What was stored before goes with the next upkeep, within the hour.
        """
        async with self.engine.begin() as connection:
            before = await find_rules(connection, self.account_id, is_locked=True)
            rules = replace(before, **changes)
            if rules != before:
                await set_rules(connection, self.account_id, rules)
                entry = AuditEntry("account.privacy", OF_ACCOUNT, asdict(before), asdict(rules))
                await add_entry(connection, self.account_id, self.author, entry)
        # Whoever says it again has what an earlier call may have left.
        if changes.get("addresses") == AddressPolicy.NONE:
            await self._look_again()
        return rules

    async def _look_again(self) -> None:
        # A transaction for each page, since recorders wait for what is locked.
        after: int | None = 0
        while after is not None:
            async with self.engine.begin() as connection:
                after = await look_at_addresses_again(
                    connection, self.account_id, after=after, row_limit=PAGE_CAMPAIGNS
                )
