"""The browser's way back, which asks for a page anew, sends nothing twice."""

import html

from tests.support.api import Api
from tests.support.consoles import Visitor, hidden_fields
from tests.support.reports import DELIVERED, a_campaign, settle

Headers = dict[str, str]
SENDING = {
    "to": "numbers",
    "mobile": "9876543210",
    "msg": "Sale: https://shop.example.com/sale",
    "trackLink": "true",
}


async def test_the_way_back_to_the_check_does_not_send_again(api: Api, asha: Visitor) -> None:
    form = SENDING | hidden_fields(await asha.get("/send"), "once")
    first = await asha.send("/send/check", form)
    sent = await asha.send("/send", form | hidden_fields(first, "once", "agreed_segments"))

    # What the browser does on the way back: the check is asked for anew.
    back = await asha.send("/send/check", form)
    again = await asha.send("/send", form | hidden_fields(back, "once", "agreed_segments"))
    page = await asha.client.get(again.headers["location"])

    assert sent.headers["location"].endswith("/progress?done=sent")
    assert again.headers["location"] == sent.headers["location"] + "-before"
    assert "This was sent before, and is not sent again." in page.text
    assert await api.count("campaign") == 1
    changed = form | {"msg": "Last day: https://shop.example.com/sale"}
    refused = await asha.send("/send", changed | hidden_fields(back, "once"))
    assert "has been changed since" in html.unescape(refused.text)
    other = hidden_fields(refused, "once")
    assert (await asha.send("/send", changed | other)).status_code == 303
    assert await api.count("campaign") == 2


async def test_the_way_back_to_who_did_not_click_does_not_send_again(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await settle(api, campaign, DELIVERED, DELIVERED, DELIVERED)
    path = f"/campaigns/{campaign.uuid}/send-again"
    form = hidden_fields(await asha.get(path), "once") | {"msg": "Now: https://a.example.com/x"}
    for _ in range(2):
        tried = await asha.send(f"{path}/preview", form)
        sent = await asha.send(path, form | hidden_fields(tried, "once", "agreed_segments"))
        assert sent.status_code == 303

    assert await api.count("campaign") == 2
