"""A terminal on a database."""

import pytest

from tests.support.terminals import Terminal


@pytest.fixture
def terminal(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    monkeypatch.setenv("DATABASE_URL", database_url)
    return Terminal(database_url, capsys)
