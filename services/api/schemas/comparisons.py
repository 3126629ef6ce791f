"""Campaigns side by side, as they go over the wire."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.domain.money import amount_text
from services.api.domain.time_spans import best_hour, by_hour
from services.api.operations.compare_campaigns import ComparedCampaign
from services.api.schemas.breakdowns import HourCounts, whole_seconds
from services.api.schemas.reports import UNKNOWN_TEXT, CampaignReport, Report, to_campaign_report

RATE_DECIMALS = 4
COUNTED = ("recipients", "delivered", "failed", "hits", "clicks", "unique_clickers")
RATES = ("delivery_rate", "click_through_rate")
AMOUNTS = ("cost", "cost_per_click")
EXAMPLE: JsonDict = {
    "time_zone": "Asia/Kolkata",
    "campaigns": [
        {
            "name": "a",
            "uuid": "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de",
            "title": "Diwali, short text",
            "sent_at": "2026-11-24T10:00:00+05:30",
            "recipients": 1_000,
            "delivered": 950,
            "failed": 40,
            "hits": 300,
            "clicks": 210,
            "unique_clickers": 190,
            "delivery_rate": 0.95,
            "click_through_rate": 0.2,
            "median_first_click_s": 840,
            "best_hour": {"start": "2026-11-24T10:00:00+05:30", "hits": 180, "clicks": 130},
            "currency": "INR",
            "cost": "150.00",
            "cost_per_click": "0.7143",
        },
        {
            "name": "b",
            "uuid": "b2f7d1de-6d4d-4f63-9a53-4f5d8f0f5a0e",
            "title": "Diwali, long text",
            "sent_at": "2026-11-24T18:00:00+05:30",
            "recipients": 1_000,
            "delivered": 960,
            "failed": 30,
            "hits": 420,
            "clicks": 300,
            "unique_clickers": 288,
            "delivery_rate": 0.96,
            "click_through_rate": 0.3,
            "median_first_click_s": 600,
            "best_hour": {"start": "2026-11-24T19:00:00+05:30", "hits": 200, "clicks": 160},
            "currency": "INR",
            "cost": "300.00",
            "cost_per_click": "1.00",
        },
    ],
    "differences": [
        {
            "name": "b",
            "recipients": 0,
            "delivered": 10,
            "failed": -10,
            "hits": 120,
            "clicks": 90,
            "unique_clickers": 98,
            "delivery_rate": 0.01,
            "click_through_rate": 0.1,
            "median_first_click_s": -240,
            "cost": "150.00",
            "cost_per_click": "0.2857",
        }
    ],
}


class Figures(Report):
    """What is compared."""

    name: str = Field(description="The parameter that names the campaign")
    recipients: int
    delivered: int | None
    failed: int | None
    hits: int
    clicks: int
    unique_clickers: int
    delivery_rate: float | None
    click_through_rate: float | None
    median_first_click_s: int | None
    cost: str | None
    cost_per_click: str | None


class CampaignFigures(Figures):
    """One campaign; its figures are those of its report and its breakdown."""

    uuid: UUID
    title: str
    sent_at: datetime = Field(description="When it was sent, or is to go out")
    delivered: int | None = Field(description=UNKNOWN_TEXT)
    failed: int | None = Field(description=UNKNOWN_TEXT)
    delivery_rate: float | None = Field(
        description=f"Delivered among all recipients, 0 to 1, to four decimals; {UNKNOWN_TEXT}"
    )
    click_through_rate: float | None = Field(
        description="Clickers by messages delivered; null while none is"
    )
    best_hour: HourCounts | None = Field(description="With the most clicks; null without any")
    currency: str | None


class FigureDifferences(Figures):
    """What a campaign has more than `a`; negative where it has less, null where one has none."""

    cost: str | None = Field(description="Null also where the currencies differ")
    cost_per_click: str | None = Field(description="Null also where the currencies differ")


class CampaignComparison(Report):
    """Campaigns side by side. All figures are of one moment."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    time_zone: str
    campaigns: list[CampaignFigures]
    differences: list[FigureDifferences] = Field(description="Of all but the first, to the first")


def to_comparison(compared: Sequence[ComparedCampaign], zone: ZoneInfo) -> CampaignComparison:
    """Put campaigns side by side, the others compared with the first."""
    first, *others = [_figures(each, zone) for each in compared]
    return CampaignComparison(
        time_zone=zone.key,
        campaigns=[first, *others],
        differences=[_differences(other, first) for other in others],
    )


def _figures(compared: ComparedCampaign, zone: ZoneInfo) -> CampaignFigures:
    report = to_campaign_report(compared.campaign, zone)
    best = best_hour(by_hour(compared.quarters, zone))
    return CampaignFigures(
        name=compared.name,
        uuid=report.uuid,
        title=report.title,
        sent_at=_sent_at(report),
        **{name: getattr(report, name) for name in COUNTED},
        delivery_rate=_delivery_rate(report),
        click_through_rate=report.click_through_rate,
        median_first_click_s=whole_seconds(compared.median_first_click),
        best_hour=best and HourCounts(**best._asdict()),
        currency=report.currency,
        cost=report.cost,
        cost_per_click=report.cost_per_click,
    )


def _delivery_rate(report: CampaignReport) -> float | None:
    if report.delivered is None:
        return None
    return round(report.delivered / report.recipients, RATE_DECIMALS)


def _sent_at(report: CampaignReport) -> datetime:
    return max(report.created_at, report.scheduled_at or report.created_at)


def _differences(other: CampaignFigures, first: CampaignFigures) -> FigureDifferences:
    values: dict[str, object] = {"name": other.name}
    for name in (*COUNTED, *RATES, "median_first_click_s"):
        one, another = getattr(first, name), getattr(other, name)
        known = one is not None and another is not None
        # Rounded, since binary fractions of four decimals differ by a little more or less.
        values[name] = round(another - one, RATE_DECIMALS) if known else None
    for name in AMOUNTS:
        one, another = getattr(first, name), getattr(other, name)
        known = one is not None and another is not None and first.currency == other.currency
        values[name] = amount_text(Decimal(another) - Decimal(one)) if known else None
    return FigureDifferences.model_validate(values)
