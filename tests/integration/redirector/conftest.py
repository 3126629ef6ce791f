from pathlib import Path

import pytest

from services.redirector.settings import RedirectorSettings


@pytest.fixture
def settings(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RedirectorSettings:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TXLINK_DATA_DIR", str(tmp_path))
    return RedirectorSettings()
