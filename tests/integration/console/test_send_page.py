"""Send SMS: the form, what it shows as one types, the check, the send, and how far it is."""

import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.support.api import Api, running_api
from tests.support.consoles import Visitor, hidden_fields, visitor

Headers = dict[str, str]
LINK = "https://www.example.com/signup?x=1"
TEXT = f"Dear parent, see https://www.example.com/about or enrol: {LINK} Regards"
HOSTILE = "<script>alert(1)</script>{{ 123457*1001 }}\u202e"
PARTIAL = {"hx-request": "true"}
CSV = "Phone,Name,<script>alert(1)</script>\n9876543210,Asha,a\n9876543211,{{ 7*7 }},b\nnone,X,c\n"
# Fields as they are typed, and what is said of them.
LOOKED_AT: tuple[tuple[Headers, str], ...] = (
    ({"msg": "no link at all"}, "There is no link to track yet"),
    ({"msg": f"go:{LINK}x.Now https://a.example.com/b,c"}, "Tracked"),
    ({"msg": "at http://localhost/x"}, "only your own network reaches"),
    ({"msg": "Dear {name}: " + LINK}, "What stands in braces goes out as it is"),
    ({"msg": f"see {LINK}", "dltEntityId": "123"}, "India's operators would drop"),
    ({"msg": ""}, "Write a message, and it appears here"),
)
# The same of a send that is checked, and the field that it stands at.
REFUSED: tuple[tuple[Headers, str, str], ...] = (
    ({"mobile": " "}, "mobile", "Give at least one mobile number."),
    ({"mobile": "12345"}, "mobile", "None of the numbers can be sent to"),
    ({"msg": " "}, "msg", "Write the message first."),
    ({"msg": "no link"}, "msg", "There is no link to track yet"),
    ({"msg": "a" * 4_000, "trackLink": ""}, "msg", "more than 20 segments"),
    ({"senderId": "OTHER"}, "senderId", "not registered for the account"),
    ({"when": "later", "scheduleTime": ""}, "scheduleTime", "Choose a day and a time"),
    ({"when": "later", "scheduleTime": "2001-01-01T10:00"}, "scheduleTime", "from now on"),
    ({"when": "later", "scheduleTime": "2999-01-01T10:00"}, "scheduleTime", "within a year"),
    ({"dltEntityId": "x"}, "dltEntityId", "Write its digits alone"),
    ({"dltTemplateId": "x"}, "dltTemplateId", "Write its digits alone"),
    ({"to": "group", "group": ""}, "group", "Choose a contact group."),
    ({"to": "upload", "upload": ""}, "upload", "Choose a file first."),
)


def fields(**changed: str) -> Headers:
    values = {
        "to": "numbers",
        "mobile": "9876543210, 9876543211",
        "msg": TEXT,
        "trackLink": "true",
    }
    return values | {"appendHttp": "true", "duplicateCheck": "true"} | changed


def hidden(page: httpx.Response) -> Headers:
    """Return the fields that a page keeps for its form."""
    fields = hidden_fields(page)
    return {name: fields[name] for name in fields if name != "csrf_token"}


