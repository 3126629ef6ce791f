"""Files of recipients: what was uploaded, how far it is read, and its rows."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from shared.schema.metadata import METADATA

UPLOAD = Table(
    "upload",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("account_id", BigInteger, ForeignKey("account.id"), nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("status", Text, nullable=False, server_default="waiting"),
    Column("octet_count", BigInteger, nullable=False),
    Column("octets_read", BigInteger, nullable=False, server_default="0"),
    Column("row_count", Integer, nullable=False, server_default="0"),
    Column("valid_count", Integer, nullable=False, server_default="0"),
    Column("rejected_count", Integer, nullable=False, server_default="0"),
    # Known once all rows are.
    Column("duplicate_count", Integer),
    Column("columns", ARRAY(Text), nullable=False, server_default="{}"),
    # Places among the columns, from 0.
    Column("mobile_column", SmallInteger),
    Column("message_column", SmallInteger),
    Column("warnings", ARRAY(Text), nullable=False, server_default="{}"),
    Column("error_code", Text),
    Column("error", Text),
    Column("error_row", Integer),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # When the process that reads it, or lets it wait, last said that it lives.
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("status IN ('waiting', 'reading', 'ready', 'failed')", name="status"),
    CheckConstraint(
        "(status = 'failed') = (error_code IS NOT NULL AND error IS NOT NULL)", name="error"
    ),
    Index(None, "account_id", "id"),
)

# No foreign key: it would be checked for each row of a COPY. Whoever deletes an upload deletes
# its rows in the same transaction.
UPLOAD_ROW = Table(
    "upload_row",
    METADATA,
    Column("upload_id", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    # As a spreadsheet counts.
    Column("row_number", Integer, nullable=False),
    Column("mobile", Text, nullable=False),
    Column("msisdn", BigInteger),
    Column("rejection", Text),
    Column("cells", ARRAY(Text), nullable=False),
    CheckConstraint("num_nulls(msisdn, rejection) = 1", name="rejection"),
    PrimaryKeyConstraint("upload_id", "position"),
    Index(
        "upload_row_rejected_idx",
        "upload_id",
        "position",
        postgresql_where=text("rejection IS NOT NULL"),
    ),
)
