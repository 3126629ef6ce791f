"""Class stored hits anew, by the rules as they are now."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from services.redirector.recorder.agents import read_agent
from services.redirector.recorder.circumstances import Circumstances
from services.redirector.recorder.heads import as_utf8, parse_head
from services.redirector.recorder.recounting import Change, change_and_recount
from services.redirector.recorder.signals import read_signals
from services.redirector.storage.connections import Connection, Pool, outages_named
from services.redirector.storage.hits import HitRow
from services.redirector.storage.letting_go import find_hits_kept_from
from services.redirector.storage.reclassing import (
    HitKey,
    find_campaign,
    list_campaigns_with_hits,
    list_hits,
    lock_out_others,
)
from shared.domain.clicks import classify, judge
from shared.domain.request_heads import MAX_HEAD_OCTETS

BATCH_HITS = 1_000
CAMPAIGN_PAGE = 1_000
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
# What cannot be told any more from what is stored of the hit.
CARRIED_REASONS = ("sender:", "time:reset")
FORWARDED = "forwarded:"
CACHED_VERDICTS = 10_000
_classify = lru_cache(CACHED_VERDICTS)(classify)


class UnknownCampaignError(Exception):
    """No campaign has that UUID."""

    def __init__(self, campaign: uuid.UUID) -> None:
        super().__init__(f"there is no campaign {campaign}")


@dataclass(slots=True)
class Progress:
    """How far a reclassification has come.

    Attributes:
        hit_count: Hits looked at.
        changed_count: Those of which class, reasons or score are not as they were.
        moves: How many hits went from which class to which other one.
        campaign: The one under way, where it can be taken up again; None before the first.
    """

    hit_count: int = 0
    changed_count: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    campaign: uuid.UUID | None = None


class Reclassing:
    """Goes through stored hits, campaign by campaign, a transaction a batch.

    It may be stopped anywhere, and begun again: what is right already stays as it is. Recorders
    may be at work meanwhile.

    Args:
        pool: Where the hits are.
        since: Only hits from then on.
        is_dry_run: Whether to change nothing.
        batch_hits: Most hits of one transaction, at least 1.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        since: datetime = EARLIEST,
        is_dry_run: bool = False,
        batch_hits: int = BATCH_HITS,
    ) -> None:
        self._pool = pool
        self._since = since
        self._is_dry_run = is_dry_run
        self._batch_hits = batch_hits
        self.progress = Progress()

    async def reclass_campaign(self, campaign: uuid.UUID) -> None:
        """Class the hits of one campaign anew.

        Raises:
            UnknownCampaignError: There is no such campaign.
            StoreUnavailableError: Postgres is away; what was done stays done.
        """
        await self._reclass(await self._id(campaign), campaign)

    async def reclass_all(self, *, from_campaign: uuid.UUID | None = None) -> None:
        """Class the hits of all campaigns anew, oldest first.

        Args:
            from_campaign: Where to begin, as an earlier run's progress has it.

        Raises:
            UnknownCampaignError: There is no such campaign.
            StoreUnavailableError: Postgres is away; what was done stays done.
        """
        after_id = await self._id(from_campaign) - 1 if from_campaign else -1
        while page := await list_campaigns_with_hits(
            self._pool, after_id=after_id, limit=CAMPAIGN_PAGE
        ):
            for campaign_id, campaign in page:
                await self._reclass(campaign_id, campaign)
            after_id = page[-1][0]

    async def _id(self, campaign: uuid.UUID) -> int:
        campaign_id = await find_campaign(self._pool, campaign)
        if campaign_id is None:
            raise UnknownCampaignError(campaign)
        return campaign_id

    async def _reclass(self, campaign_id: int, campaign: uuid.UUID) -> None:
        self.progress.campaign = campaign
        circumstances = Circumstances()
        after: HitKey | None = HitKey(self._since, -1, -1)
        while after:
            with outages_named():
                async with self._pool.acquire() as connection, connection.transaction():
                    after = await self._reclass_batch(
                        connection, campaign_id, after, circumstances
                    )

    async def _reclass_batch(
        self,
        connection: Connection,
        campaign_id: int,
        after: HitKey,
        circumstances: Circumstances,
    ) -> HitKey | None:
        """Class the next hits anew; return the last one's key, None if there was none."""
        await lock_out_others(connection)
        # Under the lock without which nobody raises it.
        mark = await find_hits_kept_from(connection, campaign_id)
        after = after.not_before(mark)
        old = await list_hits(connection, campaign_id, after=after, limit=self._batch_hits)
        if not old:
            return None
        changes = await class_anew(connection, old, circumstances, mark=mark)
        if changes and not self._is_dry_run:
            await change_and_recount(connection, campaign_id, changes)
        self._note(old, changes)
        return HitKey.of(old[-1])

    def _note(self, looked_at: Sequence[HitRow], changes: Sequence[Change]) -> None:
        self.progress.hit_count += len(looked_at)
        self.progress.changed_count += len(changes)
        self.progress.moves.update(
            (change.old.click_class, change.new.click_class)
            for change in changes
            if change.old.click_class != change.new.click_class
        )


async def class_anew(
    connection: Connection,
    old: Sequence[HitRow],
    circumstances: Circumstances,
    *,
    mark: datetime | None,
) -> list[Change]:
    """Class hits of one campaign by the rules as they are now; return those that change.

    Args:
        connection: In a transaction in which no one else classes hits anew.
        old: As they are stored, by their time.
        circumstances: That have weighed what comes before these.
        mark: From when on the campaign's hits are kept; None if all are.
    """
    # Beside which click a link was forwarded cannot be told once that may be let go of.
    carried = CARRIED_REASONS if mark is None else (*CARRIED_REASONS, FORWARDED)
    # In the order of their times, as they were read.
    new = await circumstances.weigh(connection, [_by_request(row, carried) for row in old])
    return [
        Change(before, after) for before, after in zip(old, new, strict=True) if before != after
    ]


def _by_request(row: HitRow, carried_reasons: tuple[str, ...]) -> HitRow:
    """Return a hit as its request alone tells, and what cannot be told any more."""
    if not row.request_head:  # erased: what it was is all that is known
        return row
    head = parse_head(row.request_head.encode("latin-1", "replace"))
    user_agent = as_utf8(head.headers.get("user-agent", ""))
    is_cut = len(row.request_head) >= MAX_HEAD_OCTETS
    agent = read_agent(user_agent)
    by_request = _classify(
        read_signals(head, user_agent, agent, row.as_organisation, is_cut=is_cut)
    )
    carried = (reason for reason in row.reasons if reason.startswith(carried_reasons))
    verdict = judge((*by_request.reasons, *carried))
    return row._replace(
        click_class=verdict.click_class.value, reasons=verdict.reasons, score=verdict.score
    )
