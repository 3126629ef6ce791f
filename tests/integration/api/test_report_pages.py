"""Reports come in pages that together hold everything once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.support.api import Api
from tests.support.reports import NUMBERS, a_campaign, a_hit, get
from tests.support.sends import Headers


async def test_pages_of_visits_do_not_drift_while_clicks_arrive(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    start = datetime.now(UTC)  # noqa: TID251 - a hit's partition is today's
    for second in range(5):
        await a_hit(api, campaign, 0, start + timedelta(seconds=second))

    seen: list[str] = []
    cursor: str | None = None
    while True:
        path = f"/campaigns/{campaign.uuid}/clicks"
        page = await get(api, acme, path, limit=2, cursor=cursor or "")
        seen += [visit["occurred_at"] for visit in page["clicks"]]
        await a_hit(api, campaign, 0, start + timedelta(seconds=100 + len(seen)))
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


async def test_pages_of_recipients_and_campaigns_cover_all_once(api: Api, acme: Headers) -> None:
    campaigns = [await a_campaign(api, acme) for _ in range(3)]

    first = await get(api, acme, "/campaigns", limit=2)
    second = await get(api, acme, "/campaigns", limit=2, cursor=first["next_cursor"])
    uuids = [report["uuid"] for report in first["campaigns"] + second["campaigns"]]
    path = f"/campaigns/{campaigns[0].uuid}/recipients"
    left = await get(api, acme, path, limit=2)
    right = await get(api, acme, path, limit=2, cursor=left["next_cursor"])

    assert uuids == [campaign.uuid for campaign in reversed(campaigns)]
    assert second["next_cursor"] is None
    positions = [row["position"] for row in left["recipients"] + right["recipients"]]
    assert positions == [0, 1, 2]


async def test_pages_of_a_numbers_history_cover_all_once_while_more_is_sent(
    api: Api, acme: Headers
) -> None:
    twice = f"{NUMBERS[0]},{NUMBERS[1]},{NUMBERS[0]}"
    sent = [await a_campaign(api, acme, mobile=twice) for _ in range(2)]
    await a_campaign(api, await api.account("stranger"), mobile=twice)
    path = f"/recipients/{NUMBERS[0]}"

    first = await get(api, acme, path, limit=3)
    await a_campaign(api, acme)
    second = await get(api, acme, path, limit=3, cursor=first["next_cursor"])

    assert [
        (row["campaign_uuid"], row["position"]) for row in first["messages"] + second["messages"]
    ] == [(campaign.uuid, position) for campaign in reversed(sent) for position in (2, 0)]
    assert second["next_cursor"] is None


async def test_a_page_behind_what_the_account_does_not_have_is_refused(
    api: Api, acme: Headers
) -> None:
    strangers = await a_campaign(api, await api.account("stranger"))

    for path, cursor in (
        ("/campaigns", strangers.uuid),
        ("/campaigns", str(uuid4())),
        (f"/recipients/{NUMBERS[0]}", f"{strangers.uuid}.0"),
        (f"/recipients/{NUMBERS[0]}", f"{strangers.uuid}."),
        (f"/recipients/{NUMBERS[0]}", f"{strangers.uuid}.2147483648"),
        (f"/recipients/{NUMBERS[0]}", "x.1"),
    ):
        response = await api.client.get(path, params={"cursor": cursor}, headers=acme)
        assert (response.status_code, response.json()["field"]) == (400, "cursor")


async def test_a_full_last_page_has_no_next(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    now = datetime.now(UTC)  # noqa: TID251 - a hit's partition is today's
    for position in range(3):
        await a_hit(api, campaign, position, now)

    pages = [
        await get(api, acme, "/campaigns", limit=1),
        await get(api, acme, f"/campaigns/{campaign.uuid}/recipients", limit=3),
        await get(api, acme, f"/campaigns/{campaign.uuid}/clicks", limit=3),
        await get(api, acme, f"/recipients/{NUMBERS[0]}", limit=1),
    ]

    assert [page["next_cursor"] for page in pages] == [None] * 4
    assert len(pages[2]["clicks"]) == 3
