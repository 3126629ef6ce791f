"""Owners say where from the account may be used, who its users are, and where links lead."""

import html

from services.api.domain.roles import UserKind
from tests.support.api import Api
from tests.support.browsers import HOME, browser, code_of, freeze
from tests.support.consoles import PASSWORD, Visitor, visitor

Headers = dict[str, str]
HOSTILE = """"><script>alert(1)</script>'{{ 123457*1001 }}</title>"""
STRICT = "UPDATE account SET password_calls = false, demands_second_factor = true"
LAX = {"password_calls": "on", "demands_second_factor": "on"}
NEW = {"kind": "console", "role": "sender", "login": "ravi", "password": "three words or four"}


async def user_id(api: Api, login: str) -> str:
    query = "SELECT uuid FROM account_user WHERE login = $1"
    return str(await api.database.fetchval(query, login))


async def allowed(api: Api) -> list[str]:
    query = "SELECT unnest(ip_allow_list)::text FROM account WHERE name = 'acme'"
    return [row[0] for row in await api.database.fetch(query)]


async def test_the_list_of_addresses_is_saved_and_holds_at_once(api: Api, asha: Visitor) -> None:
    empty = (await asha.get("/settings/addresses")).text
    saved = await asha.send("/settings/addresses", {"ip_allow_list": f"10.0.0.0/8\r\n{HOME}"})
    page = (await asha.client.get(saved.headers["location"])).text
    async with visitor(api.app, "198.51.100.9") as stranger:
        refused = await stranger.sign_in("asha")

    assert "all addresses are let in" in empty
    assert HOME in empty
    assert "It is where your connection comes from" in empty
    assert "Saved" in page
    assert f"\n10.0.0.0/8\n{HOME}</textarea>" in page
    assert refused.status_code == 403


async def test_a_list_that_would_shut_its_author_out_is_refused_and_rescued_by_one_button(
    api: Api, asha: Visitor
) -> None:
    typed = {"ip_allow_list": "10.0.0.0/8\n\n2001:db8::/48"}
    refused = await asha.send("/settings/addresses", typed)
    kept = await allowed(api)
    rescued = await asha.send("/settings/addresses/mine", typed | {"save": "1"})

    assert refused.status_code == 409
    assert "This list would shut you out" in refused.text
    assert f"Your address, {HOME}, is not in the list" in refused.text
    assert "10.0.0.0/8\n\n2001:db8::/48</textarea>" in refused.text.replace("\r", "")
    assert 'formaction="/console/settings/addresses/mine"' in refused.text
    assert kept == []
    assert rescued.status_code == 303
    assert await allowed(api) == ["10.0.0.0/8", "2001:db8::/48", f"{HOME}/32"]


async def test_ones_own_address_is_written_into_the_list_and_saved_only_when_asked(
    api: Api, asha: Visitor
) -> None:
    page = await asha.send("/settings/addresses/mine", {"ip_allow_list": "10.0.0.0/8\n"})
    wrong = await asha.send("/settings/addresses/mine", {"ip_allow_list": "here", "save": "1"})
    twice = await asha.send("/settings/addresses/mine", {"ip_allow_list": "203.0.113.0/24"})

    assert page.status_code == 200
    assert f"\n10.0.0.0/8\n{HOME}</textarea>" in page.text
    assert "Save it to let it count" in page.text
    assert wrong.status_code == 400
    assert "<code>here</code>" in wrong.text
    assert "lets your address in already" in twice.text
    assert await allowed(api) == []


async def test_who_insists_shuts_themselves_out(api: Api, asha: Visitor) -> None:
    done = await asha.send("/settings/addresses", {"ip_allow_list": "10.0.0.0/8", "force": "1"})
    after = await asha.get("/settings/addresses")

    assert done.status_code == 303
    assert after.status_code == 403
    assert await allowed(api) == ["10.0.0.0/8"]


async def test_a_user_is_added_and_signs_in(api: Api, asha: Visitor) -> None:
    added = await asha.send("/settings/users/new", NEW)
    page = (await asha.client.get(added.headers["location"])).text
    async with visitor(api.app) as ravi:
        signed_in = await ravi.sign_in("ravi", NEW["password"])
        settings = await ravi.get("/settings/users")
        first = (await ravi.get("/campaigns")).text

    assert "The user is added" in page
    assert "ravi</a>" in page
    assert signed_in.status_code == 303
    assert settings.status_code == 403
    assert "/console/settings/keys" not in first


async def test_a_user_who_cannot_be_is_told_at_the_field(api: Api, asha: Visitor) -> None:
    before = await api.count("account_user")
    for field, typed, told in (
        ("login", "asha", "Take a login"),
        ("login", " ravi", "Take a login"),
        ("password", "short", "Choose another password"),
        ("role", "king", "Choose one of the roles"),
        ("kind", "robot", "Choose one of the two kinds"),
    ):
        answer = await asha.send("/settings/users/new", NEW | {field: typed})

        assert answer.status_code == 400, typed
        assert told in answer.text, typed
        assert f'id="{field}-wrong"' in answer.text, typed
        assert NEW["password"] not in answer.text, typed
    assert await api.count("account_user") == before


