"""Where links may lead by ``txlink``: for one account and for all."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from services.cli.main import main


class Terminal:
    """Runs ``txlink destinations`` on a database, in this process."""

    def __init__(self, url: str, captured: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self._captured = captured

    def run(self, *arguments: str) -> str:
        main(["destinations", *arguments])
        return self._captured.readouterr().out.strip()

    def trail(self) -> list[asyncpg.Record]:
        async def fetch() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.url)
            try:
                return await connection.fetch(
                    "SELECT * FROM audit_entry WHERE action = 'destinations.change' ORDER BY id"
                )
            finally:
                await connection.close()

        return asyncio.run(fetch())


@pytest.fixture
def terminal(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    monkeypatch.setenv("DATABASE_URL", database_url)
    main(["account-create", "acme"])
    capsys.readouterr()
    return Terminal(database_url, capsys)


def test_rules_are_added_shown_tried_and_removed(terminal: Terminal) -> None:
    assert terminal.run("add", "evil.example", "EVIL.example.", "203.0.113.0/24") == "added 2 of 2"
    assert terminal.run("add", "b.example", "--account", "acme") == "added 1 of 1"
    assert terminal.run("add", "ok.example", "--account", "acme", "--list", "allow")
    assert terminal.run("show") == "block  203.0.113.0/24\nblock  evil.example"
    assert terminal.run("show", "--account", "acme") == "allow  ok.example\nblock  b.example"
    assert terminal.run("test", "https://x.evil.example", "--account", "acme") == (
        "x.evil.example is refused by platform: evil.example"
    )
    assert terminal.run("test", "ok.example", "--account", "acme").endswith("allow: ok.example")
    assert terminal.run("test", "c.example", "--account", "acme").endswith("allow: not on it")
    assert terminal.run("test", "c.example") == "c.example is let through: no rule is about it"
    assert terminal.run("remove", "evil.example", "x.example") == "removed 1 of 2"

    trail = terminal.trail()
    assert [(entry["author_kind"], entry["subject"]) for entry in trail] == [
        ("cli", "platform"),
        ("cli", "account"),
        ("cli", "account"),
        ("cli", "platform"),
    ]
    assert [entry["account_id"] is None for entry in trail] == [True, False, False, True]


def test_a_file_is_taken_in_once(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("127.0.0.1 localhost\n0.0.0.0 a.example\n||b.example^\n<html>\n")

    assert terminal.run("import", str(path)) == "added 2 of 2; 1 lines are no hosts"
    assert terminal.run("show") == "block  a.example\nblock  b.example"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "*.example"], "rule should be a host"),
        (["add", "a.example", "--list", "allow"], "the platform has no allow-list"),
        (["add", "a.example", "--account", "nobody"], "account must be one that there is"),
        (["test", "no link"], "url must be a link"),
        (["import", "/nowhere/hosts"], "source cannot be read"),
        (["import", "https://127.0.0.1/hosts"], "source was not read: the URL must lead to"),
        (["import", "/dev/null"], "nothing was found"),
    ],
)
def test_what_cannot_be_done_says_what_would_be_right(
    terminal: Terminal, arguments: list[str], told: str
) -> None:
    with pytest.raises(SystemExit, match=told):
        terminal.run(*arguments)
