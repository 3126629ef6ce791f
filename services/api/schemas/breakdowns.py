"""What a campaign came to by time, by place and by device, as it goes over the wire."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from services.api.domain.time_spans import best_hour, by_day, by_hour, by_week_hour
from services.api.operations.read_reports import Breakdown
from services.api.schemas.reports import Report
from services.api.storage.reports import Row
from shared.domain.messages import MessageStatus
from shared.domain.traits import PLACE_SEPARATOR, Trait


class Counts(Report):
    """How often links were followed."""

    hits: int = Field(description="By people and machines")
    clicks: int = Field(description="By people")


class HourCounts(Counts):
    """An hour of the zone's clocks."""

    start: datetime


class DayCounts(Counts):
    """A day of the zone."""

    day: date


class WeekHourCounts(Counts):
    """An hour of the week, over all weeks."""

    weekday: int = Field(description="1 is Monday, 7 Sunday")
    hour: int = Field(description="0 to 23, as the zone's clocks show it")


class ValueCounts(Counts):
    """A browser, a system, a device, a referrer or a class."""

    value: str | None = Field(description="Null where it is not known")


class PlaceCounts(Counts):
    """A country, region or city; null where it is not known."""

    country: str | None = Field(description="ISO 3166-1 alpha-2")
    region: str | None = None
    city: str | None = None


class OtherCounts(Counts):
    """What is not listed."""

    values: int = Field(description="How many values that are")


class ValueList(Report):
    """Values with the most clicks first."""

    values: list[ValueCounts]
    others: OtherCounts | None = Field(description="Null if all are listed")


class PlaceList(Report):
    """Places with the most clicks first."""

    values: list[PlaceCounts]
    others: OtherCounts | None = Field(description="Null if all are listed")


class FailureCounts(Report):
    """Messages that did not arrive, for one cause."""

    status: str
    cause: str | None = Field(description="As the carrier put it; null if it did not")
    messages: int


class CampaignBreakdown(Report):
    """Who clicked, when, where and on what. All figures are of one moment."""

    uuid: UUID
    time_zone: str = Field(description="Of hours and days")
    hours: list[HourCounts] = Field(description="Those in which anything came")
    days: list[DayCounts] = Field(description="Those in which anything came")
    hours_of_week: list[WeekHourCounts] = Field(
        description="All 168, from Monday's first, over all weeks"
    )
    best_hour: HourCounts | None = Field(
        description="With the most clicks, the first of several; null without any"
    )
    median_first_click_s: int | None = Field(
        description="Whole seconds from the send until half of those who clicked had clicked; "
        "null if nobody did"
    )
    classes: ValueList = Field(description="person, or the kind of machine it is taken for")
    countries: PlaceList
    regions: PlaceList
    cities: PlaceList
    browsers: ValueList
    operating_systems: ValueList
    device_types: ValueList
    devices: ValueList
    referrers: ValueList = Field(description="Hosts of the pages on which links were followed")
    failures: list[FailureCounts] = Field(description="Why messages did not arrive")


def to_breakdown(breakdown: Breakdown, zone: ZoneInfo) -> CampaignBreakdown:
    """Turn what a campaign came to into its report."""
    hours = by_hour(breakdown.quarters, zone)
    best = best_hour(hours)
    traits = {trait: list(rows) for trait, rows in groupby(breakdown.traits, itemgetter("trait"))}
    return CampaignBreakdown(
        uuid=breakdown.campaign["uuid"],
        time_zone=zone.key,
        hours=[HourCounts(**hour._asdict()) for hour in hours],
        days=[DayCounts(**day._asdict()) for day in by_day(breakdown.quarters, zone)],
        hours_of_week=[
            WeekHourCounts(**hour._asdict()) for hour in by_week_hour(breakdown.quarters, zone)
        ],
        best_hour=best and HourCounts(**best._asdict()),
        median_first_click_s=whole_seconds(breakdown.median_first_click),
        classes=_values(traits, Trait.CLICK_CLASS),
        countries=_places(traits, Trait.COUNTRY),
        regions=_places(traits, Trait.REGION),
        cities=_places(traits, Trait.CITY),
        browsers=_values(traits, Trait.BROWSER),
        operating_systems=_values(traits, Trait.OS),
        device_types=_values(traits, Trait.DEVICE_TYPE),
        devices=_values(traits, Trait.DEVICE),
        referrers=_values(traits, Trait.REFERRER),
        failures=[
            FailureCounts(
                status=MessageStatus(row["status"]).word,
                cause=row["cause"] or None,
                messages=row["message_count"],
            )
            for row in breakdown.failures
        ],
    )


def whole_seconds(duration: timedelta | None) -> int | None:
    """Return the whole seconds of a duration; nothing of nothing."""
    return None if duration is None else int(duration.total_seconds())


def _values(traits: Mapping[str, Sequence[Row]], trait: Trait) -> ValueList:
    rows = traits.get(trait, ())
    listed = [
        ValueCounts(value=row["value"] or None, **_counts(row))
        for row in rows
        if row["value"] is not None
    ]
    return ValueList(values=listed, others=_others(rows))


def _places(traits: Mapping[str, Sequence[Row]], trait: Trait) -> PlaceList:
    rows = traits.get(trait, ())
    listed = []
    for row in rows:
        if row["value"] is not None:
            names = [name or None for name in row["value"].split(PLACE_SEPARATOR)]
            country, region, city = (*names, None, None)[:3]
            listed.append(PlaceCounts(country=country, region=region, city=city, **_counts(row)))
    return PlaceList(values=listed, others=_others(rows))


def _others(rows: Sequence[Row]) -> OtherCounts | None:
    return next(
        (
            OtherCounts(values=row["value_count"], **_counts(row))
            for row in rows
            if row["value"] is None
        ),
        None,
    )


def _counts(row: Row) -> dict[str, int]:
    return {"hits": row["hit_count"], "clicks": row["click_count"]}
