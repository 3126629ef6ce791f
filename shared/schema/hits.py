"""Who followed a link: raw hits, what the recorder counted of them, and how far it read."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import INET

from shared.domain.traits import MAX_VALUE_CHARACTERS, Trait
from shared.schema.metadata import METADATA

TRAITS = ", ".join(f"'{trait}'" for trait in Trait)

HIT = Table(
    "hit",
    METADATA,
    Column("campaign_id", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    # Where the hit stands in the journals, which makes it the one hit that it is.
    Column("journal_id", BigInteger, nullable=False),
    Column("journal_offset", BigInteger, nullable=False),
    Column("click_class", Text, nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("score", SmallInteger, nullable=False),
    Column("address", INET),
    Column("country", Text),
    Column("region", Text),
    Column("city", Text),
    # A number has up to 32 bits, without a sign.
    Column("asn", BigInteger),
    Column("as_organisation", Text),
    Column("browser", Text),
    Column("browser_version", Text),
    Column("os", Text),
    Column("os_version", Text),
    Column("device_type", Text, nullable=False),
    Column("device", Text),
    Column("user_agent", Text),
    Column("referrer", Text),
    # The request as it came, so that history can be classed anew when the rules improve.
    Column("request_head", Text, nullable=False),
    PrimaryKeyConstraint("campaign_id", "occurred_at", "journal_id", "journal_offset"),
    Index(None, "campaign_id", "position", "occurred_at"),
    postgresql_partition_by="RANGE (occurred_at)",
)

RECIPIENT_CLICKS = Table(
    "recipient_clicks",
    METADATA,
    Column("campaign_id", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("hit_count", Integer, nullable=False),
    Column("click_count", Integer, nullable=False),
    Column("first_click_at", DateTime(timezone=True)),
    Column("last_click_at", DateTime(timezone=True)),
    # Whether its hits, those to come as well, are stored without what they hold of the visitor.
    Column("is_erased", Boolean, nullable=False, server_default="false"),
    PrimaryKeyConstraint("campaign_id", "position"),
    # In the order of which a median is found.
    Index(None, "campaign_id", "first_click_at"),
    postgresql_partition_by="RANGE (campaign_id)",
)

CAMPAIGN_CLICKS = Table(
    "campaign_clicks",
    METADATA,
    Column("campaign_id", BigInteger, primary_key=True),
    Column("hit_count", BigInteger, nullable=False, server_default="0"),
    Column("click_count", BigInteger, nullable=False, server_default="0"),
    Column("clicker_count", Integer, nullable=False, server_default="0"),
    # Batches of events that the recorder has told of, which numbers the next.
    Column("event_batch_count", BigInteger, nullable=False, server_default="0"),
    # Hits before this are let go of: counted for ever, and no longer rows of hit, though some
    # may be yet to be deleted. Null: none is.
    Column("hits_kept_from", DateTime(timezone=True)),
    # No hit before this has a whole address. Null: none has.
    Column(
        "whole_addresses_from",
        DateTime(timezone=True),
        server_default=text("'-infinity'::timestamptz"),
    ),
    # Whether rows of hits that are let go of may be left.
    Column("is_letting_go", Boolean, nullable=False, server_default="false"),
    Index("campaign_clicks_letting_go_idx", "campaign_id", postgresql_where=text("is_letting_go")),
)

# How many hits of which journal are let go of, so that the rest can be held to what is counted.
LET_GO_HITS = Table(
    "let_go_hits",
    METADATA,
    Column("campaign_id", BigInteger, nullable=False),
    Column("journal_id", BigInteger, nullable=False),
    Column("hit_count", BigInteger, nullable=False),
    CheckConstraint("hit_count > 0", name="hit_count"),
    PrimaryKeyConstraint("campaign_id", "journal_id"),
)

# Rollups are kept for ever, so they are not partitioned: nothing of them is ever dropped whole.
# Half of a page is left free, so that a batch's new versions of its rows find room beside the old
# ones (HOT), and neither the index nor vacuum has work with them.
QUARTER_CLICKS = Table(
    "quarter_clicks",
    METADATA,
    Column("campaign_id", BigInteger, nullable=False),
    # The start of a quarter of an hour in UTC, at which the hours of every zone begin.
    Column("quarter", DateTime(timezone=True), nullable=False),
    Column("hit_count", BigInteger, nullable=False),
    Column("click_count", BigInteger, nullable=False),
    PrimaryKeyConstraint("campaign_id", "quarter"),
    postgresql_with={"fillfactor": 50},
)

TRAIT_CLICKS = Table(
    "trait_clicks",
    METADATA,
    Column("campaign_id", BigInteger, nullable=False),
    Column("trait", Text(collation="C"), nullable=False),
    Column("value", Text(collation="C"), nullable=False),
    Column("hit_count", BigInteger, nullable=False),
    Column("click_count", BigInteger, nullable=False),
    CheckConstraint(f"trait IN ({TRAITS})", name="trait"),
    CheckConstraint(f"char_length(value) <= {MAX_VALUE_CHARACTERS}", name="value"),
    PrimaryKeyConstraint("campaign_id", "trait", "value"),
    postgresql_with={"fillfactor": 50},
)

JOURNAL = Table(
    "journal",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text(collation="C"), nullable=False, unique=True),
    # Octets of the file whose hits are in the database.
    Column("recorded_octets", BigInteger, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
