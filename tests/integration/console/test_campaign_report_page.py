"""The report tells when, where and on what people clicked, and why a visit was a machine's."""

import re
from datetime import timedelta
from urllib.parse import unquote
from uuid import uuid4

from shared.clock import SystemClock
from tests.support.api import Api
from tests.support.consoles import Visitor, visitor
from tests.support.reports import (
    COUNT_CLICK,
    DELIVERED,
    NUMBERS,
    UNDELIVERED,
    Campaign,
    a_campaign,
    a_hit,
    a_personal_campaign,
    settle,
)

Headers = dict[str, str]
NOW = SystemClock().now()
HOSTILE = """"><script>alert(1)</script>'<img src=x onerror=alert(2)>{{ 123457*1001 }}"""
AS_TEXT = "&lt;script&gt;alert(1)&lt;/script&gt;"
ROW = re.compile(r'rowheader" scope="row"')


async def visits_of(one: Visitor, campaign: Campaign, number: int) -> str:
    """Return the path of a recipient's visits, as the report leads there."""
    page = (await one.get(f"/campaigns/{campaign.uuid}")).text
    (link,) = re.findall(rf'href="/console(/campaigns/[^"]+/recipients/[^"]+)">{number}<', page)
    return str(link)


async def count_traits(api: Api, campaign: Campaign, *traits: tuple[str, str, int, int]) -> None:
    """Count hits and clicks by trait, and the totals with them."""
    await api.database.executemany(
        "INSERT INTO trait_clicks (campaign_id, trait, value, hit_count, click_count) "
        "VALUES ($1, $2, $3, $4, $5)",
        [(campaign.id, *trait) for trait in traits],
    )
    await api.database.execute(
        "UPDATE campaign_clicks SET (hit_count, click_count) = ("
        "SELECT sum(hit_count), sum(click_count) FROM trait_clicks "
        "WHERE campaign_id = $1 AND trait = 'country') WHERE campaign_id = $1",
        campaign.id,
    )


