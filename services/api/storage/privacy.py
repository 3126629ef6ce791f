"""How much an account keeps of visitors and texts."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.privacy_rules import PrivacyRules
from shared.domain.address_policies import AddressPolicy

LOCK_RULES = text("""
    SELECT address_policy, addresses_kept_days, clicks_kept_months, texts_kept_days
    FROM account WHERE id = :account_id FOR NO KEY UPDATE
""")
FIND_RULES = text("""
    SELECT address_policy, addresses_kept_days, clicks_kept_months, texts_kept_days
    FROM account WHERE id = :account_id
""")
SET_RULES = text("""
    UPDATE account SET
        address_policy = :address_policy, addresses_kept_days = :addresses_kept_days,
        clicks_kept_months = :clicks_kept_months, texts_kept_days = :texts_kept_days
    WHERE id = :account_id
""")
# Walks campaign_account_id_id_idx.
NEXT_CAMPAIGNS = text("""
    SELECT id FROM campaign WHERE account_id = :account_id AND id > :after
    ORDER BY id LIMIT :row_limit
""")
# By campaign_clicks_pkey, in the order in which recorders lock them.
LOOK_AGAIN = text("""
    WITH found AS MATERIALIZED (
        SELECT campaign_id FROM campaign_clicks
        WHERE campaign_id = ANY(CAST(:campaign_ids AS bigint[])) AND hit_count > 0
        ORDER BY campaign_id FOR UPDATE
    )
    UPDATE campaign_clicks SET whole_addresses_from = '-infinity'
    FROM found WHERE campaign_clicks.campaign_id = found.campaign_id
    AND campaign_clicks.campaign_id = ANY(CAST(:campaign_ids AS bigint[]))
""")


async def find_rules(
    connection: AsyncConnection, account_id: int, *, is_locked: bool = False
) -> PrivacyRules:
    """Return the rules of an account; locked, they change no more in this transaction."""
    statement = LOCK_RULES if is_locked else FIND_RULES
    row = (await connection.execute(statement, {"account_id": account_id})).one()
    policy, *rest = row
    return PrivacyRules(AddressPolicy(policy), *rest)


async def set_rules(connection: AsyncConnection, account_id: int, rules: PrivacyRules) -> None:
    """Set the rules of an account."""
    await connection.execute(
        SET_RULES,
        {
            "account_id": account_id,
            "address_policy": rules.addresses.value,
            "addresses_kept_days": rules.addresses_kept_days,
            "clicks_kept_months": rules.clicks_kept_months,
            "texts_kept_days": rules.texts_kept_days,
        },
    )


async def look_at_addresses_again(
    connection: AsyncConnection, account_id: int, *, after: int, row_limit: int
) -> int | None:
    """Have upkeep look at the addresses of an account's next campaigns, truncated ones as well.

    Returns:
        The last one's id; None if there was none.
    """
    values = {"account_id": account_id, "after": after, "row_limit": row_limit}
    found = (await connection.execute(NEXT_CAMPAIGNS, values)).scalars().all()
    if found:
        await connection.execute(LOOK_AGAIN, {"campaign_ids": found})
    return found[-1] if found else None
