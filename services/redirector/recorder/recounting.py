"""Keep the counts of clicks right when hits become clicks, or clicks become none."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.redirector.recorder.rollups import differ
from services.redirector.storage.connections import Connection
from services.redirector.storage.hits import HitRow
from services.redirector.storage.reclassing import (
    RecipientClicks,
    change_counts,
    change_hits,
    list_click_spans,
    lock_recipients,
)
from services.redirector.storage.rollups import change_rollups
from shared.domain.clicks import ClickClass


class Change(NamedTuple):
    """A hit before and after."""

    old: HitRow
    new: HitRow

    @property
    def more_clicks(self) -> int:
        """1 if it has become a click, -1 if it is none any more, else 0."""
        return _is_click(self.new) - _is_click(self.old)


async def change_and_recount(
    connection: Connection, campaign_id: int, changes: Sequence[Change]
) -> None:
    """Store changed hits of one campaign, and what is counted of them.

    Args:
        connection: In a transaction, which is to end with this.
        campaign_id: Of the hits.
        changes: At least one.
    """
    counted: defaultdict[int, list[Change]] = defaultdict(list)
    for change in changes:
        if change.more_clicks:
            counted[change.new.position].append(change)
    positions = sorted(counted)
    # Before the hits: from here on, recorders count no further click of these recipients.
    kept = await lock_recipients(connection, campaign_id, positions) if positions else []
    await change_hits(connection, campaign_id, [change.new for change in changes])
    if counted:
        spans = await list_click_spans(connection, campaign_id, positions)
        recounted = [
            _recount(clicks, counted[clicks.position], spans.get(clicks.position))
            for clicks in kept
        ]
        await change_counts(
            connection,
            campaign_id,
            recounted,
            more_clicks=sum(change.more_clicks for change in changes),
            more_clickers=sum(clicks.click_count > 0 for clicks in recounted)
            - sum(clicks.click_count > 0 for clicks in kept),
        )
    await change_rollups(
        connection,
        differ([change.old for change in changes], [change.new for change in changes]),
    )


def _recount(
    kept: RecipientClicks,
    changes: Sequence[Change],
    span: tuple[datetime, datetime] | None,
) -> RecipientClicks:
    """Return a recipient's clicks after changes, with the span of the clicks that are stored.

    Clicks of months that were dropped still count, so the times of hits that did not change
    stand.
    """
    click_count = kept.click_count + sum(change.more_clicks for change in changes)
    if not click_count:
        return RecipientClicks(kept.position, 0, None, None)
    lost = {change.old.occurred_at for change in changes if change.more_clicks < 0}
    first_at, last_at = kept.first_click_at, kept.last_click_at
    if span:
        first_at = span[0] if first_at is None or first_at in lost else min(first_at, span[0])
        last_at = span[1] if last_at is None or last_at in lost else max(last_at, span[1])
    return RecipientClicks(kept.position, click_count, first_at, last_at)


def _is_click(row: HitRow) -> bool:
    return row.click_class == ClickClass.PERSON
