"""What a token decrypts to: the domains of each length, and the blocks handed out of them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)

from shared.schema.metadata import METADATA

TOKEN_DOMAIN = Table(
    "token_domain",
    METADATA,
    Column("length", SmallInteger, primary_key=True, autoincrement=False),
    # Sealed (shared/storage/sealed.py), but for those from before there were keys.
    Column("key", LargeBinary, nullable=False),
    # The first link number not handed out yet; never above the ceiling.
    Column("next", BigInteger, nullable=False, server_default="0"),
    Column("ceiling", BigInteger, nullable=False),
    CheckConstraint("length BETWEEN 6 AND 8", name="length"),
    CheckConstraint("octet_length(key) BETWEEN 32 AND 512", name="key"),
    CheckConstraint("next BETWEEN 0 AND ceiling", name="next"),
)

LINK_BLOCK = Table(
    "link_block",
    METADATA,
    Column("token_length", SmallInteger, nullable=False),
    Column("first_link", BigInteger, nullable=False),
    Column("link_count", Integer, nullable=False),
    Column("campaign_id", BigInteger, nullable=False, unique=True),
    # What goes into the Location header as it stands: ASCII, absolute, http or https. Null: each
    # message has a location of its own, in personal_text.
    Column("location", Text),
    # From then on, and while it is paused, a link answers 410. Null: it never ends.
    Column("expires_at", DateTime(timezone=True)),
    Column("is_paused", Boolean, nullable=False, server_default="false"),
    # What becomes of the query that a visitor comes with.
    Column("query_mode", Text, nullable=False, server_default="off"),
    PrimaryKeyConstraint("token_length", "first_link"),
    CheckConstraint("link_count > 0", name="link_count"),
    CheckConstraint("location ~ '^https?://[!-~]+$'", name="location"),
    CheckConstraint("query_mode IN ('off', 'add', 'override')", name="query_mode"),
)
