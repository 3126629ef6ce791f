"""Counts of what should not rise, and alerts of what did."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    text,
)

from shared.domain.signals import Signal
from shared.schema.metadata import METADATA

SIGNALS = ", ".join(f"'{signal}'" for signal in Signal)

# Counted up again and again for a quarter of an hour, so half of a page is left free (HOT).
SIGNAL_COUNT = Table(
    "signal_count",
    METADATA,
    # 0: of nobody that could be named.
    Column("account_id", BigInteger, nullable=False),
    Column("signal", Text(collation="C"), nullable=False),
    # The start of a quarter of an hour.
    Column("quarter", DateTime(timezone=True), nullable=False),
    Column("signal_count", Integer, nullable=False),
    # Out of how many: of complaints, the messages that were settled; else 0.
    Column("out_of", Integer, nullable=False, server_default="0"),
    CheckConstraint(f"signal IN ({SIGNALS})", name="signal"),
    CheckConstraint("signal_count >= 0 AND out_of >= 0", name="counts"),
    PrimaryKeyConstraint("account_id", "signal", "quarter"),
    Index(None, "quarter"),
    postgresql_with={"fillfactor": 50},
)

ALERT = Table(
    "alert",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    # 0: of nobody that could be named.
    Column("account_id", BigInteger, nullable=False),
    Column("signal", Text(collation="C"), nullable=False),
    Column("began_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("ended_at", DateTime(timezone=True)),
    # In the hour in which it began.
    Column("signal_count", Integer, nullable=False),
    Column("out_of", Integer, nullable=False),
    # What was usual before, what is too much, and the most that it came to: of complaints a
    # share of the messages, else a number an hour.
    Column("usual_rate", Float, nullable=False),
    Column("limit_rate", Float, nullable=False),
    Column("peak_rate", Float, nullable=False),
    CheckConstraint(f"signal IN ({SIGNALS})", name="signal"),
    Index(None, "account_id", "id"),
    Index(
        "alert_open_idx",
        "account_id",
        "signal",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
)
