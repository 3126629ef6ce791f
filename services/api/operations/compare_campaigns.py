"""Read campaigns side by side."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.errors import NotFoundError
from services.api.domain.time_spans import Quarter
from services.api.storage import breakdowns
from services.api.storage.accounts import Account
from services.api.storage.reports import Row, find_campaign


@dataclass(frozen=True, slots=True, repr=False)
class ComparedCampaign:
    """One of the campaigns that are compared.

    Attributes:
        name: What the request calls it.
        median_first_click: None if nobody clicked, or it was not asked for.
    """

    name: str
    campaign: Row
    quarters: Sequence[Quarter]
    median_first_click: timedelta | None


async def read_comparison(
    engine: AsyncEngine,
    account: Account,
    uuids: Mapping[str, uuid.UUID],
    *,
    with_median: bool = True,
) -> list[ComparedCampaign]:
    """Return campaigns with what is compared of them, all of one moment.

    Args:
        engine: Where they are stored.
        account: Whose they are.
        uuids: The campaigns, by what the request calls them.
        with_median: Whether the medians are wanted, each found along half of the clickers.

    Raises:
        NotFoundError: The account has no such campaign; it names the one.
    """
    one_moment = engine.execution_options(isolation_level="REPEATABLE READ")
    compared = []
    async with one_moment.connect() as connection:
        for name, campaign_uuid in uuids.items():
            campaign = await find_campaign(connection, account.id, campaign_uuid)
            if campaign is None:
                raise NotFoundError("campaign", field=name)
            place = account.id, campaign["id"]
            quarters = await breakdowns.list_quarters(connection, *place)
            compared.append(
                ComparedCampaign(
                    name,
                    campaign,
                    [
                        Quarter(row["quarter"], row["hit_count"], row["click_count"])
                        for row in quarters
                    ],
                    await breakdowns.median_first_click(connection, *place)
                    if with_median
                    else None,
                )
            )
    return compared
