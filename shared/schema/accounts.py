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
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import CIDR, INET

from shared.domain.carriers import SANDBOX
from shared.schema.metadata import METADATA

ACCOUNT = Table(
    "account",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("default_region", Text, nullable=False, server_default="IN"),
    Column("time_zone", Text, nullable=False, server_default="Asia/Kolkata"),
    Column("carrier", Text, nullable=False, server_default=SANDBOX),
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
    # How much of visitors' addresses is stored.
    Column("address_policy", Text, nullable=False, server_default="full"),
    # Null: for ever.
    Column("texts_kept_days", Integer),
    # Whether userId and password are taken on calls, as old clients send them.
    Column("password_calls", Boolean, nullable=False, server_default="true"),
    # Whether users of the console can do nothing before they have a second factor.
    Column("demands_second_factor", Boolean, nullable=False, server_default="false"),
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
    CheckConstraint("address_policy IN ('full', 'truncated', 'none')", name="address_policy"),
    CheckConstraint("texts_kept_days BETWEEN 1 AND 36500", name="texts_kept_days"),
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
    Column("uuid", Uuid, nullable=False, unique=True, server_default=func.gen_random_uuid()),
    # Of the API: userId and password on calls. Of the console: signs in to sessions. Never both.
    Column("kind", Text, nullable=False, server_default="api"),
    Column("password_set_at", DateTime(timezone=True)),
    Column("signed_in_at", DateTime(timezone=True)),
    # Of a second factor (RFC 6238): the shared secret, sealed, and the step of the last code that
    # was taken, since none counts twice. Until it is confirmed, nobody is asked for it.
    Column("factor_seed", LargeBinary),
    Column("factor_confirmed_at", DateTime(timezone=True)),
    Column("factor_last_step", BigInteger),
    # The SHA-256 of those that are left.
    Column("recovery_codes", ARRAY(LargeBinary), nullable=False, server_default="{}"),
    CheckConstraint("role IN ('owner', 'sender', 'analyst', 'read-only')", name="role"),
    CheckConstraint("kind IN ('api', 'console')", name="kind"),
    CheckConstraint(
        "factor_confirmed_at IS NULL OR factor_seed IS NOT NULL", name="factor_confirmed_at"
    ),
    CheckConstraint("cardinality(recovery_codes) <= 10", name="recovery_codes"),
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
    Index(None, "header"),
    CheckConstraint("link_shape IN ('token', 'header')", name="link_shape"),
)
