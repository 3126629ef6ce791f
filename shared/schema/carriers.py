"""What the sandbox carrier was given, so that a newcomer can look at it, and raw reports."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)

from shared.schema.metadata import METADATA

SANDBOX_MESSAGE = Table(
    "sandbox_message",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("carrier_message_id", Text(collation="C"), nullable=False, unique=True),
    # Whose message it is: the sandbox shows an account its own only.
    Column("account_id", BigInteger, nullable=False),
    Column("sender_id", Text, nullable=False),
    Column("msisdn", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("segment_count", SmallInteger, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("receipt_state", Text, nullable=False),
    Column("receipt_due_at", DateTime(timezone=True), nullable=False),
    Column("receipt_sent_at", DateTime(timezone=True)),
    Index(None, "account_id", "id"),
    Index(None, "account_id", "msisdn"),
    Index(None, "receipt_due_at", postgresql_where=text("receipt_sent_at IS NULL")),
    Index(None, "receipt_sent_at", postgresql_where=text("receipt_sent_at IS NOT NULL")),
)

DELIVERY_REPORT = Table(
    "delivery_report",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("carrier", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("attempt_count", Integer, nullable=False, server_default="0"),
    # Null until a message is found for it, or it is given up with a reason.
    Column("settled_at", DateTime(timezone=True)),
    Column("outcome", Text),
    Index(None, "settled_at", postgresql_where=text("settled_at IS NOT NULL")),
)
