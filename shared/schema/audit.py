"""Who changed what: entries that the database lets nobody change or delete."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import INET, JSONB

from shared.schema.metadata import METADATA

AUDIT_ENTRY = Table(
    "audit_entry",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    # Null: the platform's own, such as its list of destinations.
    Column("account_id", BigInteger, ForeignKey("account.id")),
    Column("occurred_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("author_kind", Text(collation="C"), nullable=False),
    # A user's login or a key's name; empty of the command line.
    Column("author_name", Text, nullable=False),
    Column("key_prefix", Text(collation="C")),
    Column("address", INET),
    # Such as campaign.pause: what it is done to, and what.
    Column("action", Text(collation="C"), nullable=False),
    # The name of that: of a campaign, its uuid.
    Column("subject", Text(collation="C"), nullable=False),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    CheckConstraint("author_kind IN ('user', 'key', 'cli')", name="author_kind"),
    CheckConstraint("(key_prefix IS NOT NULL) = (author_kind = 'key')", name="key_prefix"),
    Index(None, "account_id", "subject", "id"),
)
