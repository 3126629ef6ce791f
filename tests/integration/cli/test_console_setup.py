"""``txlink console-setup`` prints a token for the first user of the console, and for no other."""

import io
import re

import pytest

from services.api.domain.set_up import open_token
from services.cli.console import set_up_text
from services.cli.main import main
from shared.clock import SystemClock
from shared.domain.sealing import Sealer, make_key

KEYS = make_key()
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TXLINK_SECRET_KEYS", KEYS)
    return database_url


def token_in(text: str) -> str:
    (token,) = re.findall(r"^  (txs1\.\S+)$", text, re.MULTILINE)
    return str(token)


def test_a_token_is_printed_for_an_account_that_is_made_if_need_be(
    url: str, capsys: Captured
) -> None:
    with pytest.raises(SystemExit, match="account is missing"):
        main(["console-setup"])
    main(["console-setup", "acme", "--sender-id", "ACMEIN", "--url", "https://api.example/"])
    first = capsys.readouterr().out
    main(["console-setup"])
    second = capsys.readouterr().out

    assert re.search(r"https://api\.example/console/set-up#txs1\.", first)
    assert "txk_" in first
    assert "txk_" not in second
    sealer, now = Sealer([KEYS]), SystemClock().now()
    accounts = {open_token(token_in(each), sealer, now=now).account_id for each in (first, second)}
    assert len(accounts) == 1
    assert token_in(set_up_text(url, KEYS, "http://127.0.0.1:8000")).startswith("txs1.")


def test_among_several_accounts_one_must_be_named_and_with_a_user_none_is_printed(
    url: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["account-create", "acme"])
    main(["account-create", "beta"])
    with pytest.raises(SystemExit, match="account must be named"):
        main(["console-setup"])
    unnamed = set_up_text(url, KEYS, "http://127.0.0.1:8000")
    main(["console-setup", "beta"])
    token = token_in(capsys.readouterr().out)
    monkeypatch.setattr("sys.stdin", io.StringIO("Blue Kettle in the sun\n"))
    main(["user-create", "beta", "asha", "--console", "--role", "owner"])
    with pytest.raises(SystemExit, match="users already"):
        main(["console-setup", "gamma"])
    main(["account-show", "beta"])

    assert unnamed == ""
    assert token
    assert set_up_text(url, KEYS, "http://127.0.0.1:8000") == ""
    with pytest.raises(SystemExit, match="gamma"):
        main(["account-show", "gamma"])
