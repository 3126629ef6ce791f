"""Room for hits of any month, as migrations make it for the months from their own on."""

from datetime import UTC, datetime, timedelta

import asyncpg

ADD_MONTH = """
    CREATE TABLE IF NOT EXISTS hit_{month:%Y%m} PARTITION OF hit
    FOR VALUES FROM ('{month:%Y-%m-%d}Z') TO ('{following:%Y-%m-%d}Z')
"""


async def add_month(database: asyncpg.Connection, moment: datetime) -> None:
    """Let hits of the month of a moment keep their times."""
    month = moment.astimezone(UTC).replace(day=1)
    following = (month + timedelta(days=31)).replace(day=1)
    await database.execute(ADD_MONTH.format(month=month, following=following))
