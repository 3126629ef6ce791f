"""Where links may lead: the lists of an account, or of the platform (of no account)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.storage.reports import fetch
from shared.domain.destination_rules import Rule, StoredRule

# A descent of destination_rule_pkey for each key, however many rules there are.
FIND_RULES = text("""
    SELECT l.account_id, l.kind = 'allow', r.key, r.path
    FROM destination_rule r JOIN destination_list l ON l.id = r.list_id
    WHERE r.key = ANY(CAST(:keys AS text[]))
      AND (l.account_id = :account_id OR l.account_id IS NULL)
    UNION ALL
    SELECT l.account_id, true, NULL, NULL
    FROM destination_list l
    WHERE l.account_id = :account_id AND l.kind = 'allow'
      AND EXISTS (SELECT FROM destination_rule r WHERE r.list_id = l.id)
""")
# Nobody else changes the list until the transaction ends.
TAKE_LIST = text("""
    INSERT INTO destination_list (account_id, kind) VALUES (:account_id, :kind)
    ON CONFLICT (account_id, kind, source) DO UPDATE SET kind = excluded.kind
    RETURNING id
""")
# By destination_rule_list_id_idx.
LIST_RULES = text("""
    SELECT r.key, r.path
    FROM destination_list l JOIN destination_rule r ON r.list_id = l.id
    WHERE l.account_id IS NOT DISTINCT FROM :account_id AND l.kind = :kind AND l.source = ''
    ORDER BY r.key, r.path LIMIT :row_limit
""")
COUNT_RULES = text("SELECT count(*) FROM destination_rule WHERE list_id = :list_id")
ADD_RULES = text("""
    INSERT INTO destination_rule (list_id, key, path)
    SELECT :list_id, key, path
    FROM unnest(CAST(:keys AS text[]), CAST(:paths AS text[])) AS wanted (key, path)
    ON CONFLICT DO NOTHING RETURNING key, path
""")
REMOVE_RULES = text("""
    DELETE FROM destination_rule r
    USING unnest(CAST(:keys AS text[]), CAST(:paths AS text[])) AS unwanted (key, path)
    WHERE r.list_id = :list_id AND r.key = unwanted.key AND r.path = unwanted.path
    RETURNING r.key, r.path
""")
LIST_SOURCES = text("""
    SELECT source, rule_count, checked_at, replaced_at, failure, failure_count
    FROM destination_list WHERE account_id IS NULL AND source <> '' ORDER BY source
""")


@dataclass(frozen=True, slots=True)
class Source:
    """A file or URL of which the platform's block-list is made.

    Attributes:
        failure: What went wrong when it was last looked at; None if nothing.
        failure_count: How often something did since its rules were last read.
    """

    source: str
    rule_count: int
    checked_at: datetime | None
    replaced_at: datetime | None
    failure: str | None
    failure_count: int


async def find_rules(
    connection: AsyncConnection, account_id: int | None, keys: Collection[str]
) -> Sequence[StoredRule]:
    """Return the rules under some keys, of an account and the platform."""
    values = {"account_id": account_id, "keys": list(keys)}
    return [tuple(row) for row in await connection.execute(FIND_RULES, values)]


async def take_list(connection: AsyncConnection, account_id: int | None, kind: str) -> int:
    """Return the id of a list whose rules are set one by one, and lock it."""
    values = {"account_id": account_id, "kind": kind}
    return int((await connection.execute(TAKE_LIST, values)).scalar_one())


async def list_rules(
    connection: AsyncConnection, account_id: int | None, kind: str, *, row_limit: int
) -> tuple[Rule, ...]:
    """Return the rules of such a list, in their order."""
    rows = await fetch(
        connection, LIST_RULES, account_id=account_id, kind=kind, row_limit=row_limit
    )
    return tuple(Rule(row["key"], row["path"]) for row in rows)


async def count_rules(connection: AsyncConnection, list_id: int) -> int:
    """Count the rules of a list."""
    return int((await connection.execute(COUNT_RULES, {"list_id": list_id})).scalar_one())


async def add_rules(
    connection: AsyncConnection, list_id: int, rules: Sequence[Rule]
) -> list[Rule]:
    """Add rules to a list, and return those that it had not; redirectors are told."""
    rows = await fetch(connection, ADD_RULES, list_id=list_id, **_columns(rules))
    return sorted(Rule(row["key"], row["path"]) for row in rows)


async def remove_rules(
    connection: AsyncConnection, list_id: int, rules: Sequence[Rule]
) -> list[Rule]:
    """Remove rules from a list, and return those that it had; redirectors are told."""
    rows = await fetch(connection, REMOVE_RULES, list_id=list_id, **_columns(rules))
    return sorted(Rule(row["key"], row["path"]) for row in rows)


async def list_sources(connection: AsyncConnection) -> list[Source]:
    """Return what the platform's block-list is read from."""
    return [Source(**row) for row in await fetch(connection, LIST_SOURCES)]


def _columns(rules: Sequence[Rule]) -> dict[str, list[str]]:
    return {"keys": [rule.key for rule in rules], "paths": [rule.path for rule in rules]}
