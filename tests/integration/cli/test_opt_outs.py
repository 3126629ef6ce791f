"""Opt-outs by command: taken in from a file, and written as one."""

import asyncio
from pathlib import Path

import pytest

from services.api.operations.create_account import create_account
from services.cli.main import main
from services.cli.operator import operator
from shared.storage.engine import create_engine


@pytest.fixture
def account(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of an account in the database that commands work on."""

    async def create() -> None:
        engine = create_engine(database_url, application="test")
        await create_account(
            engine, "acme", sender_ids=["ACMEIN"], region="IN", time_zone="Asia/Kolkata"
        )
        await engine.dispose()

    asyncio.run(create())
    monkeypatch.setenv("DATABASE_URL", database_url)
    return "acme"


def test_what_is_taken_in_is_written_out(
    account: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, written = tmp_path / "given.csv", tmp_path / "written.csv"
    given.write_text("Phone\n9876543211\n9876543210\n12\n9876543210\n")

    main(["opt-outs-import", account, str(given), "--note", "Old list"])
    told = capsys.readouterr().out
    main(["opt-outs-export", account, "--output", str(written)])
    main(["opt-outs-export", account])

    assert told.startswith("4 rows: 2 noted, 0 known, 1 repeated, 1 rejected\nrow 4: '12': ")
    header, *rows = written.read_text().splitlines()
    assert header == "mobile,source,note,author_kind,author_name,created_at"
    assert [row.rpartition(",")[0] for row in rows] == [
        f"'+919876543210,file,Old list,cli,{operator().name}",
        f"'+919876543211,file,Old list,cli,{operator().name}",
    ]
    assert capsys.readouterr().out.splitlines() == [header, *rows]
    # What is written can be taken in again.
    main(["opt-outs-import", account, str(written)])
    assert "2 known" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["opt-outs-export", "nobody"], "'nobody' is not an account's name"),
        (["opt-outs-import", "acme", "/nowhere.csv"], "/nowhere.csv cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(account: str, arguments: list[str], reason: str) -> None:
    del account

    with pytest.raises(SystemExit, match=reason):
        main(arguments)
