"""Credits by ``txlink``, as an operator gives them."""

import asyncio

import asyncpg
import pytest

from services.cli.main import main
from tests.support.credit import Ledger, ledger

TRAIL = "SELECT action, subject, before::text, after::text FROM audit_entry ORDER BY id"


class Terminal:
    """Runs ``txlink`` on a database, in this process."""

    def __init__(self, url: str, captured: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self._captured = captured

    def txlink(self, *arguments: str) -> str:
        main(arguments)
        return self._captured.readouterr().out.strip()

    def refused(self, *arguments: str) -> str:
        with pytest.raises(SystemExit) as refusal:
            main(arguments)
        return str(refusal.value)

    def fetch(self, statement: str) -> list[asyncpg.Record]:
        async def fetch() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.url)
            try:
                return await connection.fetch(statement)
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def book(self) -> Ledger:
        async def read() -> Ledger:
            connection = await asyncpg.connect(self.url)
            try:
                return await ledger(connection)
            finally:
                await connection.close()

        return asyncio.run(read())


@pytest.fixture
def terminal(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    monkeypatch.setenv("DATABASE_URL", database_url)
    terminal = Terminal(database_url, capsys)
    terminal.txlink("account-create", "acme")
    return terminal


def test_account_is_made_prepaid_topped_up_corrected_and_shown(terminal: Terminal) -> None:
    assert terminal.txlink("credit-show", "acme") == "balance: post-paid\ndaily cap: none"

    terminal.txlink("account-set", "acme", "--prepaid", "--daily-cap", "500")
    given = terminal.txlink("credit-add", "acme", "100", "--note", "invoice 7")
    corrected = terminal.txlink("credit-add", "acme", "--correction", "--", "-30")

    assert (given, corrected) == ("100", "70")
    assert terminal.txlink("credit-show", "acme") == "balance: 70\ndaily cap: 0 of 500 used"
    rows = terminal.book().rows
    assert [(row["kind"], row["amount"], row["note"]) for row in rows] == [
        ("top-up", 100, "invoice 7"),
        ("correction", -30, ""),
    ]
    assert {row["author_kind"] for row in rows} == {"cli"}
    assert [tuple(row) for row in terminal.fetch(TRAIL)][-3:] == [
        (
            "credit.terms",
            "account",
            '{"balance": null, "daily_cap": null}',
            '{"balance": 0, "daily_cap": 500}',
        ),
        ("credit.top-up", "account", '{"balance": 0}', '{"note": "invoice 7", "balance": 100}'),
        ("credit.correction", "account", '{"balance": 100}', '{"note": "", "balance": 70}'),
    ]


def test_account_made_post_paid_loses_its_balance_and_the_ledger_says_so(
    terminal: Terminal,
) -> None:
    terminal.txlink("account-set", "acme", "--prepaid", "--daily-cap", "5")
    terminal.txlink("credit-add", "acme", "100")

    for _ in range(2):
        terminal.txlink("account-set", "acme", "--no-prepaid", "--daily-cap", "none")

    assert terminal.txlink("credit-show", "acme") == "balance: post-paid\ndaily cap: none"
    assert terminal.book().told == [("top-up", 100, 100), ("correction", -100, 0)]
    terminal.txlink("account-set", "acme", "--prepaid")
    assert terminal.txlink("credit-show", "acme") == "balance: 0\ndaily cap: none"
    # What changed nothing is not in the trail.
    actions = [row["action"] for row in terminal.fetch(TRAIL)]
    assert actions.count("credit.terms") == 3


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nobody", "5"], "'nobody' is not an account's name"),
        (["acme", "0"], "amount must be from 1 to"),
        (["acme", "--", "-5"], "amount must be above 0, unless it is a correction"),
        (["acme", "--correction", "--", "-11"], "takes 11 credits, and the account has 10"),
        (["acme", "5", "--note", "x" * 201], "note must be one line"),
    ],
)
def test_what_cannot_be_given(terminal: Terminal, arguments: list[str], reason: str) -> None:
    terminal.txlink("account-set", "acme", "--prepaid")
    terminal.txlink("credit-add", "acme", "10")

    assert reason in terminal.refused("credit-add", *arguments)
    assert terminal.book().total == 10


def test_post_paid_account_is_given_nothing(terminal: Terminal) -> None:
    assert "'acme' is post-paid" in terminal.refused("credit-add", "acme", "5")
    assert terminal.fetch("SELECT * FROM account_credit") == []


def test_cap_that_is_no_number_is_refused(terminal: Terminal) -> None:
    assert "daily cap must be" in terminal.refused("account-set", "acme", "--daily-cap", "few")
