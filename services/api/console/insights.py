"""What a campaign came to, as its report draws it: when, where, on what, and which machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.api.console.charts import Chart, draw
from services.api.console.maps import Map, draw_map
from services.api.console.rankings import Ranking, rank
from services.api.console.visits import Visit
from services.api.console.weeks import Week, draw_week
from services.api.console.wording import N_
from services.api.operations.read_reports import Breakdown, read_breakdown
from services.api.schemas.breakdowns import FailureCounts, ValueCounts, to_breakdown
from services.api.schemas.reports import CampaignReport, to_campaign_report
from shared.domain.clicks import ClickClass

# More than there are states of India, and than anybody reads of browsers.
LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class Insights:
    """The report of a campaign but for its recipients.

    Attributes:
        devices: Rankings by what they are of, marked for the catalogues.
        machines: Kinds of machines with their hits, the most first.
    """

    campaign: CampaignReport
    chart: Chart | None
    week: Week | None
    map: Map | None
    countries: Ranking
    regions: Ranking
    cities: Ranking
    devices: Mapping[str, Ranking]
    machines: Sequence[ValueCounts]
    failures: Sequence[FailureCounts]

    def values(self) -> dict[str, Any]:
        """Return it as a template names it."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


async def read_insights(visit: Visit, campaign_uuid: UUID) -> Insights:
    """Read what a campaign came to, out of what is kept counted of it.

    Raises:
        NotFoundError: The account has no such campaign.
    """
    account = visit.caller.account
    breakdown = await read_breakdown(
        visit.context.engine, account, campaign_uuid, top=LISTED, with_median=False
    )
    return _insights(breakdown, account.time_zone)


def _insights(breakdown: Breakdown, zone: ZoneInfo) -> Insights:
    campaign = to_campaign_report(breakdown.campaign, zone)
    told, clicks = to_breakdown(breakdown, zone), campaign.clicks
    machines = [each for each in told.classes.values if each.value != ClickClass.PERSON]
    return Insights(
        campaign,
        draw(breakdown.quarters, zone),
        draw_week(breakdown.quarters, zone),
        draw_map(told, clicks),
        rank(told.countries, clicks),
        rank(told.regions, clicks),
        rank(told.cities, clicks),
        {
            N_("Kind of device"): rank(told.device_types, clicks),
            N_("Browser"): rank(told.browsers, clicks),
            N_("System"): rank(told.operating_systems, clicks),
            N_("Device"): rank(told.devices, clicks),
            N_("Followed from"): rank(told.referrers, clicks),
        },
        sorted(machines, key=lambda each: -each.hits),
        told.failures,
    )
