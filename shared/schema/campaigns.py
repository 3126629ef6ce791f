"""What is sent: campaigns, their messages and delivery totals, and replayable answers."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from shared.schema.metadata import METADATA

# A campaign's id carries the month of its making in its high bits (see the first migration's
# next_campaign_id()), so the partitions of whatever leads its key with campaign_id are months.
CAMPAIGN = Table(
    "campaign",
    METADATA,
    Column("id", BigInteger, primary_key=True, server_default=text("next_campaign_id()")),
    Column("uuid", Uuid, nullable=False, unique=True),
    # At most 19 digits and random: what old clients keep, and no count of others' campaigns.
    Column("transaction_id", BigInteger, nullable=False, unique=True),
    Column("account_id", BigInteger, ForeignKey("account.id"), nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("sender_id", Text, nullable=False, server_default=""),
    Column("carrier", Text, nullable=False),
    # The text up to the tracked link and behind it; without a link body_after is null. Where the
    # texts are personal, what they were made of, and their own parts are in personal_text.
    Column("body_before", Text, nullable=False),
    Column("body_after", Text),
    Column("destination", Text),
    Column("link_prefix", Text),
    Column("token_length", SmallInteger),
    Column("first_link", BigInteger),
    Column("message_count", Integer, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("segment_count", SmallInteger, nullable=False),
    Column("is_flash", Boolean, nullable=False, server_default="false"),
    Column("dlt_entity_id", Text),
    Column("dlt_template_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("is_personal", Boolean, nullable=False, server_default="false"),
    # Null: segment_count for each of message_count; personal texts have their own counts.
    Column("segment_total", BigInteger),
    Column("segment_price", Numeric(12, 6)),
    Column("currency", Text),
    # When it is to go out; null: at once. And what it is under orders to do.
    Column("scheduled_at", DateTime(timezone=True)),
    Column("control", Text, nullable=False, server_default="running"),
    # Marketing goes to nobody who opted out.
    Column("category", Text, nullable=False, server_default="marketing"),
    # When its texts were let go of, its own and its messages'; null: they are kept.
    Column("text_let_go_at", DateTime(timezone=True)),
    CheckConstraint("message_count > 0", name="message_count"),
    CheckConstraint(
        "num_nulls(link_prefix, token_length, first_link) IN (0, 3)"
        " AND (is_personal OR num_nulls(body_after, destination, first_link) IN (0, 3))",
        name="link",
    ),
    CheckConstraint("segment_total IS NOT NULL OR NOT is_personal", name="segment_total"),
    CheckConstraint(
        "control IN ('scheduled', 'running', 'paused', 'cancelled', 'external')", name="control"
    ),
    CheckConstraint("scheduled_at IS NOT NULL OR control <> 'scheduled'", name="scheduled_at"),
    CheckConstraint("category IN ('marketing', 'transactional')", name="category"),
    Index(None, "account_id", "id"),
    Index(
        "campaign_text_kept_idx",
        "account_id",
        "id",
        postgresql_where=text("text_let_go_at IS NULL"),
    ),
    # How a worker finds what is due, and an account what it has scheduled.
    Index(None, "scheduled_at", postgresql_where=text("control = 'scheduled'")),
    Index(None, "account_id", "scheduled_at", postgresql_where=text("control = 'scheduled'")),
)

MESSAGE = Table(
    "message",
    METADATA,
    Column("campaign_id", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    # 0 once it is erased (shared/domain/erasing.py).
    Column("msisdn", BigInteger, nullable=False),
    Column("status", SmallInteger, nullable=False, server_default="0"),
    Column("attempt_count", SmallInteger, nullable=False, server_default="0"),
    Column("submitted_at", DateTime(timezone=True)),
    Column("settled_at", DateTime(timezone=True)),
    Column("carrier_message_id", Text(collation="C")),
    Column("failure_cause", Text),
    # When a worker first took it to hand it over; and how long it is, while it is submitting,
    # the last one's alone.
    Column("first_claimed_at", DateTime(timezone=True)),
    Column("claimed_until", DateTime(timezone=True)),
    PrimaryKeyConstraint("campaign_id", "position"),
    Index(None, "msisdn", "campaign_id"),
    # How a delivery report finds its message.
    Index(
        None,
        "carrier_message_id",
        postgresql_where=text("carrier_message_id IS NOT NULL"),
    ),
    postgresql_partition_by="RANGE (campaign_id)",
)

PERSONAL_TEXT = Table(
    "personal_text",
    METADATA,
    Column("campaign_id", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("body_before", Text, nullable=False),
    Column("body_after", Text),
    Column("destination", Text),
    # As in link_block, of which the block then has none.
    Column("location", Text),
    Column("encoding", Text, nullable=False),
    Column("segment_count", SmallInteger, nullable=False),
    CheckConstraint("location ~ '^https?://[!-~]+$'", name="location"),
    CheckConstraint("num_nulls(body_after, destination, location) IN (0, 3)", name="link"),
    PrimaryKeyConstraint("campaign_id", "position"),
    postgresql_partition_by="RANGE (campaign_id)",
)

CAMPAIGN_DELIVERY = Table(
    "campaign_delivery",
    METADATA,
    Column("campaign_id", BigInteger, primary_key=True),
    # How many messages stand at each status now; indexed by the status's number.
    Column("queued", Integer, nullable=False, server_default="0"),
    Column("submitting", Integer, nullable=False, server_default="0"),
    Column("submitted", Integer, nullable=False, server_default="0"),
    Column("delivered", Integer, nullable=False, server_default="0"),
    Column("undelivered", Integer, nullable=False, server_default="0"),
    Column("expired", Integer, nullable=False, server_default="0"),
    Column("rejected", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("cancelled", Integer, nullable=False, server_default="0"),
    Column("external", Integer, nullable=False, server_default="0"),
    # Batches of events that workers have told of, which numbers the next.
    Column("event_batch_count", BigInteger, nullable=False, server_default="0"),
    # Of the messages that are cancelled, which cost nothing.
    Column("cancelled_segments", BigInteger, nullable=False, server_default="0"),
)

# Messages that did not arrive, by how and why.
CAMPAIGN_FAILURE = Table(
    "campaign_failure",
    METADATA,
    Column("campaign_id", BigInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    # What the carrier said, cut; empty if it said nothing.
    Column("cause", Text(collation="C"), nullable=False),
    Column("message_count", Integer, nullable=False),
    CheckConstraint("char_length(cause) <= 100", name="cause"),
    PrimaryKeyConstraint("campaign_id", "status", "cause"),
)

IDEMPOTENCY_KEY = Table(
    "idempotency_key",
    METADATA,
    Column("account_id", BigInteger, nullable=False),
    Column("key", Text(collation="C"), nullable=False),
    Column("payload_sha256", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("account_id", "key"),
    Index(None, "created_at"),
)
