"""Privacy, credit, alerts and the audit trail are read and changed in plain words."""

import re

from services.api.console.audit_words import ACTIONS, AREAS
from services.api.domain.roles import UserKind
from tests.architecture.test_audit_docs import PAGES, noted
from tests.integration.console.test_pages import HOSTILE, TEXT_OF_HOSTILE
from tests.support.api import Api
from tests.support.consoles import PASSWORD, Visitor, visitor
from tests.support.database import REPOSITORY
from tests.support.reports import a_campaign

Headers = dict[str, str]
ROW = re.compile(r'rowheader" scope="row"')
PRIVACY, CREDIT = "/settings/privacy", "/settings/credit"
ALERTS, AUDIT = "/settings/alerts", "/settings/audit"
RULES = {
    "addresses": "truncated",
    "addresses_kept_days": "",
    "clicks_kept_months": "24",
    "texts_kept_days": "90",
}
ADD_ALERT = """
    INSERT INTO alert (account_id, signal, began_at, ended_at, signal_count, out_of, usual_rate,
        limit_rate, peak_rate)
    SELECT id, $1, now(), $2, 61, $3, $4, $5, $6 FROM account WHERE name = 'acme'
"""
# A line of the tables of what is noted: the actions in its first cell.
ACTION_CELL = re.compile(r"^\| ((?:`[a-z_.…-]+`(?:, )?)+) \|", re.MULTILINE)


