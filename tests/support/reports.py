"""Campaigns to report on, what came of them, and asking the API for its reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.support.api import Api
from tests.support.hit_months import add_month
from tests.support.sends import TEXT, Headers

NUMBERS = [919876543210, 919876543211, 919876543212]
DELIVERED, UNDELIVERED = 3, 4
ADD_HIT = """
    INSERT INTO hit (campaign_id, position, occurred_at, journal_id, journal_offset, click_class,
        reasons, score, address, asn, as_organisation, browser, os, device_type, request_head)
    VALUES ($1, $2, $3, 1, $4, $5, $6, $7, '203.0.113.7', 64500, 'Example Mobile',
        'Chrome Mobile', 'Android', 'mobile', 'GET / HTTP/1.1')
"""
# One click of a recipient, as the recorder counts it.
COUNT_CLICK = """
    INSERT INTO recipient_clicks (campaign_id, position, hit_count, click_count, first_click_at,
        last_click_at)
    VALUES ($1, $2, 1, 1, $3, $3)
"""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as the API names it, and as the database does."""

    uuid: str
    id: int


async def a_campaign(api: Api, headers: Headers, **parameters: str) -> Campaign:
    """Send one tracked text to all ``NUMBERS``; parameters change that."""
    values = {"mobile": ",".join(map(str, NUMBERS)), "msg": TEXT, "trackLink": "true"}
    response = await api.client.get("/send", params=values | parameters, headers=headers)
    uuid = response.json()["uuid"]
    return Campaign(
        uuid, await api.database.fetchval("SELECT id FROM campaign WHERE uuid=$1", uuid)
    )


async def a_personal_campaign(
    api: Api, headers: Headers, *rows: dict[str, str], **parameters: str
) -> Campaign:
    """Send a tracked text of its own to each row."""
    response = await api.client.post(
        "/send", json={"sms": rows, "trackLink": "true"} | parameters, headers=headers
    )
    assert response.status_code == 200, response.text
    uuid = response.json()["uuid"]
    return Campaign(
        uuid, await api.database.fetchval("SELECT id FROM campaign WHERE uuid=$1", uuid)
    )


async def settle(api: Api, campaign: Campaign, *statuses: int) -> None:
    """Put the messages at these statuses, and the totals with them."""
    for position, status in enumerate(statuses):
        await api.database.execute(
            "UPDATE message SET status = $3, submitted_at = now(), settled_at = now() "
            "WHERE campaign_id = $1 AND position = $2",
            campaign.id,
            position,
            status,
        )
    await api.database.execute(
        "UPDATE campaign_delivery SET queued = 0, delivered = $2, undelivered = $3 "
        "WHERE campaign_id = $1",
        campaign.id,
        statuses.count(DELIVERED),
        statuses.count(UNDELIVERED),
    )


async def a_hit(
    api: Api,
    campaign: Campaign,
    position: int,
    at: datetime,
    *,
    click_class: str = "person",
    reasons: Sequence[str] = (),
    score: int = 0,
) -> None:
    """Store a hit on the link of the recipient at a position.

    Its month may be the one before that of the database, whose partitions begin with its own.
    """
    await add_month(api.database, at)
    offset = int(at.timestamp() * 1_000) * 10 + position
    await api.database.execute(
        ADD_HIT, campaign.id, position, at, offset, click_class, list(reasons), score
    )


async def get(api: Api, headers: Headers, path: str, **parameters: str | int | bool) -> Any:  # noqa: ANN401
    """Ask for a report, and return what it says."""
    response = await api.client.get(path, params=parameters, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()
