"""All of txlink on one machine: database, migrations, a demo account and every process."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from services.api.domain.errors import InvalidCredentialsError, InvalidValueError
from services.api.operations.authenticate import authenticate_key
from services.api.operations.create_account import KEY_SCOPES, create_account, create_key
from services.api.settings import ApiSettings
from services.cli.addresses import Addresses, require_free
from services.cli.announcing import announced
from services.cli.migrating import migrate
from services.redirector.settings import RecorderSettings, RedirectorSettings
from services.supervisor import ProcessSpec, supervise
from services.worker.settings import WorkerSettings
from shared import embedded_postgres
from shared.settings import DATABASE_URL_FORM
from shared.storage.engine import create_engine

DEMO_ACCOUNT = "demo"
DEMO_SENDER_ID = "TXLINK"
DATABASE = "txlink"
HAS_DATABASE = "SELECT 1 FROM pg_database WHERE datname = 'txlink'"
CREATE_DATABASE = "CREATE DATABASE txlink"


@contextmanager
def database(data_dir: Path, given_url: str | None) -> Iterator[str]:
    """Yield the URL of a migrated database: the given one, or one on an embedded server."""
    if given_url is not None:
        migrate(given_url)
        yield given_url
        return
    with embedded_postgres.running(data_dir / "postgres") as server:
        url = server.url(DATABASE)
        asyncio.run(_ensure_database(server.url("postgres")))
        migrate(url)
        yield url


def demo_key(data_dir: Path, database_url: str) -> str:
    """Return the demo account's API key; account and key are made if they are missing.

    The key's text is kept beside the local data, readable by its owner alone, since the database
    has its digest only.
    """
    path = demo_key_path(data_dir)
    if path.exists() and asyncio.run(_is_live(database_url, path.read_text().strip())):
        return path.read_text().strip()
    key = asyncio.run(_make_demo_key(database_url))
    path.touch(mode=0o600)
    path.write_text(f"{key}\n")
    return key


def demo_key_path(data_dir: Path) -> Path:
    """Return where the demo account's key is kept."""
    return data_dir / "demo-api-key"


def processes(data_dir: Path, database_url: str, addresses: Addresses) -> list[ProcessSpec]:
    """Return the processes that make up txlink, in the order of their start."""
    environment = _environment(data_dir, database_url, addresses)

    def spec(name: str, module: str, ready_url: str | None = None) -> ProcessSpec:
        argv = (sys.executable, "-m", module)
        return ProcessSpec(name=name, argv=argv, env=environment, ready_url=ready_url)

    return [
        spec("api", "services.api", f"{addresses.api}/healthz"),
        spec("redirector", "services.redirector", f"{addresses.redirector}/healthz"),
        spec("recorder", "services.redirector.recorder"),
        spec("worker", "services.worker"),
    ]


def _environment(data_dir: Path, database_url: str, addresses: Addresses) -> Mapping[str, str]:
    return dict(os.environ) | {
        "DATABASE_URL": database_url,
        "PYTHONUNBUFFERED": "1",
        "TXLINK_DATA_DIR": str(data_dir.resolve()),
        "TXLINK_API_PORT": addresses.api.rpartition(":")[2],
        "TXLINK_REDIRECTOR_PORT": addresses.redirector.rpartition(":")[2],
    }


def run(data_dir: Path, database_url: str | None, *, api_port: int, redirector_port: int) -> None:
    """Run everything until Ctrl-C; a process that dies is started again.

    Args:
        data_dir: Of the journals and, without a URL, the embedded Postgres.
        database_url: Of the Postgres to use instead.
        api_port: Where the API listens.
        redirector_port: Where the redirector listens.

    Raises:
        SettingsError: A process would refuse what the environment says.
        SupervisorError: A process did not get ready; all have been stopped.
    """
    addresses = Addresses.at_ports(api_port=api_port, redirector_port=redirector_port)
    # A process that refuses its settings would be started again and again.
    environment = _environment(data_dir, database_url or DATABASE_URL_FORM, addresses)
    for kind in (ApiSettings, RedirectorSettings, RecorderSettings, WorkerSettings):
        kind.from_env(environment)
    data_dir.mkdir(parents=True, exist_ok=True)
    _stop_on_signals()
    with announced(data_dir, addresses):
        require_free(api_port=api_port, redirector_port=redirector_port)
        with database(data_dir, database_url) as url:
            _supervise(data_dir, url, addresses)


def _supervise(data_dir: Path, database_url: str, addresses: Addresses) -> None:
    key = demo_key(data_dir, database_url)

    async def show_help() -> None:
        print(_help(addresses, key), flush=True)

    asyncio.run(supervise(processes(data_dir, database_url, addresses), on_ready=show_help))


def _stop_on_signals() -> None:
    """Let a signal to end interrupt as Ctrl-C does, or it would leave Postgres running.

    The supervisor has its own way with them for as long as it runs.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


async def _ensure_database(admin_url: str) -> None:
    engine = create_engine(admin_url, application="txlink-cli")
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with autocommit.connect() as connection:
        if (await connection.exec_driver_sql(HAS_DATABASE)).first() is None:
            await connection.exec_driver_sql(CREATE_DATABASE)
    await engine.dispose()


async def _is_live(database_url: str, key: str) -> bool:
    engine = create_engine(database_url, application="txlink-cli")
    try:
        await authenticate_key(engine, key)
    except InvalidCredentialsError:
        return False
    finally:
        await engine.dispose()
    return True


async def _make_demo_key(database_url: str) -> str:
    engine = create_engine(database_url, application="txlink-cli")
    try:
        made = await create_account(
            engine,
            DEMO_ACCOUNT,
            sender_ids=[DEMO_SENDER_ID],
            region="IN",
            time_zone="Asia/Kolkata",
        )
    except InvalidValueError:
        key = await create_key(engine, DEMO_ACCOUNT, "demo", scopes=KEY_SCOPES)
        return key.text
    finally:
        await engine.dispose()
    return made.key.text


def _help(addresses: Addresses, key: str) -> str:
    return f"""
txlink is up: API {addresses.api} (docs at /docs), redirector {addresses.redirector}

Send a message with a tracked link to two numbers:

  curl -G {addresses.api}/send -H 'apikey: {key}' \\
    -d mobile=919876543210,919876543211 -d trackLink=true -d appendHttp=true \\
    --data-urlencode 'msg=Sale ends tonight: https://example.com/sale. Reply STOP to end'

See it arrive:   .venv/bin/txlink sandbox
Click a link:    the texts say https://tx1.in/TOKEN; here the redirector answers for it at
                 {addresses.redirector}/TOKEN
Read the report: curl -H 'apikey: {key}' {addresses.api}/campaigns

Ctrl-C stops everything.
"""