async def test_clicks_are_on_the_map_and_in_the_tables(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await count_traits(
        api,
        campaign,
        ("country", "IN", 12, 9),
        ("country", "US", 1, 1),
        ("region", "IN\tMaharashtra", 6, 5),
        ("region", "IN\tLadakh", 1, 1),
        ("region", "IN\tNational Capital Territory of Delhi", 3, 3),
        ("region", "US\tOregon", 1, 1),
        ("city", "IN\tMaharashtra\tPune", 6, 5),
        ("browser", "Chrome Mobile", 9, 9),
        ("browser", "curl", 3, 0),
        ("device_type", "mobile", 10, 10),
        ("click_class", "person", 10, 10),
        ("click_class", "preview", 2, 0),
        ("click_class", "scanner", 1, 0),
    )

    page = (await asha.get(f"/campaigns/{campaign.uuid}")).text
    part = (await asha.get(f"/campaigns/{campaign.uuid}/insights")).text

    for name, clicks in (
        ("Maharashtra", 5),
        ("Delhi", 3),
        ("Jammu and Kashmir", 1),
        ("Goa", 0),
    ):
        assert f"<title>{name}: {clicks}</title>" in page
    assert "1 click is nowhere on the map." in page
    assert "United States" in page
    assert re.search(r"Pune <div[^>]*>Maharashtra, India</div>", page)
    assert "90%" in page
    assert "curl" not in page
    assert "Phone" in page
    assert page.index("App that shows a preview") < page.index("Filter, crawler or script")
    assert 'id="insights"' in part
    assert "<html" not in part


async def test_clicks_of_many_countries_are_on_a_map_of_countries(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await count_traits(
        api, campaign, ("country", "IN", 2, 2), ("country", "US", 3, 3), ("country", "SG", 1, 1)
    )

    page = (await asha.get(f"/campaigns/{campaign.uuid}")).text
    hindi = (await asha.get(f"/campaigns/{campaign.uuid}", **{"accept-language": "hi"})).text

    assert "<title>United States: 3</title>" in page
    assert "<title>भारत: 2</title>" in hindi
    # Too small for the map.
    assert "1 click is nowhere on the map." in page
    assert "Singapore" in page


async def test_hours_of_the_week_are_those_of_the_accounts_clocks(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await api.database.execute(
        "INSERT INTO quarter_clicks (campaign_id, quarter, hit_count, click_count) VALUES "
        # Sunday evening in London, and Monday's first hour in Kolkata.
        "($1, '2026-11-29 18:45Z', 9, 4), ($1, '2026-11-30 06:30Z', 2, 1)",
        campaign.id,
    )

    page = (await asha.get(f"/campaigns/{campaign.uuid}")).text

    assert "<title>Monday 00:00: 4</title>" in page
    assert "<title>Monday 12:00: 1</title>" in page
    assert "Most on Monday at 00:00" in page
    assert page.count("<title>Sunday ") == 24


async def test_a_recipients_visits_tell_why_they_are_a_persons_or_a_machines(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await settle(api, campaign, DELIVERED, DELIVERED, DELIVERED)
    for number in range(26):
        at = NOW - timedelta(minutes=number)
        await a_hit(api, campaign, 0, at, reasons=["headers:missing"], score=25)
    preview = {"click_class": "preview", "reasons": ["agent:whatsapp", "made:up"], "score": 100}
    await a_hit(api, campaign, 0, NOW - timedelta(hours=1), **preview)  # type: ignore[arg-type]
    await a_hit(api, campaign, 1, NOW)
    elsewhere = await a_campaign(api, acme, mobile="919876500000")
    stranger = (await visits_of(asha, elsewhere, 919876500000)).rpartition("/")[2]
    path = f"/campaigns/{campaign.uuid}/recipients"

    first = await asha.get(await visits_of(asha, campaign, NUMBERS[0]))
    (older,) = re.findall(r'href="/console([^"]+cursor=[^"]+)"', first.text)
    second = await asha.get(unquote(older))
    others = await asha.get(await visits_of(asha, campaign, NUMBERS[1]))
    none = await asha.get(await visits_of(asha, campaign, NUMBERS[2]))
    unknown = [await asha.get(f"{path}/{number}") for number in (stranger, NUMBERS[0])]
    listed = await asha.get(f"/campaigns/{campaign.uuid}")

    assert first.text.count('<li class="card">') == 25
    assert "Why we take it for a person" in first.text
    assert "A header was missing that browsers send." in first.text
    assert "That alone makes no machine of a person." in first.text
    assert second.text.count('<li class="card">') == 2
    assert "Why we take it for a machine" in second.text
    assert "the name with which WhatsApp fetches pages" in second.text
    assert "made:up" in second.text
    assert "203.0.113.7" in second.text
    assert "It looks like a person&#39;s browser in every respect." in others.text
    assert "Nobody and nothing has followed this link yet." in none.text
    assert [page.status_code for page in unknown] == [404, 404]
    assert f'href="/console{path}/' in listed.text


async def test_an_address_that_is_not_kept_is_said_to_be_so(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await a_hit(api, campaign, 0, NOW)
    await api.database.execute("UPDATE hit SET address = NULL")
    await api.database.execute(
        "UPDATE campaign_clicks SET hits_kept_from = $1", NOW - timedelta(days=3)
    )

    page = (await asha.get(await visits_of(asha, campaign, NUMBERS[0]))).text

    assert "not kept" in page
    assert "are no longer kept" in page


async def test_files_are_offered_to_those_who_may_have_them_and_open_by_the_session(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await a_hit(api, campaign, 0, NOW)
    page = (await asha.get(f"/campaigns/{campaign.uuid}?which=not_clicked")).text
    files = [unquote(each).replace("&amp;", "&") for each in re.findall(r'href="(\S+)" dow', page)]
    answers = [await asha.client.get(each) for each in files]
    async with visitor(api.app) as one:
        await one.sign_in("reader")
        offered = (await one.get(f"/campaigns/{campaign.uuid}")).text
        refused = [(await one.client.get(each)).status_code for each in files]

    assert len(files) == 4
    assert [answer.status_code for answer in answers] == [200] * 4
    assert all("attachment" in answer.headers["content-disposition"] for answer in answers)
    assert "which=not_clicked" in files[0]
    assert "203.0.113.7" in answers[2].text
    assert "recipients.csv" not in offered
    assert refused == [403] * 4


async def test_a_campaign_is_sent_again_to_those_who_did_not_click(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await settle(api, campaign, DELIVERED, UNDELIVERED, DELIVERED)
    await api.database.execute(COUNT_CLICK, campaign.id, 0, NOW)
    path = f"/campaigns/{campaign.uuid}/send-again"
    text = "Last day!\r\nhttps://shop.example.com/last"

    form = (await asha.get(path)).text
    tried = await asha.send(f"{path}/preview", {"msg": text})
    before = await api.count("campaign")
    sent = [await asha.send(path, {"msg": text, "once": "abc"}) for _ in range(2)]
    report = await asha.client.get(sent[0].headers["location"])

    assert ">\nSale: https://" in form
    assert "Send to 1 recipient now" in tried.text
    assert before == 1
    assert await api.count("campaign") == 2
    assert sent[0].headers["location"] == sent[1].headers["location"]
    assert "It is sent again to those who did not click." in report.text
    rows = await api.database.fetch(
        "SELECT c.body_before, m.msisdn FROM campaign c JOIN message m ON m.campaign_id = c.id "
        "WHERE c.id <> $1",
        campaign.id,
    )
    # A line break is one character, as it was typed.
    assert [tuple(row) for row in rows] == [("Last day!\n", NUMBERS[2])]


async def test_who_sends_again_sends_no_more_than_was_shown(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await settle(api, campaign, DELIVERED, UNDELIVERED, UNDELIVERED)
    path = f"/campaigns/{campaign.uuid}/send-again"
    tried = (await asha.send(f"{path}/preview")).text
    (agreed,) = re.findall(r'name="agreed_segments" value="(\d+)"', tried)
    await settle(api, campaign, DELIVERED, DELIVERED, DELIVERED)

    refused = await asha.send(path, {"once": "abc", "agreed_segments": agreed})

    assert refused.status_code == 409
    assert "It has come to more than you saw" in refused.text
    assert await api.count("campaign") == 1


async def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    path = f"/campaigns/{campaign.uuid}/send-again"
    nobody = await asha.send(f"{path}/preview", {"msg": "Last day: https://a.example.com"})
    await settle(api, campaign, DELIVERED, DELIVERED, DELIVERED)
    unlinked = await asha.send(f"{path}/preview", {"msg": f"No link {HOSTILE}"})
    nothing = await asha.send(path, {"msg": f"No link {HOSTILE}"})

    assert nobody.status_code == 400
    assert "Nobody is left to send to" in nobody.text
    assert "Last day: https://a.example.com</textarea>" in nobody.text
    await api.database.execute("UPDATE campaign SET text_let_go_at = now()")
    let_go = await asha.get(path)
    assert "There is no link in the message. Put one into it." in unlinked.text
    for page in (unlinked, nothing):
        assert page.status_code == 400
        assert 'aria-invalid="true"' in page.text
        assert "<script>alert" not in page.text
        assert AS_TEXT in page.text
    assert let_go.status_code == 409
    assert await api.count("campaign") == 1


async def test_texts_of_each_recipients_own_go_again_as_they_are(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    rows = [{"mobile": str(each), "msg": f"{each} https://a.example.com/x"} for each in NUMBERS]
    campaign = await a_personal_campaign(api, acme, *rows)
    await settle(api, campaign, DELIVERED, DELIVERED, DELIVERED)
    path = f"/campaigns/{campaign.uuid}/send-again"

    form = await asha.get(path)
    tried = await asha.send(f"{path}/preview")
    sent = await asha.send(path, {"once": "abc"})

    assert "<textarea" not in form.text
    assert "Send to 3 recipients now" in tried.text
    assert sent.status_code == 303


async def test_orders_of_the_list_ask_first(api: Api, acme: Headers, asha: Visitor) -> None:
    await api.database.execute("UPDATE account SET segment_price = 0.25, currency = 'INR'")
    campaign = await a_campaign(api, acme, smartLinkTitle="Autumn sale")
    path = f"/campaigns/{campaign.uuid}/confirm"
    listed = (await asha.get("/campaigns")).text
    pages = {order: await asha.get(f"{path}/{order}") for order in ("cancel", "duplicate")}
    async with visitor(api.app) as one:
        await one.sign_in("reader")
        refused = await one.get(f"{path}/cancel")
        offered = (await one.get("/campaigns")).text

    for order, page in pages.items():
        assert f'href="/console{path}/{order}"' in listed
        assert f'action="/console/campaigns/{campaign.uuid}/{order}"' in page.text
        assert "Autumn sale" in page.text
    assert "3 messages have not been handed over" in pages["cancel"].text
    assert 'name="once"' in pages["duplicate"].text
    assert refused.status_code == 403
    assert "/confirm/" not in offered


async def test_sending_once_more_shows_what_it_comes_to_now(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    await api.database.execute("UPDATE account SET segment_price = 0.25, currency = 'INR'")
    campaign = await a_campaign(api, acme)
    await api.database.execute("UPDATE account SET segment_price = 0.5")
    await api.client.put(f"/suppressions/{NUMBERS[0]}", headers=acme)
    path = f"/campaigns/{campaign.uuid}"

    report = (await asha.get(path)).text
    asked = (await asha.get(f"{path}/confirm/duplicate")).text
    agreed = dict(re.findall(r'name="(once|agreed_segments)" value="([^"]+)"', asked))
    await api.client.delete(f"/suppressions/{NUMBERS[0]}", headers=acme)
    refused = await asha.send(f"{path}/duplicate", agreed)

    assert f'href="/console{path}/confirm/duplicate"' in report
    assert f'action="/console{path}/duplicate"' not in report
    assert "<strong>2</strong>" in asked
    assert "1: This number has opted out." in asked
    assert "<strong>1 INR</strong>" in asked
    assert agreed["agreed_segments"] == "2"
    assert refused.status_code == 409
    assert "It has come to more than you saw" in refused.text
    assert "<strong>1.5 INR</strong>" in refused.text
    assert await api.count("campaign") == 1


async def test_what_cannot_be_sent_once_more_says_why_and_offers_nothing(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    path = f"/campaigns/{campaign.uuid}"
    for number in NUMBERS:
        await api.client.put(f"/suppressions/{number}", headers=acme)
    nobody = await asha.get(f"{path}/confirm/duplicate")
    given = await asha.send(f"{path}/duplicate", {"once": "abc"})
    await api.database.execute("UPDATE campaign SET text_let_go_at = now()")
    let_go = await asha.get(f"{path}/confirm/duplicate")

    assert [page.status_code for page in (nobody, given, let_go)] == [200, 400, 200]
    for page in (nobody, given, let_go):
        assert 'role="alert"' in page.text
        assert "Yes, send once more" not in page.text
    assert "they are wrong, or have opted out" in nobody.text
    assert "Its text is no longer kept" in let_go.text
    assert await api.count("campaign") == 1


async def test_the_list_is_searched_by_days(api: Api, acme: Headers, asha: Visitor) -> None:
    old = await a_campaign(api, acme, smartLinkTitle="Old")
    await a_campaign(api, acme, smartLinkTitle="New")
    await api.database.execute(
        "UPDATE campaign SET created_at = '2026-03-01 12:00Z' WHERE id = $1", old.id
    )

    found = (await asha.get("/campaigns?from=2026-03-01&to=2026-03-01")).text
    wrong = [
        (await asha.get(f"/campaigns?{days}")).text
        for days in ("from=2026-03-02&to=2026-03-01", "from=soon", "to=10000-01-01")
    ]

    ever = (await asha.get("/campaigns?from=0001-01-01&to=9999-12-31")).text

    assert ("Old" in found, "New" in found) == (True, False)
    assert len(ROW.findall(ever)) == 2
    for page in wrong:
        assert len(ROW.findall(page)) == 2
        assert "Give days such as 2026-11-30" in page


async def test_hostile_places_agents_and_causes_are_text(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await settle(api, campaign, DELIVERED, DELIVERED, DELIVERED)
    await count_traits(
        api,
        campaign,
        ("country", HOSTILE, 2, 2),
        ("region", f"IN\t{HOSTILE}", 2, 2),
        ("city", f"IN\t{HOSTILE}\t{HOSTILE}", 2, 2),
        *[(trait, HOSTILE, 2, 2) for trait in ("browser", "os", "device", "device_type")],
        ("referrer", HOSTILE, 2, 2),
        ("click_class", HOSTILE, 2, 2),
    )
    await api.database.execute(
        "INSERT INTO campaign_failure (campaign_id, status, cause, message_count) "
        "VALUES ($1, $2, $3, 1)",
        campaign.id,
        UNDELIVERED,
        HOSTILE,
    )
    await a_hit(api, campaign, 0, NOW, reasons=[HOSTILE])
    await api.database.execute(
        "UPDATE hit SET browser = $1, os = $1, device = $1, city = $1, region = $1, "
        "as_organisation = $1, user_agent = $1, referrer = $1",
        HOSTILE,
    )
    await api.database.execute("UPDATE campaign SET title = $1, body_before = $1", HOSTILE)
    path = f"/campaigns/{campaign.uuid}"

    for address in (
        f"{path}/insights",
        await visits_of(asha, campaign, NUMBERS[0]),
        f"{path}/send-again",
        f"{path}/confirm/duplicate",
    ):
        page = (await asha.get(address)).text
        assert AS_TEXT in page, address
        for run in ("<script>alert", "<img src=x", "123580457"):
            assert run not in page, address


async def test_two_to_five_campaigns_are_compared(api: Api, acme: Headers, asha: Visitor) -> None:
    first, second = [await a_campaign(api, acme, smartLinkTitle=f"{each} sale") for each in "ab"]
    await settle(api, first, DELIVERED, DELIVERED, UNDELIVERED)
    await settle(api, second, DELIVERED, DELIVERED, DELIVERED)
    await api.database.execute(
        "UPDATE campaign_clicks SET click_count = 9, clicker_count = 3 WHERE campaign_id = $1",
        second.id,
    )

    listed = (await asha.get("/campaigns")).text
    page = await asha.get(f"/campaigns/compare?c={first.uuid}&c={second.uuid}")
    one = await asha.get(f"/campaigns/compare?c={first.uuid}&c={first.uuid}")
    unknown = await asha.get(f"/campaigns/compare?c={first.uuid}&c={uuid4()}")

    assert f'value="{second.uuid}" form="compare"' in listed
    assert page.text.index("a sale") < page.text.index("b sale")
    assert '<span aria-hidden="true">+9</span>' in page.text
    assert '<span aria-hidden="true">-1</span>' in page.text
    assert '<span aria-hidden="true">+33.3%</span>' in page.text
    assert unknown.status_code == 404
    assert "Tick two to five campaigns" in one.text
