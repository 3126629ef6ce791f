"""Numbers that are to be erased, and how far that has come."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from shared.schema.metadata import METADATA

ERASURE = Table(
    "erasure",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("account_id", BigInteger, ForeignKey("account.id"), nullable=False),
    # Null once it is erased, and in the masked form alone from then on.
    Column("msisdn", BigInteger),
    Column("masked", Text, nullable=False),
    Column("keeps_opt_out", Boolean, nullable=False),
    # What is gone through now, and what of it is behind: an id, a row of that, or a key.
    Column("step", Text, nullable=False, server_default="messages"),
    Column("place", BigInteger, nullable=False, server_default="0"),
    Column("row_place", Integer, nullable=False, server_default="0"),
    Column("key_place", Text(collation="C"), nullable=False, server_default=""),
    # What carriers call its messages, by which their reports are found; empty once it is done.
    Column("carrier_message_ids", ARRAY(Text), nullable=False, server_default="{}"),
    Column("message_count", Integer, nullable=False, server_default="0"),
    Column("requested_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # When a worker is to go on with it; null once it is done.
    Column("due_at", DateTime(timezone=True), server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    CheckConstraint(
        "num_nulls(msisdn, due_at) IN (0, 2) AND (finished_at IS NULL) = (msisdn IS NOT NULL)",
        name="finished_at",
    ),
    Index(None, "account_id", "id"),
    Index(
        "erasure_under_way_idx",
        "account_id",
        "msisdn",
        unique=True,
        postgresql_where=text("msisdn IS NOT NULL"),
    ),
    Index("erasure_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