async def test_a_user_gets_another_role_is_disabled_and_let_in_again(
    api: Api, asha: Visitor
) -> None:
    of_reader = f"/settings/users/{await user_id(api, 'reader')}"
    async with visitor(api.app) as reader:
        await reader.sign_in("reader")
        role = await asha.send(f"{of_reader}/role", {"role": "analyst"})
        page = (await asha.get(of_reader)).text
        off = await asha.send(f"{of_reader}/disable")
        out = await reader.get("/campaigns")
        refused = await reader.sign_in("reader")
        disabled = (await asha.get(of_reader)).text
        on = await asha.send(f"{of_reader}/enable")
        again = await reader.sign_in("reader")

    assert [each.status_code for each in (role, off, on, again)] == [303] * 4
    assert 'value="analyst" required checked' in page
    assert out.status_code == 303
    assert refused.status_code == 401
    assert "Let this user in again" in disabled


async def test_the_last_owner_stays_and_changes_their_own_password_elsewhere(
    api: Api, asha: Visitor
) -> None:
    of_asha = f"/settings/users/{await user_id(api, 'asha')}"
    answers = [
        await asha.send(f"{of_asha}/disable"),
        await asha.send(f"{of_asha}/role", {"role": "sender"}),
    ]
    own = await asha.send(f"{of_asha}/password", {"password": "another good one"})
    page = (await asha.get(of_asha)).text

    for answer in answers:
        assert answer.status_code == 409
        assert "last owner" in html.unescape(answer.text)
    assert own.status_code == 409
    assert "are changed on the page Security" in own.text
    assert 'type="password"' not in page
    assert 'href="/console/security"' in page


async def test_an_owner_gives_a_user_a_password_and_takes_a_lost_factor_away(
    api: Api, asha: Visitor
) -> None:
    freeze(api.app)
    of_sender = f"/settings/users/{await user_id(api, 'sender')}"
    async with browser(api.app) as sender:
        await sender.sign_in("sender", PASSWORD)
        await sender.set_up_factor(PASSWORD)
    with_factor = (await asha.get(of_sender)).text
    weak = await asha.send(f"{of_sender}/password", {"password": "sender sender"})
    given = await asha.send(f"{of_sender}/password", {"password": "Green teapot of the moon"})
    removed = await asha.send(f"{of_sender}/second-factor/remove")
    async with visitor(api.app) as one:
        signed_in = await one.sign_in("sender", "Green teapot of the moon")

    assert "Yes, remove it" in with_factor
    assert weak.status_code == 400
    assert 'id="password-wrong"' in weak.text
    assert [each.status_code for each in (given, removed, signed_in)] == [303] * 3


async def test_rules_of_signing_in_are_saved(api: Api, asha: Visitor) -> None:
    await asha.send("/settings/users/rules", {"password_calls": "on"})
    kept = await api.database.fetchrow("SELECT * FROM account WHERE name = 'acme'")
    page = (await asha.get("/settings/users?done=rules")).text
    demanded = await asha.send("/settings/users/rules", {"demands_second_factor": "on"})
    led = await asha.get("/settings/users")
    after = await api.database.fetchrow("SELECT * FROM account WHERE name = 'acme'")

    assert kept is not None
    assert after is not None
    assert (kept["password_calls"], kept["demands_second_factor"]) == (True, False)
    assert 'name="password_calls" value="on" checked' in page
    assert "A session ends 12 hours" in page
    assert demanded.status_code == 303
    # Who has none, be it the owner, sets one up first.
    assert led.headers["location"] == "/console/security?owed=1"
    assert (after["password_calls"], after["demands_second_factor"]) == (False, True)


