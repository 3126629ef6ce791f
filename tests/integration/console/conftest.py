"""Fixtures of the console's tests."""

from collections.abc import AsyncIterator

import pytest

from services.api.domain.roles import UserKind
from tests.support.api import Api, running_api
from tests.support.consoles import COLLEAGUES, PASSWORD, Visitor, visitor


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with running_api(database_url, redirector_url="http://127.0.0.1:8001") as api:
        yield api


@pytest.fixture
async def acme(api: Api) -> dict[str, str]:
    """Return the headers of an account with an owner, asha, and her colleagues."""
    headers = await api.account("acme", "ACMEIN")
    await api.user("acme", "asha", PASSWORD, "owner", UserKind.CONSOLE)
    await api.database.execute(COLLEAGUES)
    return headers


@pytest.fixture
async def asha(api: Api, acme: dict[str, str]) -> AsyncIterator[Visitor]:
    del acme
    async with visitor(api.app) as one:
        assert (await one.sign_in("asha")).status_code == 303
        yield one
