"""The audit trail: who changed what. The database lets nobody change or delete an entry."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Insert, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.authors import Author
from services.api.storage.reports import Row, fetch
from shared.schema.audit import AUDIT_ENTRY

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


class TrailPart(StrEnum):
    """Which part of a trail is read, each by an index of its own."""

    ALL = "all"
    # Without sends.
    CHANGES = "changes"
    OF_SUBJECT = "of_subject"


# Walk audit_entry_account_id_occurred_at_id_idx and audit_entry_changes_idx backwards; the few of
# a subject are found by audit_entry_account_id_subject_id_idx. The text is of constants.
LIST_TRAIL = {
    part: text(
        f"""
        SELECT id, occurred_at, author_kind, author_name, key_prefix, address, action, subject,
            before, after
        FROM audit_entry
        WHERE account_id = :account_id AND {condition}
          AND (occurred_at, id) < (CAST(:before_at AS timestamptz), CAST(:before_id AS bigint))
          AND occurred_at >= CAST(:begin AS timestamptz)
          AND (CAST(:action AS text) IS NULL OR starts_with(action, :action))
          AND (:with_sends OR action <> 'campaign.send')
          AND (CAST(:author AS text) IS NULL OR author_name = :author OR key_prefix = :author)
        ORDER BY occurred_at DESC, id DESC LIMIT :row_limit
        """  # noqa: S608
    )
    for part, condition in {
        TrailPart.ALL: "true",
        TrailPart.CHANGES: "action <> 'campaign.send'",
        TrailPart.OF_SUBJECT: "subject = :subject",
    }.items()
}

Values = Mapping[str, Any]
# The subject of entries about the account itself.
OF_ACCOUNT = "account"
# By far the most entries; the index of the others leaves them out.
SEND_ACTION = "campaign.send"


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


@dataclass(frozen=True, slots=True)
class TrailSearch:
    """Which entries of a trail are wanted; None is any.

    Attributes:
        action: How their actions begin.
        author: A user's login, a key's name or prefix, or an operator's name.
        with_sends: Whether sends are wanted, too.
        begin: The first moment.
        end: The first moment that is no more wanted.
    """

    action: str | None = None
    subject: str | None = None
    author: str | None = None
    with_sends: bool = True
    begin: datetime | None = None
    end: datetime | None = None

    @property
    def part(self) -> TrailPart:
        """The part of the trail that all of them are in."""
        if self.subject is not None:
            return TrailPart.OF_SUBJECT
        begins = self.action or ""
        has_sends = self.with_sends and SEND_ACTION.startswith(begins[: len(SEND_ACTION)])
        return TrailPart.ALL if has_sends else TrailPart.CHANGES


@dataclass(frozen=True, slots=True)
class TrailPlace:
    """An entry by its place in a trail."""

    occurred_at: datetime
    id: int


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


def with_entry(statement: Insert, account_id: int, author: Author, entry: AuditEntry) -> Insert:
    """Return a statement that adds an entry, too, in the same round trip."""
    added = insert(AUDIT_ENTRY).values(
        account_id=account_id,
        author_kind=author.kind.value,
        author_name=author.name,
        key_prefix=author.key_prefix,
        address=None if author.address is None else str(author.address),
        action=entry.action,
        subject=entry.subject,
        before=entry.before,
        after=entry.after,
    )
    return statement.add_cte(added.cte("entry"))


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


async def list_trail(
    connection: AsyncConnection,
    account_id: int,
    search: TrailSearch,
    *,
    before: TrailPlace,
    row_limit: int,
) -> list[Row]:
    """Return entries of an account that are older than a place, newest first."""
    asked = asdict(search)
    names = ["begin", "action", "author", "with_sends"]
    if search.part is TrailPart.OF_SUBJECT:
        names.append("subject")
    return await fetch(
        connection,
        LIST_TRAIL[search.part],
        account_id=account_id,
        before_at=before.occurred_at,
        before_id=before.id,
        row_limit=row_limit,
        **{name: asked[name] for name in names},
    )
