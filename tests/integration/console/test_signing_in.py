"""Signing in and out by forms, with and without script; languages and looks that are kept."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.api import Api
from tests.support.browsers import code_of, freeze
from tests.support.consoles import PASSWORD, Visitor, visitor

Headers = dict[str, str]
HOSTILE = """"><script>alert(1)</script>"""


def hidden(page: httpx.Response) -> Headers:
    """Return what the form of a sign-in keeps."""
    found = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page.text)
    # The first of a name: that of the foot of the page is another's.
    names = {name: html.unescape(value) for name, value in reversed(found)}
    return {name: names[name] for name in names if name == "next" or name.startswith("kept-")}


async def test_who_signs_in_goes_on_to_where_they_wanted(api: Api, acme: Headers) -> None:
    del acme
    async with visitor(api.app) as one:
        asked = await one.get("/security")
        form = await one.client.get(asked.headers["location"])
        answer = await one.sign_in("asha", next="/console/security")
        page = await one.get("/security")
        out = await one.send("/sign-out")
        told = await one.client.get(out.headers["location"])
        after = await one.get("/security")

    assert 'name="next" value="/console/security"' in form.text
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/security")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "Owner" in page.text
    assert "You are signed out" in told.text
    assert out.headers["clear-site-data"] == '"storage"'
    assert after.status_code == 303


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/docs", ""])
async def test_nobody_is_led_elsewhere(api: Api, acme: Headers, wanted: str) -> None:
    del acme
    async with visitor(api.app) as one:
        answer = await one.sign_in("asha", next=wanted)

    assert answer.headers["location"] == "/console/"


async def test_a_code_is_asked_for_and_either_kind_is_taken(api: Api, asha: Visitor) -> None:
    freeze(api.app)
    begun = await asha.send("/security/second-factor", {"password": PASSWORD})
    secret = begun.text.partition("<code>")[2].partition("</code>")[0]
    made = await asha.send("/security/second-factor/confirm", {"code": code_of(secret, steps=-1)})
    codes = [
        part.partition("</li>")[0] for part in made.text.partition('codes">')[2].split("<li>")[1:]
    ]

    async with visitor(api.app) as one:
        needed = await one.sign_in("asha")
        wrong = await one.sign_in("asha", code="000000")
        right = await one.sign_in("asha", code=code_of(secret))
    async with visitor(api.app) as one:
        recovered = await one.sign_in("asha", code=codes[0])
        again = await one.sign_in("asha", code=codes[0])

    assert "<svg" in begun.text
    assert len(codes) == 10
    assert needed.status_code == 401
    assert 'name="code"' in needed.text
    assert PASSWORD not in needed.text
    assert "code is wrong" in wrong.text
    assert (right.status_code, recovered.status_code, again.status_code) == (303, 303, 401)


async def test_who_guesses_is_told_to_wait(api: Api, acme: Headers) -> None:
    del acme
    async with visitor(api.app) as one:
        answers = [await one.sign_in("asha", "Green teapot of the moon") for _ in range(7)]

    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "Wait a little" in answers[-1].text


async def test_script_is_answered_with_parts_and_where_to_go(api: Api, acme: Headers) -> None:
    del acme
    async with visitor(api.app) as one:
        one.client.headers["hx-request"] = "true"
        answer = await one.sign_in("asha", next="/console/sandbox")

    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/console/sandbox")


async def test_a_language_and_a_look_are_kept(api: Api) -> None:
    async with visitor(api.app) as one:
        accepted = await one.get("/sign-in", **{"accept-language": "hi-IN,en;q=0.5"})
        kept = await one.client.post(
            "/console/preferences",
            data={"language": "hi", "theme": "dark", "next": "/console/sign-in"},
        )
        page = await one.get("/sign-in", **{"accept-language": "en"})
        nonsense = await one.client.post(
            "/console/preferences", data={"language": "xx", "theme": "<b>", "next": "//evil"}
        )

    assert '<html lang="hi">' in accepted.text
    assert accepted.headers["content-language"] == "hi"
    assert (kept.status_code, kept.headers["location"]) == (303, "/console/sign-in")
    assert '<html lang="hi" data-theme="dark">' in page.text
    assert nonsense.headers["location"] == "/console/"
    assert "set-cookie" not in nonsense.headers


async def test_who_prefers_another_look_goes_on_at_the_page_of_the_form(asha: Visitor) -> None:
    pages = {}
    for path in ("/send/check", "/settings/groups", "/security/password", "/sign-in"):
        (pages[path],) = re.findall(
            r'name="next" value="([^"]*)">\s*<label>Language', (await asha.send(path)).text
        )

    assert pages == {
        "/send/check": "/console/send",
        "/settings/groups": "/console/settings/groups",
        "/security/password": "/console/security",
        "/sign-in": "/console/sign-in",
    }


