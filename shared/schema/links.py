"""What a token decrypts to: the domains of each length, and the blocks handed out of them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
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
    Column("key", LargeBinary, nullable=False),
    # The first link number not handed out yet; never above the ceiling.
    Column("next", BigInteger, nullable=False, server_default="0"),
    Column("ceiling", BigInteger, nullable=False),
    CheckConstraint("length BETWEEN 6 AND 8", name="length"),
    CheckConstraint("octet_length(key) = 32", name="key"),
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
    PrimaryKeyConstraint("token_length", "first_link"),
    CheckConstraint("link_count > 0", name="link_count"),
    CheckConstraint("location ~ '^https?://[!-~]+$'", name="location"),
)
