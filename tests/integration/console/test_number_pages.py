"""One number is found, told of, left alone, handed out and forgotten; and no address has it."""

import re
from datetime import timedelta

from services.api.console.sealed_numbers import readable
from services.api.domain.roles import UserKind
from shared.clock import SystemClock
from tests.integration.console.test_pages import HOSTILE, TEXT_OF_HOSTILE
from tests.support.api import Api
from tests.support.consoles import PASSWORD, Visitor, visitor
from tests.support.reports import (
    COUNT_CLICK,
    DELIVERED,
    UNDELIVERED,
    Campaign,
    a_campaign,
    a_hit,
    settle,
)

Headers = dict[str, str]
NUMBER = "919876543210"
ROW = re.compile(r'rowheader" scope="row"')
NOW = SystemClock().now()


async def page_of(one: Visitor, written: str = NUMBER) -> str:
    """Return the path of a number's page, as a search leads there."""
    answer = await one.send("/numbers", {"mobile": written})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix("/console")


def visits_at(path: str, campaign: Campaign) -> str:
    """Return the path of a number's visits on its link of a campaign."""
    return f"/campaigns/{campaign.uuid}/recipients/{path.rpartition('/')[2]}"


async def a_visited_campaign(api: Api, acme: Headers) -> Campaign:
    """Send to the number, whose link a person follows once and a machine twice."""
    campaign = await a_campaign(api, acme, smartLinkTitle="Autumn sale")
    await settle(api, campaign, DELIVERED, UNDELIVERED, DELIVERED)
    await a_hit(api, campaign, 0, NOW)
    for seconds in (1, 2):
        await a_hit(
            api,
            campaign,
            0,
            NOW - timedelta(seconds=seconds),
            click_class="preview",
            reasons=["agent:whatsapp"],
            score=100,
        )
    await api.database.execute(COUNT_CLICK, campaign.id, 0, NOW)
    await api.database.execute("UPDATE recipient_clicks SET hit_count = 3")
    return campaign


