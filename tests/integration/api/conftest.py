"""Fixtures of the API's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Api, running_api


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with running_api(database_url) as api:
        yield api


@pytest.fixture
async def acme(api: Api) -> dict[str, str]:
    """Return the headers of an account with two sender IDs."""
    return await api.account("acme", "ACMEIN", "ACMEUS")
