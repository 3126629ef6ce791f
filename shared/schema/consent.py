"""Numbers that want nothing more of an account, and the account's lists of contacts."""

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
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.schema.metadata import METADATA

# No foreign key to the account: it would be checked for each of a million rows of an import.
SUPPRESSION = Table(
    "suppression",
    METADATA,
    Column("account_id", BigInteger, nullable=False),
    Column("msisdn", BigInteger, nullable=False),
    # How it became known, and by whom it was noted.
    Column("source", Text(collation="C"), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("author_kind", Text(collation="C"), nullable=False),
    Column("author_name", Text, nullable=False, server_default=""),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("source IN ('api', 'file', 'console', 'reply')", name="source"),
    CheckConstraint("char_length(note) <= 500", name="note"),
    CheckConstraint("author_kind IN ('user', 'key', 'cli')", name="author_kind"),
    PrimaryKeyConstraint("account_id", "msisdn"),
)

CONTACT_GROUP = Table(
    "contact_group",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("account_id", BigInteger, ForeignKey("account.id"), nullable=False),
    Column("name", Text, nullable=False),
    # The name as it is compared, without case.
    Column("folded_name", Text(collation="C"), nullable=False),
    # Names of all columns that its contacts have, in the order in which they came.
    Column("columns", ARRAY(Text), nullable=False, server_default="{}"),
    Column("contact_count", Integer, nullable=False, server_default="0"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name"),
    CheckConstraint("cardinality(columns) <= 50", name="columns"),
    CheckConstraint("contact_count >= 0", name="contact_count"),
    UniqueConstraint("account_id", "folded_name"),
    Index(None, "account_id", "id"),
)

# No foreign key, as in upload_row. Whoever deletes a group deletes its contacts in the same
# transaction.
CONTACT = Table(
    "contact",
    METADATA,
    Column("group_id", BigInteger, nullable=False),
    Column("msisdn", BigInteger, nullable=False),
    # What fills placeholders, by the column's name as the group has it; blank ones are left out.
    Column("columns", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    CheckConstraint(
        "jsonb_typeof(columns) = 'object' AND octet_length(CAST(columns AS text)) <= 400000",
        name="columns",
    ),
    PrimaryKeyConstraint("group_id", "msisdn"),
)
