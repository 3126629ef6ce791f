"""What a hit's circumstances tell of it, beyond its own request."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from operator import attrgetter

from services.redirector.storage.histories import History, list_histories
from services.redirector.storage.hits import Connection, HitRow
from shared.domain.bursts import BurstWindow, Recipient
from shared.domain.clicks import EARLY, ClickClass, judge
from shared.domain.forwarding import Opening, forwarded_reasons

# A person reads first; and reports of delivery tend to be late, not early.
SOONEST_TAP = timedelta(seconds=2)
# As many hits of an address are looked at together at most as the window remembers of it.
SLICE_HITS = 1_000
CACHED_VERDICTS = 10_000
PERSON = ClickClass.PERSON.value

# Both tell on what, and where, a link was opened.
Opened = History | HitRow


class Circumstances:
    """Weighs hits by their senders' other hits, their messages, and their recipients' clicks.

    It remembers the senders of the batches before.
    """

    def __init__(self) -> None:
        self._window = BurstWindow()
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
        histories = await list_histories(
            connection,
            {row[:2] for row in ordered},
            delivered_after=ordered[0].occurred_at - SOONEST_TAP,
        )
        reasons = self._bursts(ordered)
        _add_early(reasons, ordered, histories)
        for index, found in reasons.items():
            ordered[index] = self._reweigh(ordered[index], found)
        return list(_mark_forwarded(ordered, histories))

    def _bursts(self, rows: Sequence[HitRow]) -> defaultdict[int, list[str]]:
        """Return the reasons that senders' other hits give, by the index of the hit."""
        reasons: defaultdict[int, list[str]] = defaultdict(list)
        for start in range(0, len(rows), SLICE_HITS):
            # By number, since an address takes long to hash.
            indexes_of: defaultdict[int, list[int]] = defaultdict(list)
            for index, row in enumerate(rows[start : start + SLICE_HITS], start):
                if row.address is not None:
                    indexes_of[int(row.address)].append(index)
            for sender, indexes in indexes_of.items():
                followed = {rows[index][:2]: rows[index].occurred_at for index in indexes}
                if self._window.add(sender, followed) and _is_public(rows[indexes[0]]):
                    # One answer a second is enough for an address that sends thousands.
                    reason_at = lru_cache(SLICE_HITS)(partial(self._window.reason, sender))
                    for index in indexes:
                        if reason := reason_at(rows[index].occurred_at.replace(microsecond=0)):
                            reasons[index].append(reason)
        return reasons

    def _reweigh(self, row: HitRow, reasons: Iterable[str]) -> HitRow:
        verdict = self._judge((*row.reasons, *reasons))
        return row._replace(
            click_class=verdict.click_class.value, reasons=verdict.reasons, score=verdict.score
        )


def _is_public(row: HitRow) -> bool:
    """Tell whether an address can be its sender's own; behind others stands a proxy, or a test."""
    return row.address is not None and row.address.is_global


def _add_early(
    reasons: defaultdict[int, list[str]],
    rows: Sequence[HitRow],
    histories: dict[Recipient, History],
) -> None:
    soonest = {
        recipient: history.delivered_at + SOONEST_TAP
        for recipient, history in histories.items()
        if history.delivered_at is not None
    }
    if not soonest:
        return
    for index, row in enumerate(rows):
        soonest_at = soonest.get(row[:2])
        if soonest_at is not None and row.occurred_at < soonest_at:
            reasons[index].append(EARLY)


def _mark_forwarded(
    rows: Iterable[HitRow], histories: dict[Recipient, History]
) -> Iterator[HitRow]:
    """Yield hits, in the order of their times, with what is not as in the recipient's first."""
    firsts: dict[Recipient, Opened] = {}
    for row in rows:
        recipient = row[:2]
        first = firsts.get(recipient) or histories.get(recipient)
        first_at = _opened_at(first)
        if row.click_class != PERSON:
            # What was the first click is none by better rules.
            if isinstance(first, History) and first_at == row.occurred_at:
                firsts[recipient] = first._replace(first_click_at=None)
            yield row
        elif first is None or first_at is None or row.occurred_at <= first_at:
            # The first, or one before it that another host recorded later.
            firsts[recipient] = row
            yield row
        else:
            found = forwarded_reasons(_opening(first), _opening(row))
            new = [reason for reason in found if reason not in row.reasons]
            yield row._replace(reasons=(*row.reasons, *new)) if new else row


def _opened_at(first: Opened | None) -> datetime | None:
    return first.first_click_at if isinstance(first, History) else first and first.occurred_at


def _opening(of: Opened) -> Opening:
    return Opening(of.os, of.device, of.country, of.region)
