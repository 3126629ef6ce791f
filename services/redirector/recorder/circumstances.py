"""What a hit's circumstances tell of it, beyond its own request."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter

from services.redirector.recorder.histories import Histories, History
from services.redirector.storage.connections import Connection
from services.redirector.storage.hits import HitRow
from shared.domain.bursts import BurstWindow
from shared.domain.clicks import EARLY, ClickClass, judge
from shared.domain.forwarding import Opening, forwarded_reasons
from shared.domain.truncation import is_whole
from shared.domain.trusted_proxies import subscriber_number

# A person reads first; and reports of delivery tend to be late, not early.
SOONEST_TAP = timedelta(seconds=2)
# As many hits of an address are looked at together at most as the window remembers of it.
SLICE_HITS = 1_000
CACHED_VERDICTS = 10_000
PERSON = ClickClass.PERSON.value


class Circumstances:
    """Weighs hits by their senders' other hits, their messages, and their recipients' clicks.

    It remembers what it saw of them in the batches before.

    Args:
        note_undelivered: Called with campaign id, position and time of each hit whose message
            has not been delivered yet, as far as is known.
    """

    def __init__(
        self, note_undelivered: Callable[[int, int, datetime], None] | None = None
    ) -> None:
        self._note_undelivered = note_undelivered
        self._window = BurstWindow()
        self._histories = Histories()
        self._judge = lru_cache(CACHED_VERDICTS)(judge)

    async def weigh(self, connection: Connection, rows: Sequence[HitRow]) -> list[HitRow]:
        """Return hits with their reasons, class and score as their circumstances have it.

        Args:
            connection: In the transaction in which the hits are stored.
            rows: At least one, in any order, as their requests alone tell; reasons that
                circumstances gave before are kept.

        Returns:
            The same hits by their time.
        """
        ordered = sorted(rows, key=attrgetter("occurred_at"))
        histories = await self._histories.of(connection, ordered)
        reasons = self._bursts(ordered)
        note_undelivered = self._note_undelivered
        for index, (row, history) in enumerate(zip(ordered, histories, strict=True)):
            if history.delivered_at is None:
                if note_undelivered:
                    note_undelivered(row.campaign_id, row.position, row.occurred_at)
            elif row.occurred_at < history.delivered_at + SOONEST_TAP:
                reasons[index].append(EARLY)
        for index, found in reasons.items():
            ordered[index] = self._reweigh(ordered[index], found)
        return [
            _mark_forwarded(row, history) for row, history in zip(ordered, histories, strict=True)
        ]

    def forget(self, recipients: Iterable[tuple[int, int]]) -> None:
        """Look anew at what is stored of recipients, since their hits have been changed."""
        self._histories.forget(recipients)

    def _bursts(self, rows: Sequence[HitRow]) -> defaultdict[int, list[str]]:
        """Return the reasons that senders' other hits give, by the index of the hit.

        A truncated address is many senders', so it gives none.
        """
        reasons: defaultdict[int, list[str]] = defaultdict(list)
        for start in range(0, len(rows), SLICE_HITS):
            part = range(start, min(start + SLICE_HITS, len(rows)))
            many: set[int] = set()
            for index in part:
                row = rows[index]
                if row.address is not None and is_whole(row.address):
                    # By number, since an address takes long to hash.
                    sender = subscriber_number(row.address)
                    if self._window.add(sender, row[:2], row.occurred_at):
                        many.add(sender)
            if many:
                self._add_bursts(reasons, rows, part, many)
        return reasons

    def _add_bursts(
        self,
        reasons: defaultdict[int, list[str]],
        rows: Sequence[HitRow],
        part: Iterable[int],
        many: set[int],
    ) -> None:
        # One answer a second is enough for an address that sends thousands.
        reason_at = lru_cache(SLICE_HITS)(self._window.reason)
        for index in part:
            row = rows[index]
            if row.address is None or not is_whole(row.address):
                continue
            sender = subscriber_number(row.address)
            if sender not in many or not row.address.is_global:
                continue  # behind an address that is not public stands a proxy, or a test
            if reason := reason_at(sender, row.occurred_at.replace(microsecond=0)):
                reasons[index].append(reason)

    def _reweigh(self, row: HitRow, reasons: Iterable[str]) -> HitRow:
        verdict = self._judge((*row.reasons, *reasons))
        return row._replace(
            click_class=verdict.click_class.value, reasons=verdict.reasons, score=verdict.score
        )


def _mark_forwarded(row: HitRow, history: History) -> HitRow:
    """Return a hit with what is not as in the recipient's first click; note it if it is that.

    Hits are to come in the order of their times.
    """
    first_at = history.first_click_at
    if row.click_class != PERSON:
        if first_at == row.occurred_at:  # what was the first click is none by better rules
            history.first_click_at = history.first = None
        return row
    opening = Opening(row.os, row.device, row.country, row.region)
    # One may come before the first, as where another host recorded it later.
    if history.first is None or first_at is None or row.occurred_at <= first_at:
        history.first_click_at, history.first = row.occurred_at, opening
        return row
    found = forwarded_reasons(history.first, opening)
    new = [reason for reason in found if reason not in row.reasons]
    return row._replace(reasons=(*row.reasons, *new)) if new else row
