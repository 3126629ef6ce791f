"""Users by ``txlink``: made, listed, changed, and told of before a password is asked for."""

import asyncio
import io
import json

import asyncpg
import pytest

from services.cli.main import main

PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody


class Terminal:
    """Runs ``txlink`` on a database, in this process."""

    def __init__(
        self, url: str, patched: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]
    ) -> None:
        self._url = url
        self._patched = patched
        self._captured = captured
        self.typed = io.StringIO()

    def txlink(self, *arguments: str, typed: str = "") -> str:
        self.typed = io.StringIO(typed)
        self._patched.setattr("sys.stdin", self.typed)
        main(arguments)
        return self._captured.readouterr().out.strip()

    def fetch(self, query: str) -> list[asyncpg.Record]:
        async def ask() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self._url)
            try:
                return await connection.fetch(query)
            finally:
                await connection.close()

        return asyncio.run(ask())


@pytest.fixture
def terminal(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    monkeypatch.setenv("DATABASE_URL", database_url)
    made = Terminal(database_url, monkeypatch, capsys)
    made.txlink("account-create", "acme")
    return made


def test_users_are_made_listed_and_changed(terminal: Terminal) -> None:
    terminal.txlink("user-create", "acme", "machine", typed=f"{PASSWORD}\n")
    asha = ("user-create", "acme", "asha", "--console", "--role", "owner")
    terminal.txlink(*asha, typed=f"{PASSWORD}\n")
    listed = [line.split("  ") for line in terminal.txlink("user-list", "acme").splitlines()]
    terminal.txlink("user-set", "machine", "--role", "analyst", "--disable")
    terminal.txlink("user-set", "asha", "--password", typed="Green teapot of the moon\n")
    after = terminal.txlink("user-list", "acme").splitlines()

    assert [[cell.strip() for cell in row if cell.strip()] for row in listed] == [
        ["console", "owner", "enabled", "password alone", "never signed in", "asha"],
        ["api", "sender", "enabled", "machine"],
    ]
    assert after[1].split() == ["api", "analyst", "disabled", "machine"]
    entries = terminal.fetch("SELECT * FROM audit_entry WHERE action LIKE 'user.%' ORDER BY id")
    assert [(entry["author_kind"], entry["action"], entry["subject"]) for entry in entries] == [
        ("cli", "user.create", "machine"),
        ("cli", "user.create", "asha"),
        ("cli", "user.change", "machine"),
        ("cli", "user.password", "asha"),
    ]
    hashes = terminal.fetch("SELECT DISTINCT password_hash FROM account_user")
    assert len(hashes) == 2


def test_rules_are_set_with_the_account(terminal: Terminal) -> None:
    terminal.txlink("account-set", "acme", "--password-calls", "off")
    terminal.txlink("account-set", "acme", "--second-factor", "demanded", "--landlines")

    [account] = terminal.fetch("SELECT * FROM account")
    assert (account["password_calls"], account["demands_second_factor"]) == (False, True)
    assert account["accepts_landlines"] is True
    [*entries] = terminal.fetch(
        "SELECT action, after FROM audit_entry WHERE subject = 'account' ORDER BY id"
    )
    assert [(entry["action"], json.loads(entry["after"])) for entry in entries[1:]] == [
        ("account.sign-in-rules", {"password_calls": False}),
        ("account.sign-in-rules", {"demands_second_factor": True}),
        ("account.set", {"accepts_landlines": True}),
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["user-create", "nobody", "asha"], "not an account's name", id="account"),
        pytest.param(["user-create", "acme", " asha"], "no blank around", id="login"),
        pytest.param(["user-create", "acme", "taken"], "is taken", id="taken"),
        pytest.param(["user-set", "nobody", "--password"], "user-list shows them", id="user"),
    ],
)
def test_no_password_is_asked_for_in_vain(
    terminal: Terminal, arguments: list[str], told: str
) -> None:
    terminal.txlink("user-create", "acme", "taken", typed=f"{PASSWORD}\n")

    with pytest.raises(SystemExit, match=told):
        terminal.txlink(*arguments, typed=f"{PASSWORD}\n")

    assert terminal.typed.tell() == 0


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        pytest.param(["user-create", "acme", "asha"], "short\n", "12 to 128", id="short"),
        pytest.param(["user-create", "acme", "asha"], "", "12 to 128", id="nothing typed"),
        pytest.param(["user-set", "boss"], "", "nothing to change", id="nothing"),
        pytest.param(["user-set", "boss", "--disable"], "", "last enabled owner", id="owner"),
        pytest.param(["user-list", "nobody"], "", "not an account's name", id="account"),
        pytest.param(
            ["account-set", "nobody", "--password-calls", "off"], "", "not an account", id="rules"
        ),
    ],
)
def test_what_cannot_be_done_is_told(
    terminal: Terminal, arguments: list[str], typed: str, told: str
) -> None:
    boss = ("user-create", "acme", "boss", "--console", "--role", "owner")
    terminal.txlink(*boss, typed=f"{PASSWORD}\n")

    with pytest.raises(SystemExit, match=told):
        terminal.txlink(*arguments, typed=typed)
