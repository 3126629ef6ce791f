"""What an account is told of the visits to its links."""

from datetime import UTC, datetime, timedelta

from tests.support.api import Api
from tests.support.reports import a_campaign, a_hit, get
from tests.support.sends import Headers


async def test_visits_are_people_only_unless_all_are_asked_for(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    start = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a hit's partition is today's
    await a_hit(api, campaign, 1, start)
    await a_hit(api, campaign, 1, start + timedelta(seconds=1), click_class="preview")

    people = (await get(api, acme, f"/campaigns/{campaign.uuid}/clicks"))["clicks"]
    every = (await get(api, acme, f"/campaigns/{campaign.uuid}/clicks", machines=True))["clicks"]

    assert [visit["click_class"] for visit in people] == ["person"]
    assert [visit["click_class"] for visit in every] == ["preview", "person"]
    visit = people[0]
    assert (visit["mobile"], visit["ip"]) == ("919876543211", "203.0.113.7")
    assert (visit["asn"], visit["as_organisation"]) == (64_500, "Example Mobile")
    assert (visit["browser"], visit["os"], visit["device_type"]) == (
        "Chrome Mobile",
        "Android",
        "mobile",
    )
    assert datetime.fromisoformat(visit["occurred_at"]) == start


async def test_a_visit_shows_its_class_with_the_reasons_and_the_score(
    api: Api, acme: Headers
) -> None:
    campaign = await a_campaign(api, acme)
    now = datetime.now(UTC)  # noqa: TID251 - a hit's partition is today's
    reasons = ["network:hosting", "headers:missing"]
    await a_hit(api, campaign, 1, now, click_class="scanner", reasons=reasons, score=70)

    path = f"/campaigns/{campaign.uuid}/clicks"
    [visit] = (await get(api, acme, path, machines=True))["clicks"]

    assert (visit["click_class"], visit["reasons"], visit["score"]) == ("scanner", reasons, 70)


async def test_visits_can_be_asked_of_one_number_in_any_form(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    now = datetime.now(UTC)  # noqa: TID251 - a hit's partition is today's
    await a_hit(api, campaign, 0, now)
    await a_hit(api, campaign, 1, now)

    path = f"/campaigns/{campaign.uuid}/clicks"
    visits = (await get(api, acme, path, mobile="+91 98765 43211"))["clicks"]

    assert [visit["mobile"] for visit in visits] == ["919876543211"]
