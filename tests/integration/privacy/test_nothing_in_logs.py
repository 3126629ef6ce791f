"""Whatever goes wrong, nothing that is secret or a person's own is told to a log."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr
from typing_extensions import override

from services.api.main import SERVER_OPTIONS as API_OPTIONS
from services.api.main import create_app as create_api
from services.api.operations.create_account import create_account
from services.api.operations.manage_users import create_user
from services.api.settings import ApiSettings
from services.redirector.main import SERVER_OPTIONS as REDIRECTOR_OPTIONS
from services.redirector.main import create_app as create_redirector
from services.redirector.settings import RedirectorSettings
from services.worker.erasing import erase_due
from shared.domain.outbound import parse_reach
from shared.schema.grants import Service
from shared.storage.engine import create_engine
from tests.support.postgres_relay import PostgresRelay
from tests.support.roles import engine_as
from tests.support.sealing import SECRET_KEYS
from tests.support.waiting import until
from tests.support.worker_task import running_worker

NUMBER = "919876500099"
PASSWORD = "mark-password-9"  # noqa: S105 - of nobody
TEXT = "Your code is 774411, mark-text-9"
URL = "https://shop.example/mark-destination-9"
# What must be nowhere; what is made by the product is added once it is.
MARKS = [
    "9876500099",
    PASSWORD,
    "774411",
    "mark-text-9",
    "mark-destination-9",
    "mark-key-9",
    "mark-cookie-9",
    "mark-bearer-9",
    "mark-title-9",
    "mark-hook-9",
    "mark-agent-9",
    "198.51.100.99",
]
HEADERS = {
    "cookie": "session=mark-cookie-9",
    "idempotency-key": "mark-key-9",
    "x-forwarded-for": "198.51.100.99",
    "user-agent": "Mozilla/5.0 mark-agent-9",
    "referer": "https://mail.example/?mark-title-9",
}
VALUES = {
    "mobile": NUMBER,
    "mobileNo": NUMBER,
    "msg": f"{TEXT} {URL}",
    "title": "mark-title-9",
    "name": "mark-title-9",
    "trackLink": "true",
    "userId": "asha",
    "password": PASSWORD,
    "uuid": "mark-title-9",
    "url": "https://198.51.100.99/mark-hook-9",
    "destination": URL,
}
SEND = {"mobile": NUMBER, "msg": f"{TEXT} {URL}", "trackLink": "true"}
PARTS = {"{msisdn}": NUMBER, "{prefix}": "0123456789ab"}
UUID = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
# A fault whose message holds all of the row that it is about, as those of constraints do.
FAIL = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'cannot take %', NEW USING DETAIL = NEW::text;
END
$$
"""
TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'alembic_version'
"""


class Ear(logging.Handler):
    """Hears all that is logged, as any handler would write it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(self.format(record))


@pytest.fixture
def ear() -> Iterator[Ear]:
    root, ear = logging.getLogger(), Ear()
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    yield ear
    root.removeHandler(ear)
    root.setLevel(level)


@asynccontextmanager
async def serving(app: Any, options: dict[str, Any]) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ANN401
    """Serve an application as its process does, but for its logs, which go to the test."""
    own = {**options, "loop": "none", "log_config": None, "log_level": "debug", "port": 0}
    server = uvicorn.Server(uvicorn.Config(app, **own))
    task = asyncio.create_task(server.serve())

    async def has_started() -> bool:
        return server.started

    await until(has_started)
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        await task


def calls_of(method: str, key: str) -> list[dict[str, Any]]:
    """Return ways to call a method: by a key, by a login, and with what cannot be read."""
    own, other = {"apikey": key}, {"authorization": "Bearer mark-bearer-9"}
    calls: list[dict[str, Any]] = [{"params": VALUES, "headers": other}, {"headers": own}]
    if method in {"GET", "HEAD", "DELETE"}:
        return [*calls, {"params": VALUES, "headers": own}]
    broken = (b'{"mark-text-9": 774411', b"\xff\xfe774411")
    return [
        *calls,
        {"json": VALUES, "headers": own},
        {"data": VALUES, "headers": {}},
        *({"content": body, "headers": own} for body in broken),
    ]


