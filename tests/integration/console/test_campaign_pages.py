"""Campaigns are listed, searched, reported and ordered about, each account's own alone."""

import re
from datetime import timedelta

from services.api.domain.roles import UserKind
from shared.clock import SystemClock
from tests.support.api import Api
from tests.support.consoles import PASSWORD, Visitor, visitor
from tests.support.reports import DELIVERED, UNDELIVERED, a_campaign, a_hit, settle

Headers = dict[str, str]
ROW = re.compile(r'rowheader" scope="row"')
FAR = f"{SystemClock().now() + timedelta(days=200):%Y-%m-%d %H:%M}"


async def test_the_list_is_read_page_by_page_and_searched(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    for number in range(27):
        await a_campaign(api, acme, mobile="919876543210", smartLinkTitle=f"Sale {number:02}.")
    first = await asha.get("/campaigns")
    (older,) = re.findall(r'href="([^"]+cursor=[^"]+)"', first.text)
    second = await asha.client.get(older.replace("&amp;", "&"))
    found = await asha.get("/campaigns?title=sale+1", **{"hx-request": "true"})
    none = await asha.get("/campaigns?status=paused")
    odd = await asha.get("/campaigns?status=nonsense&title=%00")

    assert (len(ROW.findall(first.text)), len(ROW.findall(second.text))) == (25, 2)
    assert first.text.index("Sale 26.") < first.text.index("Sale 25.")
    assert "Sale 01." in second.text
    assert len(ROW.findall(found.text)) == 10
    assert "<html" not in found.text
    assert "No campaign is like that" in none.text
    assert len(ROW.findall(odd.text)) == 25


async def test_a_report_tells_people_and_machines_apart(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await settle(api, campaign, DELIVERED, DELIVERED, UNDELIVERED)
    now = SystemClock().now()
    await a_hit(api, campaign, 0, now)
    await api.database.execute(
        "UPDATE campaign_clicks SET hit_count = 1234567, click_count = 4, clicker_count = 1"
    )
    await api.database.execute(
        "INSERT INTO recipient_clicks (campaign_id, position, hit_count, click_count, "
        "first_click_at, last_click_at) VALUES ($1, 0, 1, 1, $2, $2)",
        campaign.id,
        now,
    )
    await api.database.execute(
        "INSERT INTO quarter_clicks (campaign_id, quarter, hit_count, click_count) VALUES "
        "($1, '2026-11-30 06:30Z', 9, 4)",
        campaign.id,
    )

    page = (await asha.get(f"/campaigns/{campaign.uuid}")).text
    hindi = (
        await asha.get(f"/campaigns/{campaign.uuid}/totals", **{"accept-language": "hi"})
    ).text
    clicked = (await asha.get(f"/campaigns/{campaign.uuid}?which=clicked")).text
    failed = (await asha.get(f"/campaigns/{campaign.uuid}?which=failed")).text

    # As India writes numbers, and by the clocks of the account.
    assert "<dd>12,34,563</dd>" in page
    assert "<dd>50%</dd>" in page
    assert "30 Nov 12:00" in page
    assert re.search(r'<rect x="[^"]+" y="0.0" width="[^"]+" height="160.0"', page)
    assert f'data-live="{campaign.uuid}"' in page
    assert "क्लिक करने वाले लोग" in hindi
    assert [len(ROW.findall(each)) for each in (page, clicked, failed)] == [3, 1, 1]
    assert "Undelivered" in failed


async def test_orders_are_given_by_forms(api: Api, acme: Headers, asha: Visitor) -> None:
    campaign = await a_campaign(api, acme, scheduleTime=FAR)
    path = f"/campaigns/{campaign.uuid}"
    shown = []
    for order in ("pause", "resume", "cancel"):
        answer = await asha.send(f"{path}/{order}")
        assert answer.status_code == 303, order
        shown.append((await asha.client.get(answer.headers["location"])).text)
    refused = await asha.send(f"{path}/pause")
    part = await asha.get(f"{path}/totals", **{"hx-request": "true"})
    once = {"once": "abc"}
    copies = [await asha.send(f"{path}/duplicate", once) for _ in range(2)]

    assert ["Paused" in shown[0], "Scheduled" in shown[1], "Cancelled" in shown[2]] == [True] * 3
    assert "/resume" in shown[0]
    assert "/pause" not in shown[2]
    assert refused.status_code == 409
    assert "where this cannot be done any more" in refused.text
    assert 'class="primary"' not in refused.text
    assert f'href="/console{path}"' in refused.text
    # What may be ordered follows what happens.
    assert 'id="orders" hx-ext="morph" hx-swap-oob="morph"' in part.text
    assert f'href="/console{path}/confirm/duplicate"' in part.text
    assert f'action="/console{path}/cancel"' not in part.text
    assert copies[0].headers["location"] == copies[1].headers["location"]
    assert await api.count("campaign") == 2
    actions = await api.database.fetch(
        "SELECT action, author_name FROM audit_entry WHERE action LIKE 'campaign.%' ORDER BY id"
    )
    assert {row["author_name"] for row in actions[-4:]} == {"asha"}


async def test_another_accounts_campaigns_are_unknown(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await api.account("beta", "BETAIN")
    await api.user("beta", "bela", PASSWORD, "owner", UserKind.CONSOLE)
    path = f"/campaigns/{campaign.uuid}"
    async with visitor(api.app) as bela:
        await bela.sign_in("bela")
        answers = [
            await bela.get(path),
            await bela.get(f"{path}/totals"),
            await bela.get(f"{path}/events"),
            *[await bela.send(f"{path}/{order}") for order in ("pause", "cancel", "duplicate")],
        ]
        listed = await bela.get("/campaigns")
        phone = await bela.get("/sandbox")
        behind = await bela.get(f"/campaigns?cursor={campaign.uuid}")

    assert [answer.status_code for answer in answers] == [404] * 6
    assert campaign.uuid not in listed.text
    assert campaign.uuid not in phone.text
    assert behind.status_code == 400
    assert (await asha.get(path)).status_code == 200


async def test_who_may_only_read_is_offered_no_orders(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme, scheduleTime=FAR)
    async with visitor(api.app) as one:
        await one.sign_in("reader")
        page = (await one.get(f"/campaigns/{campaign.uuid}")).text

    assert "/pause" not in page
    assert "/cancel" not in page
    assert "Send once more" not in page


async def test_a_phone_that_is_known_as_it_is_is_not_sent_again(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    part = {"hx-request": "true"}
    empty = await asha.get("/sandbox")
    (known,) = re.findall(r"known=([0-9a-f]+)", empty.text)
    same = await asha.get(f"/sandbox?known={known}", **part)
    await api.database.execute(
        "INSERT INTO sandbox_message (carrier_message_id, account_id, sender_id, msisdn, body, "
        "encoding, segment_count, receipt_state, receipt_due_at) "
        "SELECT msisdn::text, id, 'ACMEIN', msisdn, 'Hello', 'GSM-7', 1, state, now() "
        "FROM account, (VALUES (919876543210, 'DELIVRD'), (919876543211, 'UNDELIV')) "
        "AS sent (msisdn, state)"
    )
    await api.database.execute("UPDATE sandbox_message SET receipt_sent_at = now()")
    changed = await asha.get(f"/sandbox?known={known}", **part)
    delivered = await asha.get("/sandbox?number=919876543210")

    assert "Nothing has been sent yet" in empty.text
    assert same.status_code == 204
    assert "919876543211" in changed.text
    assert "Hello" not in changed.text
    assert "<p>Hello</p>" in delivered.text
    assert acme["apikey"] not in delivered.text


async def test_without_campaigns_the_page_leads_to_the_first(api: Api, asha: Visitor) -> None:
    page = (await asha.get("/campaigns")).text
    async with visitor(api.app) as one:
        await one.sign_in("reader")
        of_reader = (await one.get("/campaigns")).text

    (card,) = re.findall(r'<div class="card empty">(.*?)</div>', page, re.DOTALL)
    assert re.findall(r'href="([^"]+)"', card) == ["/console/send", "/console/sandbox"]
    assert "What is sent stands here" in of_reader
    assert 'href="/console/send"' not in of_reader


async def test_what_is_scheduled_says_when_it_goes_out(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme, scheduleTime=FAR)
    path = f"/campaigns/{campaign.uuid}"
    pages = [(await asha.get(each)).text for each in ("/campaigns", path, f"{path}/progress")]
    await asha.send(f"{path}/cancel")
    cancelled = (await asha.get(path)).text

    for page in pages:
        assert "goes out on " in page
        # Nobody has it yet who could have clicked.
        assert "/send-again" not in page
    assert "sent to" not in pages[2]
    assert "3 recipients" in pages[2]
    assert "goes out on " not in cancelled


async def test_empty_pages_lead_who_may_send_to_the_form(api: Api, asha: Visitor) -> None:
    async with visitor(api.app) as reader:
        await reader.sign_in("reader")
        for path in ("/campaigns", "/sandbox"):
            assert 'class="button primary" href="/console/send"' in (await asha.get(path)).text
            assert "/console/send" not in (await reader.get(path)).text
        assert (await reader.get("/send")).status_code == 403
