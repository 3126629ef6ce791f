"""Parcels lose no batch, mix no kinds, and keep the order of each kind."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events import BATCH_EVENTS
from shared.domain.webhook_packing import DueBatch, pack

BATCHES = st.lists(
    st.builds(
        DueBatch,
        account_id=st.just(1),
        kind=st.sampled_from(["click.recorded", "message.failed"]),
        key=st.tuples(st.integers(1, 9), st.just("clicks"), st.integers(1, 9)),
        event_count=st.integers(1, BATCH_EVENTS),
    ),
    max_size=60,
)


@given(BATCHES)
def test_each_batch_is_in_one_parcel_in_its_order(batches: list[DueBatch]) -> None:
    parcels = pack(batches)

    for kind in ("click.recorded", "message.failed"):
        packed = [key for parcel in parcels if parcel.kind == kind for key in parcel.keys]
        assert packed == [batch.key for batch in batches if batch.kind == kind]
    assert sum(parcel.event_count for parcel in parcels) == sum(b.event_count for b in batches)
    assert all(0 < parcel.event_count <= BATCH_EVENTS for parcel in parcels)


def test_small_batches_go_together() -> None:
    batches = [DueBatch(1, "message.failed", (1, "deliveries", n), 1) for n in range(250)]

    assert [parcel.event_count for parcel in pack(batches)] == [100, 100, 50]
