"""Owners make, rotate, bound and revoke API keys; a secret is shown once and never again."""

import html
import re

import httpx

from tests.support.api import Api
from tests.support.consoles import PASSWORD, Visitor
from tests.support.sends import TRACKED

Headers = dict[str, str]
KEY = re.compile(r'id="secret">(txk_([0-9a-f]{12})_[0-9A-Za-z_-]+)<')
HOSTILE = """"><script>alert(1)</script>'{{ 123457*1001 }}</title>"""
SENDING = {"name": "shop", "scope-send": "on"}


async def make(asha: Visitor, **fields: str) -> tuple[str, str]:
    answer = await asha.send("/settings/keys/new", SENDING | fields)
    assert answer.status_code == 200, answer.text
    (found,) = KEY.findall(answer.text)
    return str(found[0]), str(found[1])


async def whoami_by(api: Api, key: str) -> httpx.Response:
    return await api.client.get("/campaigns", headers={"apikey": key})


async def test_a_key_is_made_shown_once_and_lets_a_program_in(api: Api, asha: Visitor) -> None:
    answer = await asha.send(
        "/settings/keys/new",
        {
            "name": "shop",
            "scope-send": "on",
            "scope-report": "on",
            "expires_on": "2030-05-31",
            "ip_allow_list": "203.0.113.0/24\n127.0.0.1, 2001:db8::/48",
            "calls_per_minute": "600",
            "sends_per_minute": "0",
        },
    )
    ((key, prefix),) = KEY.findall(answer.text)
    pages = [await asha.get(path) for path in ("/settings/keys", f"/settings/keys/{prefix}")]
    called = await whoami_by(api, key)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store, private"
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert called.status_code == 200
    for page in pages:
        assert page.status_code == 200
        assert prefix in page.text
        assert key not in page.text
    row = await api.database.fetchrow("SELECT * FROM api_key WHERE prefix = $1", prefix)
    assert row is not None
    assert row["scopes"] == ["report", "send"]
    assert len(row["ip_allow_list"]) == 3
    assert (row["calls_per_minute"], row["sends_per_minute"]) == (600, 0)
    # The day is over by the account's clocks, five and a half hours before Greenwich's.
    assert row["expires_at"].isoformat() == "2030-05-31T18:30:00+00:00"


async def test_what_is_wrong_is_told_at_its_field_and_all_stays_typed(
    api: Api, asha: Visitor
) -> None:
    for field, typed, told in (
        ("name", "  ", "Give it a name"),
        ("name", "x" * 101, "Give it a name"),
        ("expires_on", "2020-01-01", "Take a day after today"),
        ("expires_on", "9999-12-31", "Take a day after today"),
        ("expires_on", "tomorrow", "Take a day after today"),
        ("ip_allow_list", "203.0.113.7\nnowhere", "<code>nowhere</code>"),
        ("ip_allow_list", "203.0.113.7/24", "<code>203.0.113.0/24</code>"),
        ("ip_allow_list", "\n".join(f"10.0.0.{n}" for n in range(201)), "<code>201</code>"),
        ("calls_per_minute", "many", "Write a whole number"),
        ("sends_per_minute", "1000001", "Write a whole number"),
    ):
        answer = await asha.send(
            "/settings/keys/new",
            SENDING | {"name": "shop at home", "expires_on": "", field: typed},
        )

        assert answer.status_code == 400, typed
        assert told in html.unescape(answer.text), typed
        assert 'aria-invalid="true"' in answer.text, typed
        assert html.escape(typed, quote=False) in answer.text, typed
        assert 'name="scope-send" value="on" checked' in answer.text, typed
    assert await api.count("api_key") == 1


async def test_a_key_for_nothing_is_none(api: Api, asha: Visitor) -> None:
    answer = await asha.send("/settings/keys/new", {"name": "shop"})

    assert answer.status_code == 400
    assert "Tick at least one thing" in answer.text
    assert await api.count("api_key") == 1


async def test_a_rotated_key_goes_on_for_its_overlap_beside_its_successor(
    api: Api, asha: Visitor
) -> None:
    key, prefix = await make(asha, **{"scope-report": "on"})
    wrong = await asha.send(f"/settings/keys/{prefix}/rotate", {"overlap_hours": "999"})
    rotated = await asha.send(f"/settings/keys/{prefix}/rotate", {"overlap_hours": "24"})
    ((new, new_prefix),) = KEY.findall(rotated.text)
    both = [(await whoami_by(api, each)).status_code for each in (key, new)]
    again = await asha.send(f"/settings/keys/{prefix}/rotate", {"overlap_hours": "0"})
    at_once = await asha.send(f"/settings/keys/{new_prefix}/rotate", {"overlap_hours": "0"})
    page = await asha.get(f"/settings/keys/{prefix}")

    assert wrong.status_code == 400
    assert "Choose one of the times" in wrong.text
    assert both == [200, 200]
    assert "counts until" in rotated.text
    assert again.status_code == 409
    assert "has a successor already" in again.text
    assert "has ended" in at_once.text
    assert (await whoami_by(api, new)).status_code == 401
    assert f"/console/settings/keys/{new_prefix}" in page.text
    assert "/rotate" not in page.text


