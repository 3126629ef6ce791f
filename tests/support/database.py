"""Databases for tests: one server, one migrated template, a fresh copy for every test."""

import asyncio
import hashlib
import importlib.metadata
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from alembic import command
from alembic.config import Config

from services.cli.storage.roles import apply_roles
from shared import embedded_postgres
from tests.support.roles import roles_of

REPOSITORY = Path(__file__).resolve().parents[2]
ON_DISK = REPOSITORY / ".data" / "test"
# A database is 700 files, which memory takes in 40 ms and a disk in up to a second.
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder there is of one account
ROOMY_OCTETS = 4 << 30
# Any number will do that no other user of the server takes.
TEMPLATE_LOCK = 7_463_119

# What the databases are made by, besides the migrations.
GRANTS = [REPOSITORY / "shared/schema/grants.py", REPOSITORY / "services/cli/storage/roles.py"]

CREATE = 'CREATE DATABASE "{name}"'
COPY = 'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'
RENAME = 'ALTER DATABASE "{name}" RENAME TO "{new_name}"'
DROP = 'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
EXISTS = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
OURS = r"SELECT datname FROM pg_database WHERE datname LIKE 'txlink\_t%'"


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """A server on which tests make and drop databases.

    Attributes:
        admin_url: ``postgresql://`` URL of an existing database, of a role with CREATEDB.
        is_private: Whether only this checkout's tests, on this machine, use it.
    """

    admin_url: str
    is_private: bool

    def url(self, database: str) -> str:
        """Return the URL of a database on this server."""
        return urlsplit(self.admin_url)._replace(path=f"/{database}").geturl()

    @contextmanager
    def migrated_database(self) -> Iterator[str]:
        """Yield the URL of a fresh database at the newest migration; drop it afterwards."""
        with self._database(COPY, template=_template(self)) as url:
            yield url

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """Yield the URL of a fresh database without tables; drop it afterwards."""
        with self._database(CREATE) as url:
            yield url

    def prune(self) -> None:
        """Drop what killed runs left on a private server: databases and old templates."""
        asyncio.run(_prune(self.admin_url, keep=template_name()))

    @contextmanager
    def _database(self, statement: str, **names: str) -> Iterator[str]:
        name = f"txlink_test_{os.getpid()}_{secrets.token_hex(4)}"
        asyncio.run(execute(self.admin_url, statement.format(name=name, **names)))
        try:
            yield self.url(name)
        finally:
            asyncio.run(execute(self.admin_url, DROP.format(name=name)))


@contextmanager
def database_server() -> Iterator[DatabaseServer]:
    """Yield the server of ``DATABASE_URL``, or else the embedded one, shared by all workers."""
    if url := os.environ.get("DATABASE_URL"):  # noqa: TID251 - pytest's main is not ours
        yield DatabaseServer(url, is_private=False)
        return
    data_dir = _data_dir()
    with embedded_postgres.running(data_dir, durable=False) as embedded:
        server = DatabaseServer(embedded.url("postgres"), is_private=True)
        if embedded.started:
            server.prune()
        yield server
    if data_dir != ON_DISK:
        # The last of all processes succeeds.
        with suppress(embedded_postgres.EmbeddedPostgresError):
            embedded_postgres.remove_data(data_dir)


def _data_dir() -> Path:
    """Return where this checkout's databases are: in memory, where that has room for them."""
    checkout = hashlib.sha256(bytes(REPOSITORY)).hexdigest()[:16]
    in_memory = MEMORY / f"txlink-test-{os.geteuid()}-{checkout}"
    # Processes that begin later must not decide otherwise because the first have filled it.
    if in_memory.exists():
        return in_memory
    is_roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOMY_OCTETS
    return in_memory if is_roomy else ON_DISK


def migrate(database_url: str, revision: str = "head") -> None:
    """Upgrade a database to a revision with Alembic."""
    command.upgrade(alembic_config(database_url), revision)


def alembic_config(database_url: str) -> Config:
    """Return Alembic's configuration of this repository for a database."""
    return Config(
        toml_file=REPOSITORY / "pyproject.toml", attributes={"database_url": database_url}
    )


@cache
def _template(server: DatabaseServer) -> str:
    """Return the migrated template's name, made by the first caller of all processes."""
    name = template_name()
    asyncio.run(_make_once(server, name))
    return name


def template_name() -> str:
    """Name the template after all that its content depends on; partitions start this month."""
    digest = hashlib.sha256(importlib.metadata.version("pgqueuer").encode())
    digest.update(time.strftime("%Y-%m", time.gmtime()).encode())
    for path in [*sorted((REPOSITORY / "migrations").rglob("*.py")), *GRANTS]:
        digest.update(path.read_bytes())
    return f"txlink_template_{digest.hexdigest()[:16]}"


async def _make_once(server: DatabaseServer, name: str) -> None:
    connection = await asyncpg.connect(server.admin_url)
    try:
        if await connection.fetchval(EXISTS, name):
            return
        await connection.execute("SELECT pg_advisory_lock($1)", TEMPLATE_LOCK)
        if await connection.fetchval(EXISTS, name):
            return
        unfinished = f"{name}_unfinished"
        await connection.execute(DROP.format(name=unfinished))
        await connection.execute(CREATE.format(name=unfinished))
        # In a thread, because Alembic's environment runs an event loop of its own.
        await asyncio.to_thread(migrate, server.url(unfinished))
        await apply_roles(server.url(unfinished), roles_of(server.admin_url))
        await connection.execute(RENAME.format(name=unfinished, new_name=name))
    finally:
        await connection.close()


async def execute(url: str, statement: str) -> None:
    """Run one statement on a connection of its own, outside any transaction."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _prune(url: str, *, keep: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", TEMPLATE_LOCK)
        for (name,) in await connection.fetch(OURS):
            if not (name.startswith(keep) or _is_of_living_process(name)):
                await connection.execute(DROP.format(name=name))
    finally:
        await connection.close()


def _is_of_living_process(name: str) -> bool:
    match name.split("_"):
        case ["txlink", "test", pid, _]:
            return _is_alive(int(pid))
        case _:
            return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
