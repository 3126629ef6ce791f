"""What hits add to the rollups of their campaigns.

All hits are gone through in C, a few times, and only the kinds that there are of them in Python.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import repeat
from operator import floordiv, itemgetter, sub
from typing import Any, NamedTuple, TypeVar

from services.redirector.storage.hits import HitRow
from services.redirector.storage.rollups import QuarterKey, Rollups, TraitKey
from shared.domain.clicks import ClickClass
from shared.domain.traits import Trait, place_value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
CACHED_PLACES = 10_000
PERSON = ClickClass.PERSON.value

Key = TypeVar("Key", QuarterKey, TraitKey)
Values = Iterable[str | None]


class Kind(NamedTuple):
    """Traits that hits are told apart by in one pass, since they go together.

    Attributes:
        traits: Their codes, since members of an enumeration take long to hash.
        fields: Takes campaign, class and what the values are made of from a row.
        values: Makes the values of that, in the order of the traits.
    """

    traits: tuple[str, ...]
    fields: Callable[[HitRow], tuple[Any, ...]]
    values: Callable[..., Values]


def _fields(*names: str) -> Callable[[HitRow], tuple[Any, ...]]:
    return itemgetter(*map(HitRow._fields.index, ("campaign_id", "click_class", *names)))


@lru_cache(CACHED_PLACES)
def _places(country: str | None, region: str | None, city: str | None) -> Values:
    return country, place_value(country, region), place_value(country, region, city)


def _as_they_are(*values: str | None) -> Values:
    return values


def _kind(*traits: Trait, values: Callable[..., Values] = _as_they_are) -> Kind:
    # A trait has the name of the column that it is of.
    codes = tuple(trait.value for trait in traits)
    return Kind(codes, _fields(*codes), values)


KINDS = (
    _kind(Trait.COUNTRY, Trait.REGION, Trait.CITY, values=_places),
    _kind(Trait.BROWSER, Trait.OS, Trait.DEVICE_TYPE, Trait.DEVICE),
    _kind(Trait.CLICK_CLASS, Trait.REFERRER),
)
CAMPAIGN_AND_CLASS = _fields()
OCCURRED_AT = itemgetter(HitRow._fields.index("occurred_at"))


def roll_up(rows: Sequence[HitRow]) -> Rollups:
    """Count hits and clicks by campaign and time, and by campaign and trait."""
    return Rollups(_by_quarter(rows), _by_trait(rows))


def differ(old: Sequence[HitRow], new: Sequence[HitRow]) -> Rollups:
    """Return what to add to the rollups when hits have become other ones."""
    before, after = roll_up(old), roll_up(new)
    return Rollups(
        _subtract(after.quarters, before.quarters), _subtract(after.traits, before.traits)
    )


def _by_quarter(rows: Sequence[HitRow]) -> dict[QuarterKey, list[int]]:
    since_epoch = map(sub, map(OCCURRED_AT, rows), repeat(EPOCH))
    numbers = map(floordiv, since_epoch, repeat(QUARTER))
    counted: defaultdict[QuarterKey, list[int]] = defaultdict(_none)
    for ((campaign_id, click_class), number), count in Counter(
        zip(map(CAMPAIGN_AND_CLASS, rows), numbers, strict=True)
    ).items():
        counts = counted[campaign_id, EPOCH + number * QUARTER]
        counts[0] += count
        counts[1] += count if click_class == PERSON else 0
    return counted


def _by_trait(rows: Sequence[HitRow]) -> dict[TraitKey, list[int]]:
    counted: defaultdict[TraitKey, list[int]] = defaultdict(_none)
    for kind in KINDS:
        traits, values_of = kind.traits, kind.values
        for (campaign_id, click_class, *of), count in Counter(map(kind.fields, rows)).items():
            click_count = count if click_class == PERSON else 0
            for trait, value in zip(traits, values_of(*of), strict=True):
                counts = counted[campaign_id, trait, value]
                counts[0] += count
                counts[1] += click_count
    return counted


def _subtract(after: dict[Key, list[int]], before: dict[Key, list[int]]) -> dict[Key, list[int]]:
    differences = {}
    for key in after.keys() | before.keys():
        hits, clicks = after.get(key) or _none()
        old_hits, old_clicks = before.get(key) or _none()
        if (hits, clicks) != (old_hits, old_clicks):
            differences[key] = [hits - old_hits, clicks - old_clicks]
    return differences


def _none() -> list[int]:
    return [0, 0]
