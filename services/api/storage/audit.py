"""The audit trail: who changed what. The database lets nobody change or delete an entry."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.authors import Author
from services.api.storage.reports import Row, fetch

ADD_ENTRY = text("""
    INSERT INTO audit_entry (
        account_id, author_kind, author_name, key_prefix, address, action, subject, before, after
    )
    VALUES (
        :account_id, :author_kind, :author_name, :key_prefix, CAST(:address AS inet), :action,
        :subject, CAST(:before AS jsonb), CAST(:after AS jsonb)
    )
""")
# Walks audit_entry_account_id_subject_id_idx backwards.
LIST_ENTRIES = text("""
    SELECT id, occurred_at, author_kind, author_name, key_prefix, address, action, before, after
    FROM audit_entry
    WHERE account_id = :account_id AND subject = :subject AND id < :before_id
    ORDER BY id DESC LIMIT :row_limit
""")

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class AuditEntry:
    """One change.

    Attributes:
        action: What it is done to, and what, such as ``campaign.pause``.
        subject: The name of that; of a campaign, its uuid.
        before: What it changed, as that was, ready for JSON; None if it made something.
        after: The same as it is now; None if it is gone.
    """

    action: str
    subject: str
    before: Values | None
    after: Values | None


async def add_entry(
    connection: AsyncConnection, account_id: int | None, author: Author, entry: AuditEntry
) -> None:
    """Add an entry, to be committed with the change that it is about.

    Args:
        connection: Inside the transaction of that change.
        account_id: None for what is the platform's.
        author: Who makes the change.
        entry: What it is.
    """
    await connection.execute(
        ADD_ENTRY,
        {
            "account_id": account_id,
            "author_kind": author.kind.value,
            "author_name": author.name,
            "key_prefix": author.key_prefix,
            "address": None if author.address is None else str(author.address),
            "action": entry.action,
            "subject": entry.subject,
            "before": None if entry.before is None else json.dumps(entry.before),
            "after": None if entry.after is None else json.dumps(entry.after),
        },
    )


async def list_entries(
    connection: AsyncConnection, account_id: int, subject: str, *, before_id: int, row_limit: int
) -> list[Row]:
    """Return the entries about a subject that are older than one, newest first."""
    return await fetch(
        connection,
        LIST_ENTRIES,
        account_id=account_id,
        subject=subject,
        before_id=before_id,
        row_limit=row_limit,
    )
