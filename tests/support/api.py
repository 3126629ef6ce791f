"""The API in this process, on a real database, with accounts to call it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import asyncpg
import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from services.api.domain.roles import UserKind
from services.api.main import create_app
from services.api.operations.create_account import create_account
from services.api.operations.manage_users import create_user
from services.api.settings import ApiSettings
from shared.schema.grants import Service
from shared.storage.engine import create_engine
from tests.support.roles import url_as
from tests.support.sealing import SECRET_KEYS

# Applications, by whether they have a console.
IDLE: dict[bool, list[FastAPI]] = {}


@dataclass(frozen=True, slots=True)
class Api:
    """A running API in this process and a connection to its database."""

    app: FastAPI
    client: httpx.AsyncClient
    database: asyncpg.Connection
    database_url: str

    async def account(self, name: str, *sender_ids: str) -> dict[str, str]:
        """Make an account and return the headers that a call for it carries."""
        engine = create_engine(self.database_url, application="test")
        made = await create_account(
            engine, name, sender_ids=list(sender_ids), region="IN", time_zone="Asia/Kolkata"
        )
        await engine.dispose()
        return {"apikey": made.key.text}

    async def user(
        self,
        account: str,
        login: str,
        password: str,
        role: str = "sender",
        kind: UserKind = UserKind.API,
    ) -> None:
        """Make a user of an account."""
        engine = create_engine(self.database_url, application="test")
        await create_user(engine, account, login, password, role=role, kind=kind)
        await engine.dispose()

    async def count(self, table: str) -> int:
        """Count the rows of a table."""
        counted = await self.database.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
        return int(counted)


@asynccontextmanager
async def running_api(database_url: str, **settings: object) -> AsyncIterator[Api]:
    """Run the API on a database for as long as the context lasts."""
    values = {
        "database_url": SecretStr(url_as(Service.API, database_url)),
        "secret_keys": SECRET_KEYS,
        **settings,
    }
    with _application(ApiSettings.model_validate(values, by_name=True, by_alias=True)) as app:
        async with _running(app, database_url) as api:
            yield api


@contextmanager
def _application(settings: ApiSettings) -> Iterator[FastAPI]:
    """Lend an application that no other test runs just now.

    FastAPI works a route out when it is first asked for, which takes more than most requests.
    """
    idle = IDLE.setdefault(settings.console, [])
    app = idle.pop() if idle else create_app(settings)
    app.state.settings = settings
    yield app
    idle.append(app)


@asynccontextmanager
async def _running(app: FastAPI, database_url: str) -> AsyncIterator[Api]:
    # A fault is answered and then raised again, for the server to log.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api.test") as client,
    ):
        database = await asyncpg.connect(database_url)
        try:
            yield Api(app, client, database, database_url)
        finally:
            await database.close()
