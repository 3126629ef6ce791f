"""Opt-outs and contact groups are kept by hand and from files, each account's own alone."""

import re

from services.api.domain.roles import UserKind
from tests.integration.console.test_pages import HOSTILE, TEXT_OF_HOSTILE
from tests.support.api import Api
from tests.support.consoles import PASSWORD, Visitor, visitor

Headers = dict[str, str]
NUMBER = "919876543210"
ROW = re.compile(r'rowheader" scope="row"')
OPT_OUTS, GROUPS = "/settings/opt-outs", "/settings/groups"
FILE = (
    "Phone,City\n919876543210,Pune\n919876543211,\n98765 43211,Surat\n12,Nowhere\n9.18765E+11,\n"
)


async def send_file(
    one: Visitor, path: str, content: str, name: str = "list.csv", **fields: str
) -> str:
    """Send a form with a file, and return the page that answers."""
    values = {"csrf_token": await one.csrf_token()} | fields
    answer = await one.client.post(
        f"/console{path}", data=values, files={"file": (name, content.encode(), "text/csv")}
    )
    assert answer.status_code in {200, 400}, answer.text
    return answer.text


async def a_group(one: Visitor, name: str = "Customers") -> str:
    """Make a group, and return the path of its page."""
    made = await one.send(GROUPS, {"name": name})
    assert made.status_code == 303, made.text
    return made.headers["location"].partition("?")[0].removeprefix("/console")


def counts(page: str) -> list[int]:
    return [int(count.replace(",", "")) for count in re.findall(r"<dd>([\d,]+)</dd>", page)]


