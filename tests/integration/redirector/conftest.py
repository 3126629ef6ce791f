from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from services.redirector.journal.quarantine import MAX_OCTETS
from services.redirector.recorder.late_reports import INTERVAL_S
from services.redirector.recorder.locating import Locator
from services.redirector.recorder.recording import Recorder
from services.redirector.settings import RedirectorSettings
from services.redirector.storage.connections import open_pool
from shared.schema.grants import Service
from tests.support.roles import url_as
from tests.support.sealing import SECRET_KEYS


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> RedirectorSettings:
    return RedirectorSettings(
        database_url=SecretStr(url_as(Service.REDIRECTOR, database_url)),
        secret_keys=SECRET_KEYS,
        data_dir=tmp_path,
    )


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def a_recorder(database_url: str, tmp_path: Path) -> AsyncIterator[Callable[..., Recorder]]:
    pool = await open_pool(
        url_as(Service.RECORDER, database_url), application="test", size=4, statement_timeout_s=5
    )

    def make(
        *,
        batch_hits: int = 100,
        quarantine_octets: int = MAX_OCTETS,
        report_interval_s: float = INTERVAL_S,
        networks: Path | None = None,
        data_dir: Path = tmp_path,
    ) -> Recorder:
        return Recorder(
            pool,
            data_dir / "journal",
            Locator(None, networks),
            batch_hits=batch_hits,
            quarantine_octets=quarantine_octets,
            report_interval_s=report_interval_s,
        )

    yield make
    await pool.close()
