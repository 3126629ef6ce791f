"""Gathering batches of events into what one request to a webhook carries."""

from collections.abc import Iterable
from typing import NamedTuple

from shared.domain.events import BATCH_EVENTS

BatchKey = tuple[int, str, int]


class DueBatch(NamedTuple):
    """A batch of events, of which somebody is to be told.

    Attributes:
        key: Campaign, source and number.
    """

    account_id: int
    kind: str
    key: BatchKey
    event_count: int


class Parcel(NamedTuple):
    """What one request carries: events of one kind, of any campaigns of an account."""

    kind: str
    keys: list[BatchKey]
    event_count: int


def pack(batches: Iterable[DueBatch]) -> list[Parcel]:
    """Put batches of one account into as few parcels as their order allows.

    A parcel holds ``BATCH_EVENTS`` events at most, unless one batch alone has more.
    """
    open_parcels: dict[str, Parcel] = {}
    parcels: list[Parcel] = []
    for batch in batches:
        parcel = open_parcels.get(batch.kind)
        if parcel is not None and parcel.event_count + batch.event_count > BATCH_EVENTS:
            parcels.append(open_parcels.pop(batch.kind))
            parcel = None
        keys, count = (parcel.keys, parcel.event_count) if parcel else ([], 0)
        open_parcels[batch.kind] = Parcel(
            batch.kind, [*keys, batch.key], count + batch.event_count
        )
    return [*parcels, *open_parcels.values()]
