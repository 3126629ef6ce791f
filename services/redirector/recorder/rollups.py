"""What hits add to the rollups of their campaigns.

All hits are gone through in C, a few times, and the rest is left to Postgres: what costs
a microsecond a hit here costs a recorder one in fifty of its hits.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import repeat
from operator import floordiv, itemgetter, sub
from typing import Any, TypeVar

from services.redirector.storage.hits import HitRow
from services.redirector.storage.rollups import KINDS, Rollups

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)

Key = TypeVar("Key")


def _fields(*names: str) -> Callable[[HitRow], Any]:
    return itemgetter(*map(HitRow._fields.index, names))


CAMPAIGN, CLICK_CLASS = _fields("campaign_id"), _fields("click_class")
OCCURRED_AT = _fields("occurred_at")
KIND_FIELDS = [_fields(*kind.columns) for kind in KINDS]


def roll_up(rows: Sequence[HitRow]) -> Rollups:
    """Count hits by what the rollups are made of."""
    campaigns = list(map(CAMPAIGN, rows))
    numbers = map(floordiv, map(sub, map(OCCURRED_AT, rows), repeat(EPOCH)), repeat(QUARTER))
    return Rollups(
        Counter(zip(campaigns, map(CLICK_CLASS, rows), numbers, strict=True)),
        [Counter(zip(campaigns, map(kind, rows), strict=True)) for kind in KIND_FIELDS],
    )


def differ(old: Sequence[HitRow], new: Sequence[HitRow]) -> Rollups:
    """Return what to add to the rollups when hits have become other ones."""
    before, after = roll_up(old), roll_up(new)
    return Rollups(
        _subtract(after.quarters, before.quarters),
        [_subtract(*kinds) for kinds in zip(after.kinds, before.kinds, strict=True)],
    )


def _subtract(after: Mapping[Key, int], before: Mapping[Key, int]) -> Mapping[Key, int]:
    differences = Counter(after)
    differences.subtract(before)
    return differences
