"""Where links may lead: lists of hosts, networks and paths, of accounts and of the platform."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
)

from shared.schema.metadata import METADATA

DESTINATION_LIST = Table(
    "destination_list",
    METADATA,
    Column("id", Integer, Identity(always=True), primary_key=True),
    # Null: the platform's, which counts for all accounts.
    Column("account_id", BigInteger, ForeignKey("account.id")),
    Column("kind", Text(collation="C"), nullable=False),
    # The path or URL that its rules are read from; empty: they are set one by one.
    Column("source", Text(collation="C"), nullable=False, server_default=""),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # Of a source: what its server told, when it was looked at, and what went wrong since its
    # rules were last read.
    Column("etag", Text),
    Column("last_modified", Text),
    Column("checked_at", DateTime(timezone=True)),
    Column("replaced_at", DateTime(timezone=True)),
    Column("rule_count", Integer, nullable=False, server_default="0"),
    Column("failure", Text),
    Column("failure_count", Integer, nullable=False, server_default="0"),
    UniqueConstraint("account_id", "kind", "source", postgresql_nulls_not_distinct=True),
    CheckConstraint("kind IN ('allow', 'block')", name="kind"),
    CheckConstraint("account_id IS NOT NULL OR kind = 'block'", name="account_id"),
)

# Of a million hosts, so no more than is looked up: see shared/domain/destination_rules.py.
DESTINATION_RULE = Table(
    "destination_rule",
    METADATA,
    Column("key", Text(collation="C"), nullable=False),
    Column("path", Text(collation="C"), nullable=False, server_default=""),
    Column(
        "list_id",
        Integer,
        ForeignKey("destination_list.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    PrimaryKeyConstraint("key", "path", "list_id"),
    CheckConstraint("octet_length(key) BETWEEN 1 AND 500", name="key"),
)