async def test_limits_and_addresses_of_a_key_hold_from_the_next_call_on(
    api: Api, asha: Visitor
) -> None:
    key, prefix = await make(asha, **{"scope-report": "on"})
    for form, fields in (
        ("limits", {"calls_per_minute": "7", "sends_per_minute": ""}),
        ("addresses", {"ip_allow_list": "198.51.100.0/24"}),
    ):
        answer = await asha.send(f"/settings/keys/{prefix}/{form}", fields)
        assert answer.headers["location"] == f"/console/settings/keys/{prefix}?done=access"
    called = await whoami_by(api, key)
    bad = await asha.send(f"/settings/keys/{prefix}/addresses", {"ip_allow_list": "here"})
    worse = await asha.send(f"/settings/keys/{prefix}/limits", {"calls_per_minute": "-1"})
    page = (await asha.get(f"/settings/keys/{prefix}?done=access")).text

    assert called.status_code == 403
    assert called.json()["code"] == "address_not_allowed"
    assert bad.status_code == worse.status_code == 400
    assert "\nhere</textarea>" in bad.text
    assert 'value="-1"' in worse.text
    assert "\n198.51.100.0/24</textarea>" in page
    assert 'value="7"' in page
    assert "Saved" in page


async def test_a_revoked_key_lets_nobody_in_and_is_folded_away(api: Api, asha: Visitor) -> None:
    key, prefix = await make(asha)
    done = await asha.send(f"/settings/keys/{prefix}/revoke")
    page = (await asha.client.get(done.headers["location"])).text
    sent = await api.client.post("/send", data=TRACKED, headers={"apikey": key})
    of_key = (await asha.get(f"/settings/keys/{prefix}")).text

    assert "The key is revoked" in page
    assert prefix in page.partition("<details")[2].partition("</details>")[0]
    assert sent.status_code == 401
    assert "/revoke" not in of_key
    assert "Revoked" in of_key


async def test_keys_come_page_by_page_newest_first(api: Api, asha: Visitor) -> None:
    await api.database.execute(
        "INSERT INTO api_key (account_id, name, prefix, secret_sha256, scopes, revoked_at) "
        "SELECT id, 'old ' || n, lpad(to_hex(n), 12, '0'), sha256(n::text::bytea), '{send}', now()"
        " FROM account, generate_series(1, 120) AS n"
    )
    first = (await asha.get("/settings/keys")).text
    (cursor,) = re.findall(r"keys\?cursor=(\d+)", first)
    second = (await asha.get(f"/settings/keys?cursor={cursor}")).text

    assert "100 keys that have ended" in first
    assert "old 120<" in first
    assert "20 keys that have ended" in second
    assert "old 20<" in second
    assert (await asha.get("/settings/keys?cursor=x")).status_code == 400


async def test_another_accounts_key_is_none_and_hostile_names_are_text(
    api: Api, asha: Visitor
) -> None:
    others = await api.account("other", "OTHERX")
    prefix = others["apikey"].split("_")[1]
    own, own_prefix = await make(asha, name=HOSTILE)
    pages = [
        await asha.get("/settings/keys"),
        await asha.get(f"/settings/keys/{own_prefix}"),
        await asha.send("/settings/keys/new", {"name": HOSTILE}),
        await asha.send("/settings/keys/new", SENDING | {"ip_allow_list": HOSTILE}),
    ]
    answers = [await asha.get(f"/settings/keys/{prefix}")]
    for form in ("rotate", "limits", "addresses", "revoke"):
        fields = {"overlap_hours": "0"} if form == "rotate" else {}
        answers.append(await asha.send(f"/settings/keys/{prefix}/{form}", fields))

    assert own
    for page in pages:
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert "123580457" not in page.text
    assert [answer.status_code for answer in answers] == [404] * 5
    assert (await whoami_by(api, others["apikey"])).status_code == 200


async def test_a_key_that_can_do_everything_asks_for_a_proof_in_the_form_and_goes_on(
    api: Api, asha: Visitor
) -> None:
    fields = {"name": "robot", "scope-admin": "on"}
    fresh = (await asha.get("/settings/keys/new")).text
    await api.database.execute("UPDATE user_session SET proved_at = now() - interval '1 hour'")
    stale = (await asha.get("/settings/keys/new")).text
    refused = await asha.send("/settings/keys/new", fields)
    wrong = await asha.send("/settings/keys/new", fields | {"proof_password": "not that one"})
    without = await asha.send("/settings/keys/new", {"name": "shop", "scope-send": "on"})
    made = await asha.send("/settings/keys/new", fields | {"proof_password": PASSWORD})
    ((_, prefix),) = KEY.findall(made.text)
    again = await asha.send(f"/settings/keys/{prefix}/rotate", {"overlap_hours": "0"})

    assert "proof_password" not in fresh
    assert "proof_password" in stale
    assert refused.status_code == 403
    assert "Show once more who you are" in refused.text
    assert 'value="robot"' in refused.text
    assert wrong.status_code == 400
    assert "That is not your password" in wrong.text
    assert "not that one" not in wrong.text
    assert without.status_code == 200
    assert KEY.search(again.text)
    assert PASSWORD not in made.text
