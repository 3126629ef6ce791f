"""Keys and allow-lists by ``txlink``, as an operator makes, ends and mends them."""

import json
import re

import pytest

from services.cli.main import main
from shared.domain.trusted_proxies import parse_address
from tests.support.terminals import Terminal


def test_keys_are_made_rotated_listed_and_revoked(terminal: Terminal) -> None:
    terminal.txlink("account-create", "acme")
    limits = ["--scope", "send", "--scope", "otp", "--ip", "203.0.113.0/24"]
    key = terminal.txlink(
        "key-create", "acme", "shop", *limits, "--expires", "2031-01-01T00:00:00+05:30"
    )
    prefix = key.split("_")[1]
    new = terminal.txlink("key-rotate", prefix, "--overlap-hours", "0.5")
    caller = terminal.caller(new)
    listed = terminal.txlink("key-list", "acme").splitlines()
    terminal.txlink("key-revoke", prefix)
    ended = terminal.txlink("key-list", "acme").splitlines()

    assert caller.scopes == {"send", "otp"}
    assert caller.allow_lists[1].texts == ("203.0.113.0/24",)
    assert [line.split()[:3] for line in listed[:2]] == [
        [new.split("_")[1], "live", "otp,send"],
        [prefix, "live", "otp,send"],
    ]
    assert re.search(r"until 20\d\d-.* never used  203\.0\.113\.0/24  shop$", listed[0])
    assert listed[2].endswith("no expiry  never used  from everywhere  first key")
    assert ended[1].split()[:2] == [prefix, "revoked"]
    entries = terminal.trail()
    assert [(entry["author_kind"], entry["action"]) for entry in entries] == [
        ("cli", "account.create"),
        ("cli", "key.create"),
        ("cli", "key.create"),
        ("cli", "key.create"),
        ("cli", "key.rotate"),
        ("cli", "key.revoke"),
    ]
    assert not any(secret.split("_", 2)[2] in str(entries) for secret in (key, new))


def test_who_is_locked_out_lets_themselves_in_again(terminal: Terminal) -> None:
    key = terminal.txlink("account-create", "acme")
    prefix = key.split("_")[1]
    said = [
        terminal.txlink("ip-allow", "acme"),
        terminal.txlink("ip-allow", "acme", "--set", "192.0.2.1", "--set", "2001:db8::/48"),
        terminal.txlink("ip-allow", "acme", "--key", prefix, "--set", "192.0.2.0/24"),
        terminal.txlink("ip-allow", "acme", "--key", prefix),
    ]
    shut = terminal.caller(key).allow_lists
    terminal.txlink("ip-allow", "acme", "--clear")
    terminal.txlink("ip-allow", "acme", "--key", prefix, "--clear")

    assert said == ["everywhere", "192.0.2.1\n2001:db8::/48", "192.0.2.0/24", "192.0.2.0/24"]
    assert [allow_list.texts for allow_list in shut] == [
        ("192.0.2.1", "2001:db8::/48"),
        ("192.0.2.0/24",),
    ]
    terminal.caller(key).admit(parse_address("198.51.100.9"))
    cleared = [entry for entry in terminal.trail() if entry["action"] == "account.allow"][-1]
    assert json.loads(cleared["after"]) == {"ip_allow_list": []}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["key-create", "nobody", "x"], "'nobody' is not an account", id="account"),
        pytest.param(["account-show", "nobody"], "is not an account's name", id="shown"),
        pytest.param(["audit", "acme", "--from", "today"], "2026-11-25", id="day"),
        pytest.param(["audit", "acme", "--limit", "0"], "from 1 to", id="limit"),
        pytest.param(["key-create", "acme", "x", "--expires", "soon"], "offset", id="expiry"),
        pytest.param(["key-create", "acme", "x", "--ip", "1.2.3.4/8"], "1.0.0.0/8", id="bits"),
        pytest.param(["key-rotate", "0123456789ab"], "key-list shows them", id="no-such-key"),
        pytest.param(["key-rotate", "x", "--overlap-hours", "nan"], "from 0 to 168", id="overlap"),
        pytest.param(["key-revoke", "0123456789ab"], "key-list shows them", id="none-to-revoke"),
        pytest.param(["ip-allow", "nobody", "--clear"], "not an account", id="no-account"),
    ],
)
def test_what_cannot_be_done_is_told(terminal: Terminal, arguments: list[str], told: str) -> None:
    with pytest.raises(SystemExit, match=told):
        terminal.txlink(*arguments)


def test_an_operator_sees_how_an_account_is_set_up_and_who_did_that(terminal: Terminal) -> None:
    key = terminal.txlink("account-create", "acme", "--sender-id", "ACMEIN")
    changed = terminal.txlink("account-set", "acme", "--segment-price", "0.25").splitlines()
    terminal.txlink("account-set", "acme", "--segment-price", "0.250")
    registered = terminal.txlink("sender-id-set", "acme", "acmein", "--link-domain", "tx1.in")
    shown = terminal.txlink("account-show", "acme").splitlines()
    trail = terminal.txlink("audit", "acme", "--from", "2020-01-01", "--tz", "Asia/Kolkata")

    assert "segment_price          0.250000" in changed
    assert registered.splitlines() == shown
    assert "ip_allow_list          everywhere" in shown
    assert "calls_per_minute       default" in shown
    assert shown[-3:-1] == ["balance                post-paid", "daily_cap              none"]
    prepaid = terminal.txlink("account-set", "acme", "--prepaid", "--daily-cap", "9").splitlines()
    assert prepaid[-3:-1] == ["balance                0", "daily_cap              9"]
    assert shown[-1].split() == [
        "sender_id",
        "ACMEIN",
        "link_shape=none",
        "link_domains=tx1.in",
        "dlt_entity_id=none",
    ]
    lines = trail.splitlines()
    assert [line.split("  ")[1] for line in lines] == [
        "sender_id.set",
        "account.set",
        "key.create",
        "account.create",
    ]
    assert '{"segment_price": null} → {"segment_price": "0.25"}' in lines[1]
    assert "+05:30  " in lines[0]
    assert key.split("_")[2] not in trail
    assert terminal.txlink("audit", "acme", "--action", "key", "--limit", "1").count("\n") == 0


def test_a_successor_lives_for_ever_if_that_is_asked_for(terminal: Terminal) -> None:
    terminal.txlink("account-create", "acme")
    expires = ["--expires", "2031-01-01T00:00:00Z"]
    first = terminal.txlink("key-create", "acme", "shop", *expires).split("_")[1]
    second = terminal.txlink("key-rotate", first).split("_")[1]
    terminal.txlink("key-rotate", second, "--expires", "never")
    newest, before, _, _ = terminal.txlink("key-list", "acme").splitlines()

    assert "no expiry" in newest
    assert "until" in before


def test_a_command_says_that_postgres_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    with pytest.raises(SystemExit, match=r"Postgres cannot be reached .*DATABASE_URL"):
        main(["key-list", "acme"])
