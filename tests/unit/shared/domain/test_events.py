"""Events as they are told."""

from datetime import UTC, datetime
from uuid import UUID

from shared.domain.events import Event, EventKind, utc_text


def test_times_are_told_in_utc_to_the_microsecond() -> None:
    assert utc_text(datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)) == "2026-11-25T01:02:03.000000Z"
    assert utc_text(None) is None


def test_an_event_tells_its_type_and_campaign_first_and_prints_no_number() -> None:
    event = Event(EventKind.CLICK_RECORDED, UUID(int=1), 0, {"mobile": "919876543210"})

    assert list(event.to_json()) == ["type", "campaign_uuid", "mobile"]
    assert "919876543210" not in repr(event)
