"""Giving orders to campaigns by the API, and seeing where they stand afterwards."""

from datetime import timedelta
from typing import Any

import httpx

from tests.support.api import Api
from tests.support.reports import Campaign
from tests.support.sends import Headers

COME_CLOSER = """
    UPDATE campaign SET scheduled_at = scheduled_at - CAST($2 AS interval) WHERE id = $1
"""
COUNTS = "SELECT * FROM campaign_delivery WHERE campaign_id = $1"
JOBS = "SELECT count(*) FROM pgqueuer WHERE execute_after <= now()"


async def ask(
    api: Api, headers: Headers, campaign: Campaign, order: str, **parameters: str
) -> httpx.Response:
    """Give an order, whatever comes of it."""
    path = f"/campaigns/{campaign.uuid}/{order}"
    return await api.client.post(path, data=parameters, headers=headers)


async def give(
    api: Api, headers: Headers, campaign: Campaign, order: str, **parameters: str
) -> dict[str, Any]:
    """Give an order that is taken; return where the campaign stands."""
    response = await ask(api, headers, campaign, order, **parameters)
    assert response.status_code == 200, response.text
    standing: dict[str, Any] = response.json()
    return standing


async def refused(
    api: Api, headers: Headers, campaign: Campaign, order: str, **parameters: str
) -> tuple[int, str]:
    """Give an order that is not taken; return the status and the code."""
    response = await ask(api, headers, campaign, order, **parameters)
    return response.status_code, response.json()["code"]


async def let_come_closer(api: Api, campaign: Campaign, step: timedelta) -> None:
    """Bring the time of a scheduled campaign closer."""
    await api.database.execute(COME_CLOSER, campaign.id, step)


async def kept_counts(api: Api, campaign: Campaign) -> dict[str, int]:
    """Return how many messages stand at each status, by the campaign's own counts."""
    (row,) = await api.database.fetch(COUNTS, campaign.id)
    beside = {"campaign_id", "event_batch_count", "cancelled_segments"}
    return {word: count for word, count in row.items() if count and word not in beside}


async def jobs_due(api: Api) -> int:
    """Count the jobs that a worker would take now."""
    count: int = await api.database.fetchval(JOBS)
    return count
