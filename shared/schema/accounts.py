"""Who sends: accounts, their users, API keys and sender IDs."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import CIDR, INET

from shared.schema.metadata import METADATA

ACCOUNT = Table(
    "account",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("default_region", Text, nullable=False, server_default="IN"),
    Column("time_zone", Text, nullable=False, server_default="Asia/Kolkata"),
    Column("carrier", Text, nullable=False, server_default="sandbox"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("link_shape", Text, nullable=False, server_default="token"),
    Column("smart_encoding", Boolean, nullable=False, server_default="false"),
    Column("accepts_landlines", Boolean, nullable=False, server_default="false"),
    Column("accepts_short_codes", Boolean, nullable=False, server_default="false"),
    # Null: no price is agreed, and no cost is shown.
    Column("segment_price", Numeric(12, 6)),
    Column("currency", Text, nullable=False, server_default="INR"),
    # Where links lead that are paused or have expired. Null: to a page that says so.
    Column("gone_location", Text),
    # Null: for ever.
    Column("clicks_kept_months", Integer),
    Column("addresses_kept_days", Integer),
    # Where it may be called from; empty: from everywhere.
    Column("ip_allow_list", ARRAY(CIDR), nullable=False, server_default="{}"),
    # Null: as the settings have it. 0: no limit.
    Column("calls_per_minute", Integer),
    Column("sends_per_minute", Integer),
    CheckConstraint("default_region ~ '^[A-Z]{2}$'", name="default_region"),
    CheckConstraint("link_shape IN ('token', 'header')", name="link_shape"),
    CheckConstraint("segment_price >= 0", name="segment_price"),
    CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    CheckConstraint("gone_location ~ '^https?://[!-~]+$'", name="gone_location"),
    CheckConstraint("clicks_kept_months BETWEEN 1 AND 1200", name="clicks_kept_months"),
    CheckConstraint("addresses_kept_days BETWEEN 0 AND 36500", name="addresses_kept_days"),
    CheckConstraint("cardinality(ip_allow_list) <= 200", name="ip_allow_list"),
    CheckConstraint("calls_per_minute BETWEEN 0 AND 1000000", name="calls_per_minute"),
    CheckConstraint("sends_per_minute BETWEEN 0 AND 1000000", name="sends_per_minute"),
)

# "user" is a reserved word of SQL.
ACCOUNT_USER = Table(
    "account_user",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("account.id"), nullable=False, index=True),
    # What old clients send as userId; unique over all accounts, since it is all that names one.
    Column("login", Text(collation="C"), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False, server_default="owner"),
    Column("is_disabled", Boolean, nullable=False, server_default="false"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("role IN ('owner', 'sender', 'analyst', 'read-only')", name="role"),
)

API_KEY = Table(
    "api_key",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("account.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    # The part that may be shown and finds the row; the secret is kept as its SHA-256 only.
    Column("prefix", Text(collation="C"), nullable=False, unique=True),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    # Noted once a minute, behind the requests; what a killed process had not noted is lost.
    Column("last_used_at", DateTime(timezone=True)),
    Column("last_used_address", INET),
    # Of a key that was rotated: the prefix of the key that took its place.
    Column("replaced_by", Text(collation="C"), ForeignKey("api_key.prefix")),
    # Where it may be used from, besides what the account says; empty: from everywhere.
    Column("ip_allow_list", ARRAY(CIDR), nullable=False, server_default="{}"),
    # Besides what the account has. Null: as the settings have it. 0: no limit.
    Column("calls_per_minute", Integer),
    Column("sends_per_minute", Integer),
    CheckConstraint("octet_length(secret_sha256) = 32", name="secret_sha256"),
    CheckConstraint("cardinality(ip_allow_list) <= 200", name="ip_allow_list"),
    CheckConstraint("calls_per_minute BETWEEN 0 AND 1000000", name="calls_per_minute"),
    CheckConstraint("sends_per_minute BETWEEN 0 AND 1000000", name="sends_per_minute"),
)

SENDER_ID = Table(
    "sender_id",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("account.id"), nullable=False),
    Column("header", Text(collation="C"), nullable=False),
    Column("dlt_entity_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # Null: as the account has it.
    Column("link_shape", Text),
    # Short domains that are registered with the operators together with this header (DLT).
    Column("link_domains", ARRAY(Text), nullable=False, server_default="{}"),
    UniqueConstraint("account_id", "header"),
    CheckConstraint("link_shape IN ('token', 'header')", name="link_shape"),
)
