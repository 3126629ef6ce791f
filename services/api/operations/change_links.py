"""Change how the links of a campaign lead on after they were sent."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.errors import InvalidValueError
from services.api.storage.blocks import set_block

QUERY_MODES = ("off", "add", "override")


@dataclass(frozen=True, slots=True)
class LinkChanges:
    """What is to change; None leaves it as it is.

    Attributes:
        expires_at: An aware time, or ``never``.
        query_mode: One of ``QUERY_MODES``.
    """

    is_paused: bool | None = None
    expires_at: str | None = None
    query_mode: str | None = None


async def change_links(engine: AsyncEngine, campaign_uuid: str, changes: LinkChanges) -> None:
    """Change the links of a campaign; redirectors follow within a second.

    Raises:
        InvalidValueError: No such campaign has tracked links, or a value is none that can be set.
    """
    values = {"is_paused": changes.is_paused, "query_mode": changes.query_mode}
    changed: dict[str, object] = {name: each for name, each in values.items() if each is not None}
    if changes.expires_at is not None:
        changed["expires_at"] = _expiry(changes.expires_at)
    if not changed:
        raise InvalidValueError("settings", "to change are missing: name at least one")
    async with engine.begin() as connection:
        if not await set_block(connection, _uuid(campaign_uuid), changed):
            raise InvalidValueError(
                "campaign", f"{campaign_uuid!r} is not the uuid of a campaign with tracked links"
            )


def _expiry(text: str) -> datetime | None:
    if text == "never":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidValueError(
            "expires_at",
            f"must be a time with its offset such as 2026-12-31T23:59:00+05:30, or never,"
            f" not {text!r}",
        )
    return moment


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InvalidValueError("campaign", f"must be a UUID, not {text[:60]!r}") from None
