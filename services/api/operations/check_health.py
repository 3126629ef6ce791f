"""Find out whether the process can do its work."""

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.errors import NoLinkRoomError
from services.api.storage.blocks import has_domains


async def check_health(engine: AsyncEngine) -> None:
    """Look at a table that every tracked send needs; an outage of Postgres is passed on.

    Raises:
        NoLinkRoomError: The table is empty.
    """
    async with engine.connect() as connection:
        if not await has_domains(connection):
            raise NoLinkRoomError(1)
