"""Whether a key or a session that was let in still would be, for what goes on for long."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.allow_lists import stored_allow_list
from services.api.storage.keys import list_admitting
from services.api.storage.sessions import list_admitting_sessions
from shared.domain.trusted_proxies import IpAddress


@dataclass(frozen=True, slots=True)
class KeyAccess:
    """A key in use, and the address that it is used from."""

    key_id: int
    address: IpAddress | None


@dataclass(frozen=True, slots=True)
class SessionAccess:
    """A session in use, and the address that it is used from."""

    session_id: int
    address: IpAddress | None


Access: TypeAlias = KeyAccess | SessionAccess


async def find_refused(connection: AsyncConnection, accesses: Collection[Access]) -> set[Access]:
    """Return those whose key or session has ended, or may no longer be used from there."""
    keys = {each for each in accesses if isinstance(each, KeyAccess)}
    sessions = {each for each in accesses if isinstance(each, SessionAccess)}
    of_keys = await list_admitting(connection, sorted({each.key_id for each in keys}))
    admitting: dict[Access, tuple[tuple[str, ...], ...] | None] = {
        each: of_keys.get(each.key_id) for each in keys
    }
    if sessions:
        ids = sorted({each.session_id for each in sessions})
        of_sessions = await list_admitting_sessions(connection, ids)
        admitting |= {each: of_sessions.get(each.session_id) for each in sessions}
    return {
        each
        for each, lists in admitting.items()
        if lists is None
        or not all(stored_allow_list(texts).admits(each.address) for texts in lists)
    }