def read(page: httpx.Response) -> str:
    """Return the text of a page as it is read."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


async def confirm(asha: Visitor, page: httpx.Response) -> httpx.Response:
    return await asha.send("/send", hidden(page))


async def an_upload(asha: Visitor, content: str = CSV, kind: str = "text/csv") -> httpx.Response:
    headers = {"x-csrf-token": await asha.csrf_token(), "content-type": kind} | PARTIAL
    address = "/console/send/files?name=%3Cscript%3E.csv"
    return await asha.client.post(address, content=content, headers=headers)


async def read_upload(asha: Visitor) -> str:
    """Upload a file and return its id once it is read."""
    (upload,) = re.findall(r'name="upload" value="([^"]+)"', (await an_upload(asha)).text)
    while "is being read" in (page := await asha.get(f"/send/files/{upload}")).text:
        assert 'hx-trigger="load delay' in page.text
    assert page.headers["hx-trigger-after-settle"] == "counted"
    return str(upload)


@pytest.fixture
async def _three_credits(api: Api, acme: Headers) -> None:
    """Let the account be prepaid with three credits."""
    del acme
    await api.database.execute(
        "INSERT INTO account_credit (account_id, balance) SELECT id, 3 FROM account"
    )


async def test_a_send_is_checked_confirmed_once_and_followed(api: Api, asha: Visitor) -> None:
    checked = await asha.send("/send/check", fields(mobile="9876543210 9876543211\r\n12345"))
    assert checked.status_code == 200
    assert "Send to 2 recipients?" in checked.text
    assert "Digits are missing" in checked.text
    assert await api.count("campaign") == 0

    sent = await confirm(asha, checked)
    again = await confirm(asha, checked)

    assert sent.status_code == again.status_code == 303
    assert re.fullmatch(
        r"/console/campaigns/[0-9a-f-]{36}/progress\?done=sent", sent.headers["location"]
    )
    assert again.headers["location"] == sent.headers["location"] + "-before"
    assert await api.count("campaign") == 1
    page = await asha.client.get(sent.headers["location"])
    assert "sent to 2" in page.text
    assert "data-live=" in page.text
    part = await asha.client.get(sent.headers["location"], headers=PARTIAL)
    assert 'data-stage="queued">2<' in part.text
    assert "<html" not in part.text


async def test_line_ends_of_a_form_cost_one_character(api: Api, asha: Visitor) -> None:
    checked = await asha.send("/send/check", fields(msg="one\r\ntwo", trackLink=""))
    await confirm(asha, checked)

    assert await api.database.fetchval("SELECT body_before FROM campaign") == "one\ntwo"


async def test_numbers_are_counted_with_why_they_are_left_out(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    await api.client.put("/suppressions/919876543211", headers=acme)
    pasted = "9876543210\t9876543210\r\n919876543211;12345\n02226403000\n9876543212"

    page = await asha.send("/send/numbers", fields(mobile=pasted), **PARTIAL)

    said = read(page)
    for part in (
        "2 accepted",
        "1 repeated",
        "2 invalid",
        "1 opted out",
        "12345 Digits are missing",
    ):
        assert part in said
    assert hidden(page) == {"first": "919876543210", "count": "2"}
    assert page.headers["hx-trigger-after-settle"] == "counted"
    known = await asha.send(
        "/send/numbers", fields(mobile=pasted, category="transactional"), **PARTIAL
    )
    assert "3 accepted" in read(known)


async def test_more_numbers_than_other_forms_may_hold_are_taken(api: Api, asha: Visitor) -> None:
    pasted = "\n".join(str(919876500000 + each) for each in range(10_000))

    page = await asha.send("/send/numbers", fields(mobile=pasted), **PARTIAL)
    checked = await asha.send("/send/check", fields(mobile=pasted))

    assert "10,000 accepted" in read(page)
    assert "counted again when you leave the field" in read(page)
    assert "Send to 10,000 recipients?" in checked.text
    assert (await confirm(asha, checked)).status_code == 303
    assert await api.count("message") == 10_000


async def test_a_long_list_that_nobody_waits_for_any_more_is_not_counted(
    api: Api, asha: Visitor
) -> None:
    async def left(scope: Scope, receive: Receive, send: Send) -> None:
        is_all = False

        async def receive_all() -> Message:
            nonlocal is_all
            if is_all:
                return {"type": "http.disconnect"}
            message = await receive()
            is_all = not message.get("more_body")
            return message

        await api.app(scope, receive_all, send)

    typed = [fields(mobile="9876543210," * count) for count in (5_000, 4_000)]
    transport = httpx.ASGITransport(left)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://api.test", cookies=asha.client.cookies
    ) as client:
        gone = Visitor(client)
        long, short = [await gone.send("/send/numbers", each, **PARTIAL) for each in typed]

    assert (long.status_code, long.text) == (204, "")
    assert "1 accepted" in read(short)


async def test_a_large_form_of_nobody_is_not_read(
    api: Api, database_url: str, acme: Headers
) -> None:
    del acme
    async with visitor(api.app) as stranger:
        stranger.client.cookies.set("__Host-txlink-session", "x" * 40)
        answer = await stranger.client.post("/console/send/check", data={"mobile": "9" * 100_000})
    assert answer.status_code == 303
    async with (
        running_api(database_url, max_body_octets=30_000) as small,
        visitor(small.app) as one,
    ):
        await one.sign_in("asha")
        refused = await one.send("/send/check", fields(mobile="9876543210," * 3_000))
    assert refused.status_code == 413


@pytest.mark.usefixtures("_three_credits")
async def test_the_preview_shows_the_message_its_links_and_what_it_costs(
    asha: Visitor,
) -> None:
    counted = {"first": "919876543210", "count": "2"}
    page = await asha.send("/send/preview", fields(mobile="") | counted, **PARTIAL)

    said = read(page)
    assert re.search(r"<mark>https://tx1\.in/[0-9A-Za-z]{6}</mark>", page.text)
    assert f"<mark>{LINK.replace('&', '&amp;')}</mark>" in page.text
    assert "Tracked : each recipient gets a short link" in said
    assert "https://www.example.com/about Left as it is" in said
    assert "to 919876543210" in said
    assert "1 segment" in said
    assert "Plain characters (GSM-7)" in said
    assert "2 credits of the 3 credits that the account has" in said
    bare = await asha.send("/send/preview", fields(appendHttp="false"), **PARTIAL)
    assert re.search(r"<mark>tx1\.in/[0-9A-Za-z]{6}</mark>", bare.text)
    untracked = await asha.send("/send/preview", fields(trackLink=""), **PARTIAL)
    assert "<mark>" not in untracked.text
    assert f"{LINK} Left as it is" in read(untracked)


async def test_costly_characters_are_named_and_replaced_in_one_go(asha: Visitor) -> None:
    text = f"\u201cSale\u201d \u2013 now: {LINK}"
    page = await asha.send("/send/preview", fields(msg=text), **PARTIAL)

    said = read(page)
    assert "Unicode (UCS-2)" in said
    assert "3 characters make it Unicode" in said
    assert "U+201C left double quotation mark" in said
    assert "Replace all of them" in said
    replaced = hidden(page)["replaced"]
    assert replaced == f'"Sale" - now: {LINK}'
    # Without script the button sends the form, and it comes back so.
    form = await asha.send("/send/form", fields(msg=text, do="plain", replaced=replaced))
    assert (
        html.escape(replaced, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
        in form.text
    )
    emoji = read(await asha.send("/send/preview", fields(msg=f"{text} \U0001f600"), **PARTIAL))
    assert "Replace those that can be" in emoji
    hindi = read(await asha.send("/send/preview", fields(msg=f"नमस्ते, देखिए: {LINK}"), **PARTIAL))
    assert "This script goes as Unicode" in hindi
    assert "Replace" not in hindi


async def test_the_preview_says_what_to_look_at(asha: Visitor) -> None:
    for changed, said in LOOKED_AT:
        page = await asha.send("/send/preview", fields(**changed), **PARTIAL)

        assert page.status_code == 200
        assert said in read(page), changed


async def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    asha: Visitor,
) -> None:
    for changed, place, said in REFUSED:
        page = await asha.send("/send/check", fields(smartLinkTitle=HOSTILE, **changed))

        assert 400 <= page.status_code < 500, changed
        told = re.search(
            rf'<p class="field-wrong" role="alert" id="{place}-wrong">([^<]*)<', page.text
        )
        assert told is not None, changed
        assert said in html.unescape(told[1])
        assert f'aria-describedby="{place}-wrong' in page.text
        assert HOSTILE in html.unescape(page.text)
        assert "<script>alert" not in page.text


@pytest.mark.usefixtures("_three_credits")
async def test_what_the_account_lacks_is_told_with_what_to_do(api: Api, asha: Visitor) -> None:
    many = fields(mobile="9876543210,9876543211,9876543212,9876543213")

    page = await asha.send("/send/check", many)
    refused = await asha.send("/send", hidden(page))

    assert "needs 4 credits and the account has 3. Top it up" in read(page)
    assert 'class="primary"' not in page.text
    assert refused.status_code == 402
    assert "needs 4 credits and the account has 3. Top it up" in read(refused)
    assert "9876543213" in refused.text
    assert await api.count("campaign") == 0
    enough = await asha.send("/send/check", fields())
    assert "3 now, 1 after it" in read(enough)
    await api.database.execute("UPDATE account_credit SET daily_cap = 1")
    capped = await asha.send("/send", hidden(enough))
    assert capped.status_code == 429
    assert "may send 1 a day" in read(capped)


async def test_a_blocked_destination_is_refused_at_the_message(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    block = {"block": ["example.com"], "allow": []}
    assert (await api.client.put("/destination-list", json=block, headers=acme)).is_success

    page = await asha.send("/send/check", fields())

    assert "block-list" in page.text
    assert 'id="msg-wrong"' in page.text


async def test_a_send_is_scheduled_by_the_clocks_of_the_account(api: Api, asha: Visitor) -> None:
    later = await api.database.fetchval(
        "SELECT to_char(now() AT TIME ZONE 'Asia/Kolkata' + '2 days', 'YYYY-MM-DD\"T\"18:30')"
    )
    checked = await asha.send("/send/check", fields(when="later", scheduleTime=str(later)))
    sent = await confirm(asha, checked)

    assert "18:30" in checked.text
    assert "Schedule for 2" in checked.text
    page = await asha.client.get(sent.headers["location"])
    assert "18:30 (Asia/Kolkata)" in page.text
    assert "It waits for its time." in page.text


async def test_a_test_goes_to_one_number_as_a_campaign_of_its_own(api: Api, asha: Visitor) -> None:
    form = await asha.get("/send")
    once = hidden(form)["onceTest"]
    own = fields(mobile="", testMobile="98765 43219", smartLinkTitle="Sale", onceTest=once)

    sent = await asha.send("/send/test", own, **PARTIAL)
    again = await asha.send("/send/test", own, **PARTIAL)
    wrong = await asha.send("/send/test", own | {"testMobile": "12"}, **PARTIAL)
    whole = await asha.send("/send/test", own)

    assert "The test is on its way." in sent.text
    assert hidden(sent)["onceTest"] != once
    assert again.status_code == whole.status_code == 200
    assert TEXT in html.unescape(whole.text)
    assert "Digits are missing" in wrong.text
    rows = await api.database.fetch("SELECT title, message_count FROM campaign")
    assert [tuple(row) for row in rows] == [("Test: Sale", 1)]
    assert await api.database.fetchval("SELECT msisdn FROM message") == 919876543219


async def test_a_file_fills_the_text_of_each_recipient(api: Api, asha: Visitor) -> None:
    upload = await read_upload(asha)
    state = await asha.get(f"/send/files/{upload}")
    assert "2 accepted" in read(state)
    assert "1 invalid" in read(state)
    of_file = fields(to="upload", upload=upload, msg=f"Dear {{Name}}, enrol: {LINK}")

    preview = await asha.send("/send/preview", of_file, **PARTIAL)
    checked = await asha.send("/send/check", of_file)
    tested = await asha.send(
        "/send/test", of_file | {"testMobile": "9876543219", "onceTest": "a"}, **PARTIAL
    )
    sent = await confirm(asha, checked)

    said = read(preview)
    assert "Dear Asha, enrol: https://tx1.in/" in said
    assert 'data-insert="{Name}"' in preview.text
    assert "<script>alert(1)</script> cannot stand in braces" in said
    assert "Dear {{ 7*7 }}, enrol" in said
    assert "about 2 segments in all" in said
    assert "Send to 2 recipients?" in checked.text
    assert "on its way" in tested.text
    assert sent.status_code == 303
    texts = await api.database.fetch("SELECT body_before FROM personal_text ORDER BY 1")
    assert [row[0] for row in texts] == [
        "Dear Asha, enrol: ",
        "Dear Asha, enrol: ",
        "Dear {{ 7*7 }}, enrol: ",
    ]
    for page in (state, preview, checked):
        assert "<script>alert" not in page.text
    missing = await asha.send("/send/check", of_file | {"msg": f"{{City}} {LINK}"})
    assert "There is no column City to fill in" in read(missing)


async def test_a_file_comes_with_the_whole_form_where_there_is_no_script(
    api: Api, asha: Visitor
) -> None:
    values = fields(smartLinkTitle="Kept", csrf_token=await asha.csrf_token())
    address = "/console/send/files"

    page = await asha.client.post(
        address, data=values, files={"file": ("people.csv", CSV, "text/csv")}
    )
    none = await asha.client.post(address, data=values, files={"file": ("", b"")})
    forged = await asha.client.post(
        address,
        data=values | {"csrf_token": "x"},
        files={"file": ("people.csv", CSV, "text/csv")},
    )

    assert page.status_code == 200
    assert 'name="upload" value=' in page.text
    assert 'value="Kept"' in page.text
    assert LINK in page.text
    assert none.status_code == 400
    assert "Choose a file first. It must not be empty." in none.text
    assert forged.status_code == 403
    assert await api.count("upload") == 1


async def test_files_that_cannot_be_read_say_why(asha: Visitor) -> None:
    other = await an_upload(asha, "x", "application/pdf")
    empty = await an_upload(asha, "")
    nowhere = await asha.get("/send/files/0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de")
    bad = await an_upload(asha, "Name\nAsha\n")
    (upload,) = re.findall(r'name="upload" value="([^"]+)"', bad.text)
    while "is being read" in (page := await asha.get(f"/send/files/{upload}")).text:
        pass

    assert (other.status_code, empty.status_code, nowhere.status_code) == (415, 400, 404)
    assert "Choose a csv, txt or xlsx file." in other.text
    assert "must not be empty" in empty.text
    assert "No column is named Phone" in page.text


async def test_a_group_is_chosen_and_its_columns_are_filled_in(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    group = (await api.client.post("/groups", json={"name": HOSTILE[:30]}, headers=acme)).json()
    contacts = [{"mobile": "9876543210", "columns": {"City": "Pune"}}]
    put = await api.client.post(
        f"/groups/{group['id']}/contacts", json={"contacts": contacts}, headers=acme
    )
    assert put.is_success, put.text
    of_group = fields(to="group", group=group["id"], msg=f"To {{City}}: {LINK}")

    form = await asha.get("/send")
    preview = await asha.send("/send/preview", of_group, **PARTIAL)
    sent = await confirm(asha, await asha.send("/send/check", of_group))

    assert "<script>alert" not in form.text
    assert group["id"] in form.text
    assert "To Pune: https://tx1.in/" in read(preview)
    assert 'data-insert="{City}"' in preview.text
    assert sent.status_code == 303


async def test_no_more_goes_out_than_was_shown(api: Api, acme: Headers, asha: Visitor) -> None:
    group = (await api.client.post("/groups", json={"name": "Club"}, headers=acme)).json()["id"]

    async def add(*numbers: str) -> None:
        contacts = {"contacts": [{"mobile": number} for number in numbers]}
        await api.client.post(f"/groups/{group}/contacts", json=contacts, headers=acme)

    await add("9876543210", "9876543211")
    to_club = fields(to="group", group=group, msg=f"Sale: {LINK}")
    first = await asha.send("/send/check", to_club)
    await add("9876543212")

    refused = await confirm(asha, first)
    assert refused.status_code == 409
    assert "It has come to more than you saw" in refused.text
    assert "Sale: " in refused.text
    assert await api.count("campaign") == 0
    second = await asha.send("/send/check", to_club)
    await api.client.delete(f"/groups/{group}/contacts/919876543210", headers=acme)
    sent = await confirm(asha, second)
    await add("9876543213", "9876543214")
    again = await confirm(asha, second)

    assert "Send to 3 recipients?" in second.text
    assert again.headers["location"] == sent.headers["location"] + "-before"
    assert await api.count("message") == 2


async def test_a_file_is_nobodys_once_its_session_has_ended(api: Api, asha: Visitor) -> None:
    headers = {"x-csrf-token": await asha.csrf_token(), "content-type": "text/csv"} | PARTIAL

    async def held_back() -> AsyncIterator[bytes]:
        yield b"Phone\n"
        await api.database.execute("DELETE FROM user_session")
        yield b"9876543210\n"

    answer = await asha.client.post("/console/send/files", content=held_back(), headers=headers)

    assert answer.headers["hx-redirect"].startswith("/console/sign-in")
    assert await api.count("upload") == 0


async def test_who_follows_a_campaign_that_rests_is_told_and_need_not_ask(asha: Visitor) -> None:
    sent = await confirm(asha, await asha.send("/send/check", fields()))
    path = sent.headers["location"].removesuffix("/progress?done=sent")
    moving = await asha.client.get(f"{path}/progress")
    await asha.send(f"{path.removeprefix('/console')}/pause")
    resting = await asha.client.get(f"{path}/progress", headers=PARTIAL)

    assert 'hx-trigger="live, every 5s"' in moving.text
    assert 'hx-trigger="live"' in resting.text
    assert resting.text.lstrip().startswith('<div id="progress"')