async def test_rules_of_destinations_are_added_tried_and_taken_off(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    at = "/settings/destinations"
    added = await asha.send(
        f"{at}/add", {"list": "block", "block": "Bad.example.com\n=login.example.org"}
    )
    page = (await asha.get(at)).text
    tried = await asha.send(f"{at}/test", {"link": "https://bad.example.com/x?y=1"})
    free = await asha.send(f"{at}/test", {"link": "https://good.example.com/"})
    await asha.send(f"{at}/add", {"list": "allow", "allow": "example.org/offers"})
    elsewhere = await asha.send(f"{at}/test", {"link": "https://good.example.com/"})
    await asha.send(f"{at}/remove", {"list": "block", "rule": "bad.example.com"})
    lists = (await api.client.get("/destination-list", headers=acme)).json()

    assert added.status_code == 303
    assert 'value="bad.example.com"' in page
    assert "Refused" in tried.text
    assert "The rule is <code>bad.example.com</code>" in tried.text
    assert "Let through" in free.text
    assert "It is not on your list" in elsewhere.text
    assert lists == {"allow": ["example.org/offers"], "block": ["=login.example.org"]}


async def test_what_is_no_rule_or_no_link_is_told_and_stays_typed(api: Api, asha: Visitor) -> None:
    at = "/settings/destinations"
    wrong = await asha.send(f"{at}/add", {"list": "allow", "allow": "example.com\nnot a host"})
    empty = await asha.send(f"{at}/add", {"list": "block", "block": " \n"})
    no_link = await asha.send(f"{at}/test", {"link": "::"})
    no_list = await asha.send(f"{at}/add", {"list": "platform", "platform": "example.com"})
    rules = "\n".join(f"h{n}.example" for n in range(500))
    for part in ("a", "b"):
        done = await asha.send(f"{at}/add", {"list": "block", "block": rules.replace("h", part)})
        assert done.status_code == 303
    full = await asha.send(f"{at}/add", {"list": "block", "block": "one.more.example"})

    assert [each.status_code for each in (wrong, empty, no_link, full)] == [400] * 4
    assert "<code>not a host</code>" in wrong.text
    assert "example.com\nnot a host</textarea>" in wrong.text.replace("\r", "")
    assert "Write at least one rule" in empty.text
    assert "Write a link such as" in no_link.text
    assert "take some off it first" in full.text
    assert no_list.status_code == 404
    assert await api.count("destination_rule") == 1_000


async def test_another_accounts_user_is_none_and_hostile_values_are_text(
    api: Api, asha: Visitor
) -> None:
    await api.account("other", "OTHERX")
    await api.user("other", "mallory", PASSWORD, "owner", UserKind.CONSOLE)
    of_other = f"/settings/users/{await user_id(api, 'mallory')}"
    answers = [
        await asha.get(of_other),
        await asha.send(f"{of_other}/role", {"role": "sender"}),
        await asha.send(f"{of_other}/disable"),
        await asha.send(f"{of_other}/enable"),
        await asha.send(f"{of_other}/password", {"password": "another good one"}),
        await asha.send(f"{of_other}/second-factor/remove"),
    ]
    pages = [
        await asha.send("/settings/users/new", NEW | {"login": HOSTILE * 2}),
        await asha.send("/settings/addresses", {"ip_allow_list": HOSTILE}),
        await asha.send("/settings/destinations/add", {"list": "block", "block": HOSTILE}),
        await asha.send("/settings/destinations/test", {"link": f"https://{HOSTILE}"}),
    ]
    await api.database.execute(
        "UPDATE account_user SET login = $1 WHERE login = 'reader'", HOSTILE
    )
    pages.append(await asha.get("/settings/users"))
    pages.append(await asha.get(f"/settings/users/{await user_id(api, HOSTILE)}"))

    assert [answer.status_code for answer in answers] == [404] * 6
    async with visitor(api.app) as mallory:
        assert (await mallory.sign_in("mallory")).status_code == 303
    for page in pages:
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert "123580457" not in page.text


async def test_a_stale_session_proves_itself_by_password_and_code_where_it_lets_somebody_in(
    api: Api, asha: Visitor
) -> None:
    freeze(api.app)
    rules = "/settings/users/rules"
    of_reader = f"/settings/users/{await user_id(api, 'reader')}"
    begun = await asha.send("/security/second-factor", {"password": PASSWORD})
    secret = begun.text.partition("<code>")[2].partition("</code>")[0]
    await asha.send("/security/second-factor/confirm", {"code": code_of(secret, steps=-1)})
    await api.database.execute(STRICT)
    await api.database.execute("UPDATE user_session SET proved_at = now() - interval '1 hour'")
    page = (await asha.get(of_reader)).text
    proof = {"proof_password": PASSWORD, "proof_code": code_of(secret)}
    refused = [
        await asha.send("/settings/users/new", NEW),
        await asha.send(f"{of_reader}/role", {"role": "owner"}),
        await asha.send(f"{of_reader}/password", {"password": "another good one"}),
        await asha.send(f"{of_reader}/second-factor/remove"),
        await asha.send(rules),
        await asha.send(rules, LAX),
    ]
    no_code = await asha.send("/settings/users/new", NEW | {"proof_password": PASSWORD})
    wrong = await asha.send("/settings/users/new", NEW | proof | {"proof_code": "000000"})
    off = await asha.send(f"{of_reader}/disable")
    still_off = await asha.send(f"{of_reader}/enable")
    stricter = await asha.send(rules, {"demands_second_factor": "on"})
    added = await asha.send("/settings/users/new", NEW | proof)
    on = await asha.send(f"{of_reader}/enable")
    throttled = [
        await asha.send("/settings/users/new", NEW | {"proof_password": "wrong"}) for _ in range(8)
    ][-1]

    assert page.count('name="proof_code"') == 2
    for answer in (*refused, still_off):
        assert answer.status_code == 403
        assert "Show once more who you are" in answer.text
    assert 'name="password_calls" value="on" checked' in refused[-1].text
    assert no_code.status_code == 401
    assert "Now give the code" in no_code.text
    assert wrong.status_code == 401
    assert [each.status_code for each in (off, stricter, added, on)] == [303] * 4
    assert throttled.status_code == 429
    assert int(throttled.headers["retry-after"]) >= 1
