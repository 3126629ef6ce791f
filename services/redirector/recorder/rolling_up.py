"""Count the rollups of campaigns anew."""

import uuid
from dataclasses import dataclass

from services.redirector.recorder.reclassing import UnknownCampaignError
from services.redirector.storage.connections import Pool, outages_named
from services.redirector.storage.letting_go import find_hits_kept_from
from services.redirector.storage.reclassing import (
    find_campaign,
    list_campaigns_with_hits,
    lock_out_others,
)
from services.redirector.storage.rolling_up import (
    correct_rollups,
    has_all_its_hits,
    lock_out_recorders,
)

CAMPAIGN_PAGE = 1_000


@dataclass(slots=True)
class RollingUp:
    """What was counted anew so far.

    Attributes:
        campaign_count: Campaigns whose rollups are right now.
        corrected_count: Rows of rollups that were not.
        kept_count: Campaigns that were left as they are, since hits of theirs were let go of, or
            may have been dropped, which their rollups alone know of.
    """

    campaign_count: int = 0
    corrected_count: int = 0
    kept_count: int = 0


async def roll_up_campaign(pool: Pool, campaign: uuid.UUID) -> RollingUp:
    """Count the rollups of one campaign anew.

    Raises:
        UnknownCampaignError: There is no such campaign.
        StoreUnavailableError: Postgres is away.
    """
    campaign_id = await find_campaign(pool, campaign)
    if campaign_id is None:
        raise UnknownCampaignError(campaign)
    done = RollingUp()
    await _roll_up(pool, campaign_id, done)
    return done


async def roll_up_all(pool: Pool) -> RollingUp:
    """Count the rollups of all campaigns anew, a transaction each, oldest first.

    Recorders may be at work meanwhile; they wait while their campaign is counted.

    Raises:
        StoreUnavailableError: Postgres is away; what was done stays done.
    """
    done = RollingUp()
    after_id = -1
    while page := await list_campaigns_with_hits(pool, after_id=after_id, limit=CAMPAIGN_PAGE):
        for campaign_id, _ in page:
            await _roll_up(pool, campaign_id, done)
        after_id = page[-1][0]
    return done


async def _roll_up(pool: Pool, campaign_id: int, done: RollingUp) -> None:
    with outages_named():
        async with pool.acquire() as connection, connection.transaction():
            if not await has_all_its_hits(connection, campaign_id):
                done.kept_count += 1
                return
            # Who classes hits anew changes both them and the rollups, without counting first.
            await lock_out_others(connection)
            await lock_out_recorders(connection, campaign_id)
            if await find_hits_kept_from(connection, campaign_id):
                done.kept_count += 1
                return
            corrected_count = await correct_rollups(connection, campaign_id)
    done.campaign_count += 1
    done.corrected_count += corrected_count
