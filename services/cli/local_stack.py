"""All of txlink on one machine: database, migrations, a demo account and every process."""

import asyncio
import secrets
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from services.api.settings import ApiSettings
from services.cli.addresses import Addresses, require_free
from services.cli.announcing import announced
from services.cli.console import set_up_text
from services.cli.demo_account import demo_key
from services.cli.local_database import DATABASE, postgres_folder
from services.cli.preparing import prepare
from services.cli.processes import check_settings, environment, postgres_watch, processes
from services.cli.secret_keys import kept_secret_keys
from services.cli.storage.databases import ensure_database
from services.cli.storage.roles import ServiceRoles
from services.supervisor import ProcessSpec, supervise
from shared import embedded_postgres
from shared.domain.sealing import Sealer, make_key
from shared.schema.grants import Service
from shared.settings import DATABASE_URL_FORM

ROLE_PREFIX = "txlink"
PASSWORD_OCTETS = 24


def run(
    data_dir: Path,
    database_url: str | None,
    secret_keys: str | None,
    passwords: Mapping[Service, str],
    *,
    api_port: int,
    redirector_port: int,
) -> None:
    """Run everything until Ctrl-C; a process that dies is started again.

    The embedded Postgres is one of them, and has a demo account. A database of somebody's own
    gets no account, since its key would be printed.

    Args:
        data_dir: Of the journals and, without a URL, the embedded Postgres.
        database_url: Of the Postgres to use instead.
        secret_keys: What secrets are sealed with; the embedded Postgres has a key made for it.
        passwords: Of the services' roles in that Postgres; without one, a service logs in as its
            URL says. The embedded one has new passwords at every start.
        api_port: Where the API listens.
        redirector_port: Where the redirector listens.

    Raises:
        SettingsError: A process would refuse what the environment says.
        SupervisorError: A process did not get ready; all have been stopped.
    """
    addresses = Addresses.at_ports(api_port=api_port, redirector_port=redirector_port)
    # A key is made once all else is known to be right.
    keys = secret_keys or (make_key() if database_url is None else "")
    check_settings(environment(data_dir, database_url or DATABASE_URL_FORM, addresses, keys))
    data_dir.mkdir(parents=True, exist_ok=True)
    _stop_on_signals()
    with announced(data_dir, addresses):
        require_free(api_port=api_port, redirector_port=redirector_port)
        if database_url is None:
            _run_embedded(data_dir, addresses, secret_keys or kept_secret_keys(data_dir))
        else:
            _run_on(data_dir, database_url, addresses, keys, passwords)


def _run_embedded(data_dir: Path, addresses: Addresses, secret_keys: str) -> None:
    roles = ServiceRoles(
        ROLE_PREFIX, {service: secrets.token_urlsafe(PASSWORD_OCTETS) for service in Service}
    )
    with _embedded_server(data_dir, roles, Sealer.of_setting(secret_keys)) as server:
        url = server.url(DATABASE)
        key = demo_key(data_dir, url)
        env = environment(data_dir, url, addresses, secret_keys)
        watch = postgres_watch(postgres_folder(data_dir), server.port, env)
        has_console = ApiSettings.from_env(env).console
        told = set_up_text(url, secret_keys, addresses.api) if has_console else ""
        specs = [watch, *processes(env, addresses, roles.urls(url))]
        _supervise(specs, help_text(addresses, key, told, has_console=has_console))


def _run_on(
    data_dir: Path,
    database_url: str,
    addresses: Addresses,
    secret_keys: str,
    passwords: Mapping[Service, str],
) -> None:
    roles = ServiceRoles(ROLE_PREFIX, passwords)
    prepare(database_url, roles if passwords else None, Sealer.of_setting(secret_keys))
    env = environment(data_dir, database_url, addresses, secret_keys)
    told = help_on_own_database(addresses, has_console=ApiSettings.from_env(env).console)
    _supervise(processes(env, addresses, roles.urls(database_url)), told)


@contextmanager
def _embedded_server(
    data_dir: Path, roles: ServiceRoles, sealer: Sealer
) -> Iterator[embedded_postgres.Server]:
    with embedded_postgres.running(postgres_folder(data_dir)) as server:
        asyncio.run(ensure_database(server.url()))
        prepare(server.url(DATABASE), roles, sealer, is_idle=True)
        yield server


def _supervise(specs: list[ProcessSpec], help_text: str) -> None:
    async def show_help() -> None:
        print(help_text, flush=True)

    asyncio.run(supervise(specs, on_ready=show_help))


def _stop_on_signals() -> None:
    """Let a signal to end interrupt as Ctrl-C does, or it would leave Postgres running.

    The supervisor has its own way with them for as long as it runs.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def help_text(addresses: Addresses, key: str, set_up: str, *, has_console: bool) -> str:
    """Return what is told once all processes are ready.

    Args:
        addresses: Where API and redirector listen.
        key: Of the demo account.
        set_up: How the console's first user is made; empty once there is one.
        has_console: Whether there is one.
    """
    browser = f"In a browser:    {addresses.api}/console/\n" if has_console else ""
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
{browser}{set_up}
Ctrl-C stops everything.
"""


def help_on_own_database(addresses: Addresses, *, has_console: bool) -> str:
    """Return the same where the database is somebody's own."""
    console = f"""
The console is at {addresses.api}/console/; the token for its first user is printed by

  .venv/bin/txlink console-setup 'Your company'
"""
    return f"""
txlink is up: API {addresses.api} (docs at /docs), redirector {addresses.redirector}

The database is yours, so it was given no demo account. To make an account and its first key, with
the same DATABASE_URL:

  .venv/bin/txlink account-create 'Your company' --sender-id YOURID
{console if has_console else ""}
Ctrl-C stops everything.
"""
