"""What is told live: batches of events, webhooks, and what was delivered to them."""

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
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.domain.events import EventKind, EventSource
from shared.schema.metadata import METADATA

SOURCES = ", ".join(f"'{source}'" for source in EventSource)
KINDS = ", ".join(f"'{kind}'" for kind in EventKind)

# Numbered by campaign_clicks.event_batch_count and campaign_delivery.event_batch_count. The
# transaction that tells has that row locked until it is committed, so that a campaign's batches
# become visible in the order of their numbers.
EVENT_BATCH = Table(
    "event_batch",
    METADATA,
    Column("campaign_id", BigInteger, nullable=False),
    Column("source", Text(collation="C"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("kind", Text(collation="C"), nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # Of clicks journal offsets, of messages positions.
    Column("places", ARRAY(BigInteger), nullable=False),
    Column("journal_id", BigInteger),
    Column("first_at", DateTime(timezone=True)),
    Column("last_at", DateTime(timezone=True)),
    # Whether webhooks are still to be told.
    Column("is_due", Boolean, nullable=False),
    CheckConstraint(f"source IN ({SOURCES})", name="source"),
    CheckConstraint(f"kind IN ({KINDS})", name="kind"),
    CheckConstraint("num_nulls(journal_id, first_at, last_at) IN (0, 3)", name="clicks"),
    PrimaryKeyConstraint("campaign_id", "source", "number"),
    Index(None, "account_id", "created_at"),
    Index("event_batch_due_idx", "created_at", postgresql_where=text("is_due")),
)

WEBHOOK = Table(
    "webhook",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("account_id", BigInteger, ForeignKey("account.id"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("is_enabled", Boolean, nullable=False, server_default="true"),
    # Why it was disabled, if not by its owner.
    Column("disabled_reason", Text),
    # Sealed (shared/storage/sealed.py), but for those that were stored before there were keys.
    Column("secret", LargeBinary, nullable=False),
    # What deliveries are signed with besides, for a time after the secret was changed.
    Column("previous_secret", LargeBinary),
    Column("previous_until", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # The failures since it last took something.
    Column("failing_since", DateTime(timezone=True)),
    Column("failure_count", Integer, nullable=False, server_default="0"),
    Column("paused_until", DateTime(timezone=True)),
    # The job that delivers to it; only the one with this number may, so there is one at most.
    Column("job_number", BigInteger, nullable=False, server_default="0"),
    Column("job_at", DateTime(timezone=True)),
    CheckConstraint("octet_length(secret) BETWEEN 24 AND 512", name="secret"),
    CheckConstraint("num_nulls(previous_secret, previous_until) IN (0, 2)", name="previous"),
)

WEBHOOK_DELIVERY = Table(
    "webhook_delivery",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("uuid", Uuid, nullable=False),
    Column("webhook_id", BigInteger, ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text(collation="C"), nullable=False),
    # [campaign_id, source, number] of each batch; what is sent is read when it is sent.
    Column("batches", JSONB, nullable=False),
    Column("event_count", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("status", Text(collation="C"), nullable=False, server_default="pending"),
    # When it is next to be tried; null once it is not any more.
    Column("due_at", DateTime(timezone=True), server_default=func.now()),
    Column("attempt_count", SmallInteger, nullable=False, server_default="0"),
    Column("attempted_at", DateTime(timezone=True)),
    Column("response_status", SmallInteger),
    Column("cause", Text),
    Column("duration_ms", Integer),
    CheckConstraint("status IN ('pending', 'delivered', 'given_up')", name="status"),
    CheckConstraint("(due_at IS NOT NULL) = (status = 'pending')", name="due_at"),
    Index(None, "webhook_id", "id"),
    Index(
        "webhook_delivery_due_idx",
        "webhook_id",
        "due_at",
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index(None, "created_at"),
)