async def test_a_number_is_found_in_any_written_form_and_no_address_has_it(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_visited_campaign(api, acme)
    for written in ("919876543210", "+91 98765-43210", "09876543210", "९८७६५४३२१०"):
        path = await page_of(asha, written)
        page = (await asha.get(path)).text

        assert "+91 98765 43210" in page
        assert "Autumn sale" in page
        assert "Delivered" in page
        links = re.findall(r'(?:href|action|hx-get)="([^"]+)"', page)
        assert f"/console{visits_at(path, campaign)}" in links
        assert not [link for link in (path, *links) if "9876543210" in link]


async def test_what_is_no_number_is_told_at_the_field_and_stays_typed(asha: Visitor) -> None:
    for written, told, in_hindi in (
        ("", "Write the digits", "अंक लिखें"),
        ("98765", "Digits are missing", "अंक कम हैं"),
        ("asha@example.com", "is of digits", "अंकों का होता है"),
        ("022 2345 6789", "landline", "लैंडलाइन"),
    ):
        answer = await asha.send("/numbers", {"mobile": written})
        hindi = await asha.send("/numbers", {"mobile": written}, **{"accept-language": "hi"})

        assert answer.status_code == 400, written
        assert told in answer.text
        assert f'value="{written}"' in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert in_hindi in hindi.text


async def test_a_history_tells_people_and_machines_apart_page_by_page(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_visited_campaign(api, acme)
    path = await page_of(asha)
    first = (await asha.get(path)).text
    visits = (await asha.get(visits_at(path, campaign))).text
    await a_campaign(api, acme, mobile=",".join([NUMBER] * 50), duplicateCheck="false")
    newest = (await asha.get(path)).text
    (older,) = re.findall(r'href="([^"]+cursor=[^"]+)"', newest)
    second = (await asha.client.get(older)).text
    wrong = await asha.get(f"{path}?cursor=nonsense")

    cells = re.findall(r'data-label="(?:Clicks|Machines)">(?:<span>)?(\d+)', first)
    assert cells == ["1", "2"]
    assert visits.count("Why we take it for a machine") == 2
    assert visits.count("Why we take it for a person") == 1
    assert [len(ROW.findall(each)) for each in (newest, second)] == [50, 1]
    assert "Autumn sale" in second
    assert wrong.status_code == 400


async def test_an_opt_out_is_noted_and_taken_back_with_its_reason(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    path = await page_of(asha)
    wrong = await asha.send(f"{path}/opt-out", {"note": "x" * 501, "source": "reply"})
    noted = await asha.send(f"{path}/opt-out", {"source": "reply", "note": "Answered STOP"})
    page = (await asha.client.get(noted.headers["location"])).text
    by_api = (await api.client.get(f"/suppressions/{NUMBER}", headers=acme)).json()
    again = await asha.send(f"{path}/opt-out", {"note": "Telephoned"})
    told = (await asha.client.get(again.headers["location"])).text
    back = await asha.send(f"{path}/opt-in", {"note": "Asked for it by letter"})
    twice = await asha.send(f"{path}/opt-in", {"note": "Asked twice"})

    assert wrong.status_code == 400
    assert f'value="{"x" * 501}"' in wrong.text
    assert 'value="reply" checked' in wrong.text
    assert "Opted out" in page
    assert "Answered STOP" in page
    assert (by_api["source"], by_api["author_name"]) == ("reply", "asha")
    assert "had opted out before" in told
    assert "Telephoned" not in told
    assert back.status_code == 303
    assert twice.status_code == 404
    assert "May be sent to" in twice.text
    entry = await api.database.fetchrow(
        "SELECT subject, before, after FROM audit_entry WHERE action = 'suppression.remove'"
    )
    assert entry is not None
    assert entry["subject"] == "9198******10"
    assert "Answered STOP" in entry["before"]
    assert entry["after"] == '{"note": "Asked for it by letter"}'


async def test_a_number_from_abroad_opts_out_as_what_it_is(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    # Its digits alone would be a number of India's.
    path = await page_of(asha, "+6591234567")
    await asha.send(f"{path}/opt-out", {"source": "console"})
    listed = (await api.client.get("/suppressions", headers=acme)).json()["suppressions"]
    back = await asha.send(f"{path}/opt-in")

    assert [(each["mobile"], each["source"]) for each in listed] == [("6591234567", "console")]
    assert back.status_code == 303
    assert await api.count("suppression") == 0


async def test_all_that_is_kept_is_handed_out_and_noted(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    await a_visited_campaign(api, acme)
    path = await page_of(asha)
    answer = await asha.get(f"{path}/export")
    document = answer.json()

    assert 'filename="recipient.json"' in answer.headers["content-disposition"]
    assert (document["mobile"], len(document["visits"])) == (NUMBER, 3)
    action = "SELECT author_name FROM audit_entry WHERE action = 'recipient.export'"
    assert await api.database.fetchval(action) == "asha"


async def test_nothing_is_erased_unless_the_number_is_typed_again(api: Api, asha: Visitor) -> None:
    path = await page_of(asha)
    for typed in ("", "919876543211", "9876"):
        answer = await asha.send(f"{path}/erase", {"mobile": typed, "keep_opt_out": "1"})

        assert answer.status_code == 400
        assert "That is another number" in answer.text
        assert f'value="{typed}"' in answer.text
    assert await api.count("erasure") == 0


async def test_an_erasure_is_begun_and_followed(api: Api, asha: Visitor) -> None:
    ended = []
    for typed, kept in (("98765 43210", {"keep_opt_out": "1"}), ("+91 98765 43211", {})):
        path = await page_of(asha, typed)
        begun = await asha.send(f"{path}/erase", {"mobile": typed} | kept)
        follow = begun.headers["location"].removeprefix("/console")
        under_way = (await asha.get(follow)).text
        await api.database.execute(
            "UPDATE erasure SET step = 'done', msisdn = NULL, due_at = NULL, "
            "message_count = 1234, finished_at = now() WHERE msisdn IS NOT NULL"
        )
        ended.append((await asha.get(follow, **{"hx-request": "true"})).text)

        assert begun.status_code == 303
        assert "987654321" not in follow
        assert "9198******1" in under_way
        assert 'hx-trigger="every 2s"' in under_way
        assert "hx-trigger" not in ended[-1]
        assert "<html" not in ended[-1]
        assert "1,234" in ended[-1]
    assert ["Forgotten, too" in each for each in ended] == [False, True]
    kept_ones = await api.database.fetch("SELECT msisdn FROM suppression")
    assert [row["msisdn"] for row in kept_ones] == [919876543210]


async def test_what_each_may_do_is_offered_and_no_more(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    await a_visited_campaign(api, acme)
    path = await page_of(asha)
    await asha.send(f"{path}/opt-out", {"source": "console"})
    opted_out = {}
    free = {}
    for login in ("asha", "sender", "analyst", "reader"):
        async with visitor(api.app) as one:
            await one.sign_in(login)
            opted_out[login] = (await one.get(path)).text
            free[login] = (await one.get(await page_of(one, "919876543211"))).text

    def offered(pages: dict[str, str], what: str) -> list[str]:
        return [login for login, page in pages.items() if what in page]

    assert offered(free, '/opt-out"') == ["asha", "sender"]
    assert offered(opted_out, '/opt-in"') == ["asha"]
    assert offered(free, '/erase"') == ["asha"]
    assert offered(free, '/export"') == ["asha"]
    assert offered(opted_out, "Autumn sale") == ["asha", "sender", "analyst", "reader"]


async def test_another_accounts_numbers_are_nobodys(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_visited_campaign(api, acme)
    path = await page_of(asha)
    await asha.send(f"{path}/opt-out", {"note": "Acme's own"})
    group = (await api.client.post("/groups", json={"name": "Gold"}, headers=acme)).json()
    contacts = {"contacts": [{"mobile": NUMBER, "columns": {"City": "Pune"}}]}
    await api.client.post(f"/groups/{group['id']}/contacts", json=contacts, headers=acme)
    begun = await asha.send(f"{await page_of(asha, '919876543299')}/erase", {"mobile": "99"})
    erased = await api.client.delete("/recipients/919876543299", headers=acme)
    await api.account("beta", "BETAIN")
    await api.user("beta", "bela", PASSWORD, "owner", UserKind.CONSOLE)
    async with visitor(api.app) as bela:
        await bela.sign_in("bela")
        theirs = [
            await bela.get(path),
            await bela.get(f"{path}/export"),
            await bela.get(visits_at(path, campaign)),
            await bela.get(f"/numbers/erasures/{erased.json()['id']}"),
            *[await bela.send(f"{path}/{order}") for order in ("opt-out", "opt-in", "erase")],
        ]
        own = await page_of(bela)
        page = (await bela.get(own)).text
        visits = await bela.get(visits_at(own, campaign))

    assert begun.status_code == 400
    assert [answer.status_code for answer in theirs] == [404] * 7
    assert visits.status_code == 404
    for text in ("Acme's own", "Autumn sale", "Gold", "Pune", "Opted out"):
        assert text not in page
    mine = (await asha.get(path)).text
    assert "Gold" in mine
    assert "City: Pune" in mine


async def test_damaged_addresses_are_unknown(asha: Visitor) -> None:
    path = await page_of(asha)
    for damaged in (path[:-2] + "xx", "/numbers/919876543210", "/numbers/txs1.", "/numbers/%00"):
        assert (await asha.get(damaged)).status_code == 404


async def test_what_strangers_wrote_is_text(api: Api, acme: Headers, asha: Visitor) -> None:
    campaign = await a_visited_campaign(api, acme)
    group = (await api.client.post("/groups", json={"name": "Gold"}, headers=acme)).json()
    contacts = {"contacts": [{"mobile": NUMBER, "columns": {"City": HOSTILE}}]}
    await api.client.post(f"/groups/{group['id']}/contacts", json=contacts, headers=acme)
    await api.client.put(f"/suppressions/{NUMBER}", json={"note": HOSTILE}, headers=acme)
    for statement in (
        "UPDATE campaign SET title = $1",
        "UPDATE message SET failure_cause = $1",
        "UPDATE contact_group SET name = $1",
        "UPDATE suppression SET author_name = $1",
        "UPDATE hit SET user_agent = $1, referrer = $1, browser = $1, city = $1, device = $1",
        "UPDATE hit SET as_organisation = $1, reasons = ARRAY[$1]",
    ):
        await api.database.execute(statement, HOSTILE)
    path = await page_of(asha)
    pages = [
        await asha.get(path),
        await asha.get(visits_at(path, campaign)),
        await asha.send("/numbers", {"mobile": HOSTILE}),
        await asha.send(f"{path}/erase", {"mobile": HOSTILE}),
        await asha.send(f"{path}/opt-in", {"note": HOSTILE * 9}),
    ]

    for page in pages:
        assert TEXT_OF_HOSTILE in page.text
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "123580457" not in page.text


def test_numbers_are_written_as_people_read_them() -> None:
    assert readable(6591234567) == "+65 9123 4567"
    assert readable(57575) == "57575"
