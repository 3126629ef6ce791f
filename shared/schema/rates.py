"""How many calls came lately, as all processes of the API know it together."""

from sqlalchemy import Column, DateTime, Table, Text

from shared.schema.metadata import METADATA

# Unlogged: it is worth nothing a minute later, so a crash may empty it. A row is rewritten in its
# page, and none is kept once its bucket is empty.
RATE_LEVEL = Table(
    "rate_level",
    METADATA,
    Column("bucket", Text(collation="C"), primary_key=True),
    Column("empty_at", DateTime(timezone=True), nullable=False),
    prefixes=["UNLOGGED"],
    postgresql_with={"fillfactor": 50},
)