async def test_what_would_be_deleted_is_agreed_to_first(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    asked = await asha.send(PRIVACY, RULES)
    unchanged = (await api.client.get("/privacy", headers=acme)).json()
    half = await asha.send(PRIVACY, RULES | {"agreed": "addresses"})
    agreed = {"agreed": "addresses clicks_kept_months texts_kept_days"}
    done = await asha.send(PRIVACY, RULES | agreed)
    page = (await asha.client.get(done.headers["location"])).text
    changed = (await api.client.get("/privacy", headers=acme)).json()
    longer = await asha.send(PRIVACY, RULES | {"texts_kept_days": ""})

    assert asked.status_code == 200
    assert "This deletes what is stored" in asked.text
    assert 'value="clicks_kept_months addresses texts_kept_days"' in asked.text
    assert 'value="24"' in asked.text
    assert unchanged["clicks_kept_months"] is None
    assert "This deletes what is stored" in half.text
    assert done.status_code == 303
    assert "gone within the hour" in page
    assert changed == {
        "addresses": "truncated",
        "addresses_kept_days": None,
        "clicks_kept_months": 24,
        "texts_kept_days": 90,
    }
    assert longer.status_code == 303
    author = "SELECT author_name FROM audit_entry WHERE action = 'account.privacy' LIMIT 1"
    assert await api.database.fetchval(author) == "asha"


async def test_wrong_limits_are_told_at_their_fields_and_stay_typed(asha: Visitor) -> None:
    page = await asha.send(
        PRIVACY,
        {"addresses": "some", "clicks_kept_months": "0", "texts_kept_days": "soon"},
    )

    assert page.status_code == 400
    for name in ("clicks_kept_months", "texts_kept_days"):
        assert f'id="{name}-wrong"' in page.text
    assert "from 1 to 1,200" in page.text
    assert 'value="soon"' in page.text
    assert "Choose one of these" in page.text
    assert 'id="addresses_kept_days-wrong"' not in page.text


async def test_credit_is_told_in_words_and_its_ledger_page_by_page(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    post_paid = (await asha.get(CREDIT)).text
    campaign = await a_campaign(api, acme)
    account = await api.database.fetchval("SELECT id FROM account WHERE name = 'acme'")
    await api.database.execute(
        "INSERT INTO account_credit (account_id, balance, daily_cap) VALUES ($1, 123456, 5000) "
        "ON CONFLICT (account_id) DO UPDATE SET balance = 123456, daily_cap = 5000",
        account,
    )
    await api.database.execute(
        "INSERT INTO credit_entry (account_id, kind, amount, balance, campaign_id, note, "
        "author_kind, author_name) VALUES ($1, 'charge', -3, 2, $2, '', NULL, NULL)",
        account,
        campaign.id,
    )
    await api.database.execute(
        "INSERT INTO credit_entry (account_id, kind, amount, balance, note, author_kind, "
        "author_name) SELECT $1, 'top-up', 5, n, $2, 'cli', 'root' FROM generate_series(1, 51) n",
        account,
        HOSTILE[:200],
    )
    first = (await asha.get(CREDIT)).text
    (older,) = re.findall(r'href="([^"]+cursor=[^"]+)"', first)
    second = (await asha.client.get(older)).text
    file = await asha.client.get("/credit/entries.csv?bom=true")
    async with visitor(api.app) as reader:
        await reader.sign_in("reader")
        seen = (await reader.get(CREDIT)).text
        refused = await reader.client.get("/credit/entries.csv")

    assert "Post-paid" in post_paid
    assert "no cap of a day" in post_paid
    assert "What became of it" not in post_paid
    assert "<strong>1,23,456</strong> credits left" in first
    assert "of at most 5,000 segments" in first
    assert [len(ROW.findall(page)) for page in (first, second)] == [50, 2]
    assert "Topped up" in first
    assert TEXT_OF_HOSTILE in first
    assert "<script>alert" not in first
    assert f"/console/campaigns/{campaign.uuid}" in second
    assert len(file.text.splitlines()) == 53
    assert 'href="/credit/entries.csv?bom=true"' in first
    assert "/credit/entries.csv" not in seen
    assert refused.status_code == 403


async def test_alerts_say_what_rose_and_how_far(api: Api, asha: Visitor) -> None:
    none = (await asha.get(ALERTS)).text
    await api.database.execute(ADD_ALERT, "complaint", None, 4000, 0.004, 0.007, 0.01525)
    ended = await api.database.fetchval("SELECT now()")
    await api.database.execute(ADD_ALERT, "unknown_token", ended, 0, 80.0, 120.0, 400.25)
    page = (await asha.get(ALERTS)).text
    going_on = (await asha.get(f"{ALERTS}?which=open")).text

    assert "There was never an alert" in none
    assert page.count("<article") == 2
    assert "61 of 4,000 messages" in page
    assert "1.5%" in page
    assert "400.2 an hour" in page
    assert going_on.count("<article") == 1
    assert "Messages that people did not want" in going_on


async def test_the_trail_tells_who_did_what_and_is_searched(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    campaign = await a_campaign(api, acme)
    await asha.send(PRIVACY, RULES | {"addresses": "full", "agreed": " ".join(RULES)})
    page = (await asha.get(AUDIT)).text
    of_key = (await asha.get(f"{AUDIT}?author=first+key&sends=")).text
    without = (await asha.get(f"{AUDIT}?action=campaign.&sends=false")).text
    settings = (await asha.get(f"{AUDIT}?action=account.&from=2020-01-01&to=2999-01-01")).text
    early = (await asha.get(f"{AUDIT}?to=2020-01-01")).text
    about = (await asha.get(f"{AUDIT}?subject={campaign.uuid}")).text
    turned = await asha.get(f"{AUDIT}?from=2026-11-02&to=2026-11-01")
    no_day = await asha.get(f"{AUDIT}?from=soon")
    (file_link,) = re.findall(r'href="(/audit\.csv[^"]+)"', settings)
    file = await asha.client.get(file_link.replace("&amp;", "&"))

    assert "Sent a campaign" in page
    assert f'href="/console/campaigns/{campaign.uuid}"' in page
    assert "Signed in" in page
    assert "first key" in of_key
    assert "Signed in" not in of_key
    assert "There are no entries like that" in without
    assert "Changed how long data is kept" in settings
    assert "clicks_kept_months" in settings
    assert "<del>–</del> → 24" in settings
    assert "There are no entries like that" in early
    assert len(ROW.findall(about)) == 1
    assert (turned.status_code, no_day.status_code) == (400, 400)
    assert "behind the last one" in turned.text
    assert 'value="2026-11-02"' in turned.text
    assert "account.privacy" in file.text
    assert "campaign.send" not in file.text


async def test_the_trail_is_read_page_by_page_and_is_text(api: Api, asha: Visitor) -> None:
    await api.database.execute(
        "INSERT INTO audit_entry (account_id, author_kind, author_name, action, subject, before, "
        "after) SELECT id, 'user', $1::text, $1, $1, jsonb_build_object($1, $1), "
        "jsonb_build_object($1, 'x') FROM account, generate_series(1, 60) WHERE name = 'acme'",
        HOSTILE,
    )
    first = (await asha.get(f"{AUDIT}?sends=false")).text
    (older,) = re.findall(r'href="([^"]+cursor=[^"]+)"', first)
    second = (await asha.client.get(older.replace("&amp;", "&"))).text
    asked = (await asha.get(f"{AUDIT}?action=%3Cscript%3Ealert(1)%3C/script%3E&author=%00")).text

    assert len(ROW.findall(first)) == 50
    assert "sends=false" in older
    assert 10 < len(ROW.findall(second)) < 20
    for page in (first, second, asked):
        assert TEXT_OF_HOSTILE in page
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "123580457" not in page


async def test_another_accounts_data_is_nobodys(api: Api, acme: Headers, asha: Visitor) -> None:
    await a_campaign(api, acme)
    await asha.send(PRIVACY, RULES | {"agreed": " ".join(RULES)})
    await api.database.execute(ADD_ALERT, "complaint", None, 4000, 0.004, 0.007, 0.01525)
    await api.account("beta", "BETAIN")
    await api.user("beta", "bela", PASSWORD, "owner", UserKind.CONSOLE)
    async with visitor(api.app) as bela:
        await bela.sign_in("bela")
        privacy, alerts, audit = [(await bela.get(path)).text for path in (PRIVACY, ALERTS, AUDIT)]

    assert 'value="24"' not in privacy
    assert "There was never an alert" in alerts
    assert "asha" not in audit
    assert "Sent a campaign" not in audit


def documented() -> set[str]:
    """Return the actions that the tables of the documents name."""
    pages = "".join((REPOSITORY / f"docs/{page}.md").read_text() for page in PAGES)
    found = set()
    for cell in ACTION_CELL.findall(pages):
        first, *others = re.findall(r"`([^`]+)`", cell)
        area, _, name = first.partition(".")
        if name not in {"", "…"}:
            found |= {first} | {each if "." in each else f"{area}.{each}" for each in others}
    return found


def test_every_action_has_its_words_and_its_area() -> None:
    actions = set(noted()) | documented()

    assert {"campaign.resume", "user.sign-in-failed", "credit.correction"} <= actions
    assert actions - ACTIONS.keys() == set()
    assert {each for each in ACTIONS if not each.startswith(tuple(AREAS))} == set()
