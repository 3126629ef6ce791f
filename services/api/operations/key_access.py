"""Whether a key that was let in still would be, for what goes on for long."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.allow_lists import stored_allow_list
from services.api.storage.keys import list_admitting
from shared.domain.trusted_proxies import IpAddress


@dataclass(frozen=True, slots=True)
class KeyAccess:
    """A key in use, and the address that it is used from."""

    key_id: int
    address: IpAddress | None


async def find_refused(
    connection: AsyncConnection, accesses: Collection[KeyAccess]
) -> set[KeyAccess]:
    """Return those whose key has ended, or may no longer be used from there."""
    admitting = await list_admitting(connection, sorted({each.key_id for each in accesses}))
    return {
        each
        for each in accesses
        if each.key_id not in admitting
        or not all(
            stored_allow_list(texts).admits(each.address) for texts in admitting[each.key_id]
        )
    }
