from pathlib import Path

import pytest
from pydantic import SecretStr

from services.redirector.settings import RedirectorSettings


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> RedirectorSettings:
    return RedirectorSettings(database_url=SecretStr(database_url), data_dir=tmp_path)