async def test_whose_session_has_ended_goes_on_where_they_were(api: Api, asha: Visitor) -> None:
    campaign = "/campaigns/3f9f2e9c-7a52-4c6e-9d4b-0a1b2c3d4e5f"
    token = await asha.csrf_token()
    await api.database.execute("UPDATE user_session SET ends_at = now()")
    pages = {}
    for path in ("/send/check", "/send", "/settings/keys/new", f"{campaign}/pause"):
        answer = await asha.client.post(f"/console{path}", data={"csrf_token": token})
        pages[path] = parse_qs(urlsplit(answer.headers["location"]).query)["next"]
    part = await asha.client.post(
        "/console/send/preview",
        data={"csrf_token": token},
        headers={"hx-request": "true", "hx-current-url": "https://api.test/console/send/check"},
    )
    told = await asha.client.get(part.headers["hx-redirect"])
    async with visitor(api.app) as stranger:
        unknown = await stranger.get("/send")

    assert pages == {
        "/send/check": ["/console/send"],
        "/send": ["/console/send"],
        "/settings/keys/new": ["/console/settings/keys/new"],
        f"{campaign}/pause": [f"/console{campaign}"],
    }
    assert part.headers["hx-redirect"].startswith("/console/sign-in?next=%2Fconsole%2Fsend&")
    assert "Your session has ended" in told.text
    assert unknown.headers["location"] == "/console/sign-in?next=%2Fconsole%2Fsend"


async def test_what_is_forbidden_says_which_way_out_there_is(api: Api, asha: Visitor) -> None:
    async with visitor(api.app) as one:
        await one.sign_in("reader")
        of_role = await one.send("/send/check")
    too_old = await asha.client.post("/console/send/check", data={"csrf_token": "x"})

    assert of_role.status_code == too_old.status_code == 403
    assert "Your role does not allow it" in of_role.text
    assert "too old" not in of_role.text
    assert "The page that asked was too old" in too_old.text
    assert "Your role" not in too_old.text


async def test_without_script_a_message_goes_through_the_sign_in_with_its_writer(
    api: Api, asha: Visitor
) -> None:
    text = f"An hour's work{HOSTILE}"
    written = {"to": "numbers", "mobile": "9876543210", "msg": text, "appendHttp": "true"}
    await api.database.execute("UPDATE user_session SET ends_at = now()")
    asked = await asha.client.post("/console/send/check", data=written)
    kept = hidden(asked)
    wrong = await asha.sign_in("asha", "wrong", **kept)
    back = await asha.sign_in("asha", PASSWORD, **hidden(wrong))
    token = re.findall(r'name="csrf_token" value="([^"]+)"', back.text)[-1]
    checked = await asha.client.post("/console/send/check", data=written | {"csrf_token": token})

    assert asked.status_code == 401
    assert "Your session has ended" in asked.text
    for page in (asked, wrong, back):
        assert HOSTILE not in page.text
    assert hidden(wrong) == kept
    assert back.status_code == 200
    assert f"{text}</textarea>" in html.unescape(back.text)
    assert "9876543210</textarea>" in back.text
    assert "checked" not in back.text.partition('name="trackLink"')[2].partition(">")[0]
    assert "Send to 1 recipient?" in checked.text


async def test_what_the_sign_in_may_not_keep_is_let_go(api: Api, asha: Visitor) -> None:
    too_much = {"msg": "x" * 9_000}
    await api.database.execute("UPDATE user_session SET ends_at = now()")
    async with visitor(api.app) as stranger:
        answers = [
            await stranger.client.post("/console/send/check", data=fields, headers=headers)
            for fields, headers in (
                (too_much, {}),
                ({"msg": " "}, {}),
                ({"msg": "x"}, {"origin": "https://elsewhere.example"}),
                ({"msg": "x"}, {"sec-fetch-site": "cross-site"}),
            )
        ]
    # Whoever may not send goes where they go without it.
    kept = hidden(await asha.client.post("/console/send/check", data={"msg": "x"}))
    async with visitor(api.app) as one:
        reader = await one.sign_in("reader", PASSWORD, **kept)
        by_script = await one.client.post(
            "/console/sign-in",
            data={"login": "asha", "password": PASSWORD} | kept,
            headers={"hx-request": "true"},
        )

    assert [answer.status_code for answer in answers] == [303] * 4
    assert reader.headers["location"] == "/console/send"
    assert by_script.headers["hx-redirect"] == "/console/send"


async def test_what_is_refused_within_a_page_is_a_note_and_no_page_of_its_own(
    asha: Visitor,
) -> None:
    asked = {"hx-request": "true"}
    too_old = await asha.client.post(
        "/console/send/preview", data={"csrf_token": "x"}, headers=asked
    )
    unknown = await asha.get("/campaigns/3f9f2e9c-7a52-4c6e-9d4b-0a1b2c3d4e5f/totals", **asked)

    for page, said in ((too_old, "The page that asked was too old"), (unknown, "is not here")):
        assert page.text.startswith('<p class="note bad" role="alert">')
        assert page.text.count("<") == 2
        assert said in page.text
        # What asks stays, and asks again.
        assert page.headers["hx-reswap"] == "innerHTML"
