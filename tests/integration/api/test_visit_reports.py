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


async def test_visits_that_are_let_go_of_are_said_to_be_and_not_shown(
    api: Api, acme: Headers
) -> None:
    campaign = await a_campaign(api, acme)
    now = datetime.now(UTC)  # noqa: TID251 - a hit's partition is today's
    await a_hit(api, campaign, 0, now)
    path = f"/campaigns/{campaign.uuid}"
    mark = "UPDATE campaign_clicks SET hits_kept_from = $1 WHERE campaign_id = $2"
    kept_from = datetime(2099, 1, 1, tzinfo=UTC)
    whole = await get(api, acme, f"{path}/clicks")
    # As an upkeep leaves it that has yet to delete them.
    await api.database.execute(mark, kept_from, campaign.id)

    page = await get(api, acme, f"{path}/clicks", tz="Asia/Kolkata")
    report = await get(api, acme, path, tz="Asia/Kolkata")
    file = await api.client.get(f"{path}/clicks.csv?tz=Asia/Kolkata", headers=acme)

    assert (whole["visits_kept_from"], len(whole["clicks"])) == (None, 1)
    assert (page["visits_kept_from"], page["clicks"]) == ("2099-01-01T05:30:00+05:30", [])
    assert report["visits_kept_from"] == "2099-01-01T05:30:00+05:30"
    assert file.headers["x-visits-kept-from"] == "2099-01-01T05:30:00+05:30"
    assert f"clicks-{campaign.uuid}-since-2099-01-01.csv" in file.headers["content-disposition"]
    assert len(file.text.splitlines()) == 1


async def test_of_a_truncated_address_the_first_of_its_network_is_shown(
    api: Api, acme: Headers
) -> None:
    campaign = await a_campaign(api, acme)
    now = datetime.now(UTC)  # noqa: TID251 - a hit's partition is today's
    await a_hit(api, campaign, 0, now)
    await api.database.execute("UPDATE hit SET address = '203.0.113.0/24'")

    [visit] = (await get(api, acme, f"/campaigns/{campaign.uuid}/clicks"))["clicks"]

    assert visit["ip"] == "203.0.113.0"
