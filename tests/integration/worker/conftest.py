"""What the worker's tests stand on."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.storage.engine import create_engine
from tests.support.sealing import SEALER


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application="txlink tests", sealer=SEALER)
    yield engine
    await engine.dispose()