async def test_an_opt_out_is_noted_by_hand_found_and_shown(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    wrong = await asha.send(OPT_OUTS, {"mobile": "98765", "note": "By post", "source": "reply"})
    noted = await asha.send(OPT_OUTS, {"mobile": "98765 43210", "note": "By post"})
    shown = (await asha.client.get(noted.headers["location"])).text
    found = await asha.send(f"{OPT_OUTS}/find", {"mobile": "+91-9876543210"})
    one = (await asha.client.get(found.headers["location"])).text
    none = await asha.send(f"{OPT_OUTS}/find", {"mobile": "919876543211"})
    no_number = await asha.send(f"{OPT_OUTS}/find", {"mobile": "asha"})
    by_api = (await api.client.get(f"/suppressions/{NUMBER}", headers=acme)).json()

    assert wrong.status_code == 400
    assert "Digits are missing" in wrong.text
    assert 'value="98765"' in wrong.text
    assert 'value="By post"' in wrong.text
    assert "no marketing goes to the number" in shown
    assert by_api["source"] == "console"
    for page in (shown, one):
        assert "By post" in page
        assert len(ROW.findall(page)) == 1
    assert NUMBER not in found.headers["location"] + noted.headers["location"]
    assert (none.status_code, no_number.status_code) == (404, 400)
    assert "has not opted out" in none.text


async def test_a_list_is_read_page_by_page_and_no_address_has_a_number(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    numbers = [str(919876543210 + place) for place in range(53)]
    await api.client.post("/suppressions/import", json=numbers, headers=acme)
    first = (await asha.get(OPT_OUTS)).text
    (behind,) = re.findall(r'href="([^"]+after=[^"]+)"', first)
    second = (await asha.client.get(behind)).text
    file = await asha.client.get("/suppressions.csv?bom=true")

    assert [len(ROW.findall(page)) for page in (first, second)] == [50, 3]
    assert numbers[52] in second
    assert 'href="/suppressions.csv?bom=true"' in first
    assert len(file.text.splitlines()) == 54
    for link in re.findall(r'(?:href|action)="([^"]+)"', first):
        assert "98765432" not in link


async def test_a_file_of_opt_outs_is_taken_in_and_its_refused_rows_told_of(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    await api.client.put(f"/suppressions/{NUMBER}", headers=acme)
    page = await send_file(asha, f"{OPT_OUTS}/import", FILE, note="From our shop")
    hindi_answer = await asha.client.post(
        f"/console{OPT_OUTS}/import",
        data={"csrf_token": await asha.csrf_token()},
        files={"file": ("list.csv", FILE.encode(), "text/csv")},
        headers={"accept-language": "hi"},
    )
    refused = await send_file(asha, f"{OPT_OUTS}/import", "Name\nAsha\n", note="Kept")
    empty = await send_file(asha, f"{OPT_OUTS}/import", "")
    missing = await asha.send(f"{OPT_OUTS}/import", {"note": "No file"})
    long = await send_file(asha, f"{OPT_OUTS}/import", FILE, note="x" * 501)

    assert counts(page) == [1, 1, 1, 2]
    assert "Digits are missing" in page
    assert "Excel put an exponent" in page
    assert "अंक कम हैं" in hindi_answer.text
    assert "No column is named Phone" in refused
    assert 'value="Kept"' in refused
    for answer in (empty, missing.text):
        assert "Choose a csv, txt or xlsx file" in answer
    assert "at most 500 characters" in long
    notes = await api.database.fetch("SELECT note, source FROM suppression ORDER BY msisdn")
    assert [tuple(row) for row in notes] == [("", "api"), ("From our shop", "file")]


async def test_files_of_strangers_are_taken_from_nobody(api: Api, asha: Visitor) -> None:
    path = f"{OPT_OUTS}/import"
    token = await asha.csrf_token()
    files = {"file": ("list.csv", FILE.encode(), "text/csv")}
    async with visitor(api.app) as nobody, visitor(api.app) as reader:
        await reader.sign_in("reader")
        answers = [
            await nobody.client.post(f"/console{path}", files=files),
            await reader.client.post(
                f"/console{path}",
                files=files,
                data={"csrf_token": await reader.csrf_token()},
            ),
            await asha.client.post(f"/console{path}", files=files),
            await asha.client.post(
                f"/console{path}", files=files, data={"csrf_token": token[:-1]}
            ),
            await asha.client.post(
                f"/console{path}",
                files=files,
                data={"csrf_token": token},
                headers={"sec-fetch-site": "cross-site"},
            ),
        ]

    assert [answer.status_code for answer in answers] == [303, 403, 403, 403, 403]
    assert await api.count("suppression") == 0


async def test_a_group_is_made_filled_renamed_emptied_and_deleted(api: Api, asha: Visitor) -> None:
    path = await a_group(asha)
    same = await asha.send(GROUPS, {"name": "CUSTOMERS"})
    comma = await asha.send(GROUPS, {"name": "a, b"})
    added = await asha.send(
        f"{path}/contacts", {"mobiles": "98765 43210\r\n+919876543211, 12; 919876543210"}
    )
    none = await asha.send(f"{path}/contacts", {"mobiles": " ,\n"})
    many = await asha.send(f"{path}/contacts", {"mobiles": "919876543210\n" * 1001})
    page = (await asha.get(path)).text
    contact = re.findall(r'name="contact" value="([^"]+)"', page)[0]
    removed = await asha.send(f"{path}/contacts/remove", {"contact": contact})
    again = await asha.send(f"{path}/contacts/remove", {"contact": contact})
    renamed = await asha.send(f"{path}/rename", {"name": "Gold"})
    refused = await asha.send(f"{path}/rename", {"name": " "})
    listed = (await asha.get(GROUPS)).text
    deleted = await asha.send(f"{path}/delete")
    after = await asha.client.get(deleted.headers["location"])
    gone = await asha.get(path)

    assert same.status_code == 409
    assert "in letters of any case" in same.text
    assert 'value="CUSTOMERS"' in same.text
    assert "without a comma" in comma.text
    assert counts(added.text) == [2, 1, 2, 1]
    assert "Digits are missing" in added.text
    assert "Write at least one number" in none.text
    assert "take them in as a file" in many.text
    assert len(ROW.findall(page)) == 2
    for link in re.findall(r'(?:href|action)="([^"]+)"', page):
        assert "987654321" not in link
    assert (removed.status_code, again.status_code) == (303, 404)
    assert renamed.status_code == 303
    assert refused.status_code == 400
    assert ">Gold</a>" in listed
    assert "There is no group yet" in after.text
    assert "The group is deleted" in after.text
    assert gone.status_code == 404
    actions = await api.database.fetch(
        "SELECT action FROM audit_entry WHERE action LIKE 'group.%' ORDER BY id"
    )
    assert [row["action"] for row in actions] == [
        "group.create",
        "group.add",
        "group.remove",
        "group.rename",
        "group.delete",
    ]


async def test_a_file_fills_a_group_or_takes_its_place(api: Api, asha: Visitor) -> None:
    path = await a_group(asha)
    merged = await send_file(asha, f"{path}/contacts/import", FILE)
    page = (await asha.get(path)).text
    replaced = await send_file(
        asha, f"{path}/contacts/import", "Phone\n919876543215\n", mode="replace"
    )
    refused = await send_file(asha, f"{path}/contacts/import", "Name\nAsha\n", mode="replace")
    file = await asha.client.get(f"/groups/{path.rpartition('/')[2]}/contacts.csv?bom=true")
    for place in range(60):
        await api.database.execute(
            "INSERT INTO contact (group_id, msisdn, columns) SELECT id, $1, '{}' "
            "FROM contact_group",
            919876540000 + place,
        )
    first = (await asha.get(path)).text
    (behind,) = re.findall(r'href="([^"]+after=[^"]+)"', first)
    second = (await asha.client.get(behind)).text

    assert counts(merged) == [2, 1, 2, 2]
    assert "Pune" in page
    assert "Surat" in page
    assert counts(replaced) == [1, 0, 1, 0]
    assert "No column is named Phone" in refused
    assert re.search(r'value="replace" checked', refused)
    assert "919876543215" in file.text
    assert [len(ROW.findall(each)) for each in (first, second)] == [50, 11]


async def test_another_accounts_lists_are_nobodys(api: Api, asha: Visitor) -> None:
    path = await a_group(asha)
    await asha.send(f"{path}/contacts", {"mobiles": NUMBER})
    noted = await asha.send(OPT_OUTS, {"mobile": NUMBER})
    contact = re.findall(r'name="contact" value="([^"]+)"', (await asha.get(path)).text)[0]
    await api.account("beta", "BETAIN")
    await api.user("beta", "bela", PASSWORD, "owner", UserKind.CONSOLE)
    async with visitor(api.app) as bela:
        await bela.sign_in("bela")
        answers = [
            await bela.get(path),
            await bela.send(f"{path}/rename", {"name": "Mine"}),
            await bela.send(f"{path}/delete"),
            await bela.send(f"{path}/contacts", {"mobiles": "919876543211"}),
            await bela.send(f"{path}/contacts/import"),
            await bela.send(f"{path}/contacts/remove", {"contact": contact}),
            await bela.client.get(noted.headers["location"]),
            await bela.send(f"{OPT_OUTS}/find", {"mobile": NUMBER}),
            await bela.client.get(f"/groups/{path.rpartition('/')[2]}/contacts.csv"),
        ]
        lists = [(await bela.get(each)).text for each in (OPT_OUTS, GROUPS)]

    assert [answer.status_code for answer in answers] == [404] * 9
    assert "Nobody has opted out" in lists[0]
    assert "There is no group yet" in lists[1]
    assert await api.count("contact") == 1


async def test_what_each_may_do_with_lists_is_offered_and_no_more(api: Api, asha: Visitor) -> None:
    await asha.send(OPT_OUTS, {"mobile": NUMBER})
    pages = {}
    for login in ("asha", "sender", "analyst", "reader"):
        async with visitor(api.app) as one:
            await one.sign_in(login)
            pages[login] = (await one.get(OPT_OUTS)).text

    def offered(what: str) -> list[str]:
        return [login for login, page in pages.items() if what in page]

    assert offered('action="/console/settings/opt-outs"') == ["asha", "sender"]
    assert offered("/opt-outs/import") == ["asha"]
    assert offered("form=opt-in") == ["asha"]
    assert offered("/suppressions.csv") == ["asha", "sender", "analyst"]
    assert offered("/console/settings/groups") == ["asha", "sender"]
    assert offered(NUMBER) == ["asha", "sender", "analyst", "reader"]


async def test_what_strangers_wrote_into_lists_is_text(api: Api, asha: Visitor) -> None:
    path = await a_group(asha)
    await asha.send(f"{path}/contacts", {"mobiles": NUMBER})
    await asha.send(OPT_OUTS, {"mobile": NUMBER, "note": HOSTILE})
    for statement in (
        "UPDATE contact_group SET name = $1, columns = ARRAY[$1]",
        "UPDATE contact SET columns = jsonb_build_object($1::text, $1::text)",
        "UPDATE suppression SET author_name = $1",
    ):
        await api.database.execute(statement, HOSTILE)
    pages = [
        (await asha.get(OPT_OUTS)).text,
        (await asha.get(GROUPS)).text,
        (await asha.get(path)).text,
        (await asha.send(GROUPS, {"name": HOSTILE * 2})).text,
        (await asha.send(f"{path}/rename", {"name": HOSTILE * 2})).text,
        (await asha.send(f"{path}/contacts", {"mobiles": HOSTILE})).text,
        (await asha.send(OPT_OUTS, {"mobile": HOSTILE})).text,
        await send_file(asha, f"{OPT_OUTS}/import", f"Phone\n{HOSTILE}\n", name=HOSTILE),
        await send_file(asha, f"{OPT_OUTS}/import", f"{HOSTILE}\nx\n"),
    ]

    for page in pages:
        assert TEXT_OF_HOSTILE in page
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "123580457" not in page
