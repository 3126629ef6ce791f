"""What may be changed of links after they were sent, and what may not."""

import uuid

import pytest

from services.api.domain.errors import InvalidValueError
from services.api.operations.change_links import LinkChanges, change_links
from services.api.operations.change_sending import SendingChanges, change_sending
from shared.storage.engine import create_engine
from tests.support.api import Api

Headers = dict[str, str]
SEND = {"mobile": "919876543210", "msg": "See https://a.example.com", "trackLink": "true"}


async def changed(api: Api, campaign: str, changes: LinkChanges) -> None:
    engine = create_engine(api.database_url, application="test")
    try:
        await change_links(engine, campaign, changes)
    finally:
        await engine.dispose()


async def sent(api: Api, headers: Headers, **values: str) -> str:
    answer = await api.client.get("/send", params=SEND | values, headers=headers)
    campaign: str = answer.json()["uuid"]
    return campaign


async def test_changes_are_kept_and_leave_the_rest_as_it_is(api: Api, acme: Headers) -> None:
    campaign = await sent(api, acme)

    await changed(api, campaign, LinkChanges(is_paused=True, query_mode="override"))
    await changed(api, campaign, LinkChanges(expires_at="2030-01-01T00:00:00+05:30"))

    row = await api.database.fetchrow(
        "SELECT is_paused, query_mode, extract(year FROM expires_at)::integer FROM link_block"
    )
    assert row is not None
    assert tuple(row) == (True, "override", 2029)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param(LinkChanges(), "name at least one", id="nothing"),
        pytest.param(LinkChanges(expires_at="tomorrow"), "with its offset", id="no time"),
        pytest.param(LinkChanges(expires_at="2030-01-01T00:00:00"), "offset", id="no offset"),
    ],
)
async def test_change_that_cannot_be_made_says_what_would_be_right(
    api: Api, acme: Headers, changes: LinkChanges, told: str
) -> None:
    campaign = await sent(api, acme)

    with pytest.raises(InvalidValueError, match=told):
        await changed(api, campaign, changes)


async def test_only_a_campaign_with_tracked_links_has_links_to_change(
    api: Api, acme: Headers
) -> None:
    for campaign in (await sent(api, acme, trackLink="false"), str(uuid.uuid4()), "x"):
        with pytest.raises(InvalidValueError, match="campaign"):
            await changed(api, campaign, LinkChanges(is_paused=True))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://", "https://a b"])
async def test_who_comes_too_late_can_only_be_led_to_a_web_address(
    api: Api, acme: Headers, url: str
) -> None:
    del acme
    engine = create_engine(api.database_url, application="test")

    with pytest.raises(InvalidValueError, match="gone_url must be a web link"):
        await change_sending(engine, "acme", SendingChanges(gone_url=url))

    await engine.dispose()
