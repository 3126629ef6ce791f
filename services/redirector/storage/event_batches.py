"""Tell of clicks, in the transaction that stores them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from services.redirector.storage.connections import Connection
from shared.domain.clicks import ClickClass
from shared.domain.events import BATCH_EVENTS

# The numbers were drawn as the campaigns' counts were locked, so nobody else has them. A webhook
# that is made meanwhile hears of what comes after it.
ADD_CLICK_BATCHES = """
INSERT INTO event_batch (
    campaign_id, source, number, kind, account_id, places, journal_id, first_at, last_at, is_due
)
SELECT told.campaign_id, 'clicks', told.number, 'click.recorded', campaign.account_id,
    told.places::bigint[], told.journal_id, told.first_at, told.last_at,
    EXISTS (
        SELECT FROM webhook
        WHERE webhook.account_id = campaign.account_id AND webhook.is_enabled
          AND 'click.recorded' = ANY(webhook.kinds)
    )
FROM unnest(
    $1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[]
) AS told(campaign_id, number, places, journal_id, first_at, last_at)
JOIN campaign ON campaign.id = told.campaign_id
"""


class _Row(Protocol):
    @property
    def campaign_id(self) -> int: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def journal_id(self) -> int: ...
    @property
    def journal_offset(self) -> int: ...
    @property
    def click_class(self) -> str: ...


class ClickBatch(NamedTuple):
    """Some clicks of one campaign.

    Attributes:
        places: Where they stand in the journal, as Postgres reads an array.
    """

    places: str
    journal_id: int
    first_at: datetime
    last_at: datetime


def batch_clicks(rows: Iterable[_Row]) -> dict[int, list[ClickBatch]]:
    """Gather the clicks among hits of one journal into batches, by campaign, in their order."""
    clicks: dict[int, list[_Row]] = {}
    for row in rows:
        if row.click_class == ClickClass.PERSON:
            clicks.setdefault(row.campaign_id, []).append(row)
    return {campaign_id: _batches(found) for campaign_id, found in clicks.items()}


def _batches(clicks: list[_Row]) -> list[ClickBatch]:
    clicks.sort(key=lambda click: click.journal_offset)
    return [
        _batch(clicks[start : start + BATCH_EVENTS])
        for start in range(0, len(clicks), BATCH_EVENTS)
    ]


def _batch(clicks: Sequence[_Row]) -> ClickBatch:
    times = [click.occurred_at for click in clicks]
    places = ",".join([str(click.journal_offset) for click in clicks])
    return ClickBatch(f"{{{places}}}", clicks[0].journal_id, min(times), max(times))


async def tell_clicks(
    connection: Connection,
    batches: Mapping[int, Sequence[ClickBatch]],
    last_numbers: Mapping[int, int],
) -> None:
    """Store batches of clicks, to be told live.

    Args:
        connection: In the transaction that has the campaigns' counts locked.
        batches: By campaign.
        last_numbers: By campaign the number of its last batch, drawn with that lock.
    """
    numbered = [
        (campaign_id, last_numbers[campaign_id] - len(of_campaign) + place, *batch)
        for campaign_id, of_campaign in batches.items()
        for place, batch in enumerate(of_campaign, start=1)
    ]
    if numbered:
        await connection.execute(ADD_CLICK_BATCHES, *map(list, zip(*numbered, strict=True)))
