"""Bars stand where their time is, and are as high as their counts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.api.console.charts import HEIGHT, MAX_DAYS, WIDTH, draw
from services.api.domain.time_spans import Quarter

ZONE = ZoneInfo("Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)  # noon in Kolkata


def quarter(hours: float, hits: int, clicks: int) -> Quarter:
    return Quarter(START + timedelta(hours=hours), hits, clicks)


def test_nothing_has_no_picture() -> None:
    assert draw([], ZONE) is None


def test_hours_without_a_click_have_room() -> None:
    chart = draw([quarter(0, 5, 4), quarter(0.25, 1, 0), quarter(2, 1, 1)], ZONE)

    assert chart is not None
    assert not chart.is_of_days
    assert [(bar.start.hour, bar.clicks, bar.machines) for bar in chart.bars] == [
        (12, 4, 2),
        (13, 0, 0),
        (14, 1, 0),
    ]
    assert [bar.height for bar in chart.bars] == [HEIGHT, 0, HEIGHT / 4]
    assert [bar.y + bar.height for bar in chart.bars] == [HEIGHT] * 3
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH for bar in chart.bars)


def test_machines_alone_make_no_bar() -> None:
    chart = draw([quarter(0, 3, 0)], ZONE)

    assert chart is not None
    assert (chart.highest, chart.bars[0].height, chart.bars[0].machines) == (0, 0, 3)


def test_longer_spans_are_of_days_and_the_newest_of_them() -> None:
    chart = draw([quarter(0, 1, 1), quarter(24 * 200, 2, 2)], ZONE)

    assert chart is not None
    assert chart.is_of_days
    assert len(chart.bars) == MAX_DAYS
    assert (chart.bars[-1].clicks, chart.bars[0].clicks) == (2, 0)


def test_the_hour_that_comes_twice_has_two_bars() -> None:
    back = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    quarters = [Quarter(back + timedelta(hours=hours), 1, 1) for hours in range(3)]

    chart = draw(quarters, BERLIN)

    assert chart is not None
    assert [(bar.start.hour, bar.clicks) for bar in chart.bars] == [(2, 1), (2, 1), (3, 1)]
