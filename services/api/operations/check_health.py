"""Find out whether the process can do its work."""

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.storage.reports import token_keys


async def check_health(engine: AsyncEngine) -> None:
    """Read a table that every send needs.

    Raises:
        OSError: The database cannot be reached.
    """
    async with engine.connect() as connection:
        await token_keys(connection)