async def call_all(client: httpx.AsyncClient, app: Any, key: str) -> list[int]:  # noqa: ANN401
    """Call every route in every way that it may be called; return the statuses."""
    statuses: list[int] = []
    for route in iter_route_contexts(app.routes):
        path = route.path or "/"
        # It goes on until its reader hangs up.
        if path.endswith("/events"):
            continue
        for part, value in PARTS.items():
            path = path.replace(part, value)
        path = "/".join(UUID if piece.startswith("{") else piece for piece in path.split("/"))
        for method in sorted(route.methods or ()):
            for call in calls_of(method, key):
                call["headers"] = HEADERS | call["headers"]
                statuses.append((await client.request(method, path, **call)).status_code)
    return statuses


async def send(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """Have a message accepted."""
    answer = await client.post("/send", json=SEND, headers=headers)
    assert answer.status_code == 200, answer.text


async def follow(client: httpx.AsyncClient, token: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        for path in (f"/{token}", f"/{token}?to={NUMBER}", f"/ACME/{token}", f"/{token}x/"):
            await client.request(method, path, headers=HEADERS)


async def break_all(database: asyncpg.Connection) -> None:
    """Have every table refuse every row, in words that hold all of it."""
    await database.execute(FAIL)
    for (table,) in await database.fetch(TABLES):
        if not table.startswith("pgqueuer"):
            await database.execute(
                f"CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION fail()"
            )


async def has_failed_deliveries(database: asyncpg.Connection) -> bool:
    """Tell whether a webhook could not be called."""
    tried = "SELECT count(*) FROM webhook_delivery WHERE attempt_count > 0"
    return bool(await database.fetchval(tried))


def leaks(ear: Ear, captured: str, marks: list[str]) -> list[str]:
    told = [*ear.heard, *captured.splitlines()]
    return sorted({f"{mark}: {line[:400]}" for line in told for mark in marks if mark in line})


async def test_no_call_tells_a_log_what_is_secret_however_it_fails(
    database_url: str, tmp_path: Path, ear: Ear, capfd: pytest.CaptureFixture[str]
) -> None:
    relay = PostgresRelay(database_url)
    await relay.open()
    engine = create_engine(database_url, application="test")
    made = await create_account(
        engine, "acme", sender_ids=["ACMEIN"], region="IN", time_zone="Asia/Kolkata"
    )
    await create_user(engine, "acme", "asha", PASSWORD, role="owner")
    key = made.key.text
    api = create_api(
        ApiSettings(
            database_url=SecretStr(relay.url),
            secret_keys=SECRET_KEYS,
            webhook_networks=parse_reach("127.0.0.1"),
        )
    )
    redirector = create_redirector(
        RedirectorSettings(
            database_url=SecretStr(relay.url), secret_keys=SECRET_KEYS, data_dir=tmp_path
        )
    )
    database = await asyncpg.connect(database_url)

    async def has_met_a_fault() -> bool:
        return any("services/worker" in line and "P0001" in line for line in ear.heard)

    marks = [*MARKS, key, key[4:], key[-43:]]
    async with (
        serving(api, API_OPTIONS) as client,
        serving(redirector, REDIRECTOR_OPTIONS) as links,
    ):
        own = {"apikey": key}
        sent = await client.post(
            "/links", json={"mobile": NUMBER, "msg": f"{TEXT} {URL}"}, headers=own
        )
        token = sent.json()["messages"][0]["link"].rpartition("/")[2]
        hook = await client.post(
            "/webhooks",
            json={"url": "http://127.0.0.1:9/mark-hook-9", "kinds": ["message.submitted"]},
            headers=own,
        )
        secret = hook.json()["secret"]
        marks += [token, secret, secret.removeprefix("whsec_")]
        await follow(links, token)
        statuses = await call_all(client, api, key)
        # Among which is the erasure of the number, and that would cancel what is to be sent.
        await erase_due(engine_as(Service.WORKER, engine))
        await send(client, own)
        async with running_worker(database_url, webhook_networks=parse_reach("127.0.0.1")):
            await until(lambda: has_failed_deliveries(database))
        await send(client, own)
        await break_all(database)
        statuses += await call_all(client, api, key)
        await follow(links, token)
        async with running_worker(database_url):
            await until(has_met_a_fault)
        await relay.cut()
        statuses += await call_all(client, api, key)
        await follow(links, token)
        health = [(await each.get("/healthz")).text for each in (client, links)]
    await database.close()
    await engine.dispose()
    captured = "".join(capfd.readouterr())

    assert {200, 400, 401, 404, 500, 503} <= set(statuses)
    assert any("Error" in line for line in ear.heard)
    assert leaks(ear, captured, marks) == []
    assert not any(mark in text for mark in marks for text in health)
