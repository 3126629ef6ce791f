"""The recipients whose hits were stored before the delivery of their message was known."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

KEPT_RECIPIENTS = 20_000


class Awaited:
    """Recipients by campaign, with the time of the earliest such hit, in bounded memory.

    Those of the campaign that was noted first go first, and of these those noted first.

    Args:
        kept_recipients: How many are kept, at least 1.
    """

    def __init__(self, kept_recipients: int = KEPT_RECIPIENTS) -> None:
        self._kept_recipients = kept_recipients
        # A dict looks at all that was removed before it finds its first key.
        self._campaigns: OrderedDict[int, OrderedDict[int, datetime]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        """Return how many recipients are kept."""
        return self._count

    def note(self, campaign_id: int, position: int, at: datetime) -> None:
        """Remember a hit, which need not be stored yet, nor ever be."""
        earliest = self._campaigns.get(campaign_id)
        if earliest is None:
            earliest = self._campaigns[campaign_id] = OrderedDict()
        known = earliest.get(position)
        if known is None:
            earliest[position] = at
            self._count += 1
            if self._count > self._kept_recipients:
                self._forget_oldest()
        elif at < known:
            earliest[position] = at

    def list_campaigns(self) -> list[int]:
        """Return the campaigns that have recipients here."""
        return list(self._campaigns)

    def list_recipients(self, campaign_ids: Iterable[int]) -> list[tuple[int, int]]:
        """Return the recipients of campaigns that have any here, as campaign id and position."""
        return [
            (campaign_id, position)
            for campaign_id in campaign_ids
            for position in self._campaigns[campaign_id]
        ]

    def take(self, campaign_id: int, position: int) -> datetime:
        """Forget a recipient who is kept; return the time of the earliest hit."""
        at = self._campaigns[campaign_id].pop(position)
        self._count -= 1
        if not self._campaigns[campaign_id]:
            del self._campaigns[campaign_id]
        return at

    def forget_campaign(self, campaign_id: int) -> None:
        """Forget the recipients of a campaign, if there are any."""
        self._count -= len(self._campaigns.pop(campaign_id, ()))

    def _forget_oldest(self) -> None:
        campaign_id = next(iter(self._campaigns))
        earliest = self._campaigns[campaign_id]
        earliest.popitem(last=False)
        self._count -= 1
        if not earliest:
            del self._campaigns[campaign_id]
