"""What accounts may still send: balances, their ledger, and what was sent by day."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
)

from shared.schema.metadata import METADATA

# Beside the account, since sends lock it: requests read the account all the time. One credit is
# one segment.
ACCOUNT_CREDIT = Table(
    "account_credit",
    METADATA,
    Column("account_id", BigInteger, ForeignKey("account.id"), primary_key=True),
    # Null: post-paid. Never charged, never refused; so is an account without a row.
    Column("balance", BigInteger),
    # Most segments of one day; null: as many as it likes.
    Column("daily_cap", BigInteger),
    CheckConstraint("balance >= 0", name="balance"),
    CheckConstraint("daily_cap >= 0", name="daily_cap"),
    postgresql_with={"fillfactor": "50"},
)

# Segments that were accepted on a day of the account's time zone, while it had a cap.
DAILY_USE = Table(
    "daily_use",
    METADATA,
    Column("account_id", BigInteger, ForeignKey("account_credit.account_id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("segment_count", BigInteger, nullable=False),
    CheckConstraint("segment_count >= 0", name="segment_count"),
    PrimaryKeyConstraint("account_id", "day"),
    postgresql_with={"fillfactor": "50"},
)

# Of campaigns that were charged, and of no other.
CAMPAIGN_CREDIT = Table(
    "campaign_credit",
    METADATA,
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("account_credit.account_id"), nullable=False),
    Column("charged_segments", BigInteger, nullable=False),
    # Of messages that failed, were rejected or cancelled; and how many of them have been given
    # back, which outside a transaction is all.
    Column("refundable_segments", BigInteger, nullable=False, server_default="0"),
    Column("refunded_segments", BigInteger, nullable=False, server_default="0"),
)

# The database lets nobody change or delete an entry.
CREDIT_ENTRY = Table(
    "credit_entry",
    METADATA,
    # Given out under the lock on the balance: in the order in which balances followed.
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("account_credit.account_id"), nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("kind", Text(collation="C"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    # After it.
    Column("balance", BigInteger, nullable=False),
    Column("campaign_id", BigInteger),
    # Null of what no person did.
    Column("author_kind", Text(collation="C")),
    Column("author_name", Text),
    Column("note", Text, nullable=False, server_default=""),
    CheckConstraint("kind IN ('top-up', 'charge', 'refund', 'correction')", name="kind"),
    CheckConstraint(
        "CASE kind WHEN 'charge' THEN amount < 0 WHEN 'correction' THEN amount <> 0"
        " ELSE amount > 0 END",
        name="amount",
    ),
    CheckConstraint("balance >= 0", name="balance"),
    CheckConstraint(
        "(campaign_id IS NOT NULL) = (kind IN ('charge', 'refund'))", name="campaign_id"
    ),
    CheckConstraint(
        "num_nulls(author_kind, author_name) = CASE WHEN campaign_id IS NULL THEN 0 ELSE 2 END",
        name="author",
    ),
    CheckConstraint("char_length(note) <= 200", name="note"),
    Index(None, "account_id", "id"),
)
