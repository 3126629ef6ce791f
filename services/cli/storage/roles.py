"""The services' roles in Postgres: made if they are missing, and given what they may do."""

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import asyncpg

from shared.schema.grants import FUNCTIONS, SEQUENCES, TABLES, Service

# Any number will do that no other lock of ours has.
ROLES_LOCK = 7_463_121
# How often what another database's run got into the way of is tried, and how far apart.
ATTEMPTS = 5
RETRY_S = 0.2
SCRAM_ROUNDS = 4096
ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,50}")
SAFE_PASSWORD = re.compile(r"[A-Za-z0-9_-]{1,200}")
ATTRIBUTES = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT"

MAY_MAKE_ROLES = """
    SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user
"""
KNOWN_ROLES = "SELECT rolname FROM pg_roles WHERE rolname = ANY($1)"
OWNED_DATABASE = """
    SELECT quote_ident(current_database()) FROM pg_database
    WHERE datname = current_database() AND pg_has_role(datdba, 'USAGE')
"""
# What the owner has in the schema, partitions too; what extensions have is theirs.
OWN_OBJECTS = """
    WITH found AS (
        SELECT oid, 'pg_class'::regclass AS catalog, relowner AS owner, relnamespace AS schema,
            CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
            oid::regclass::text AS name
        FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
        UNION ALL
        SELECT oid, 'pg_proc'::regclass, proowner, pronamespace, 'ROUTINE', oid::regprocedure::text
        FROM pg_proc
    )
    SELECT kind, string_agg(name, ', ' ORDER BY name) AS names FROM found
    WHERE schema = 'public'::regnamespace AND pg_has_role(owner, 'USAGE')
      AND NOT EXISTS (
          SELECT FROM pg_depend
          WHERE classid = found.catalog AND objid = found.oid AND deptype = 'e'
      )
    GROUP BY kind
"""


class RolesRefusedError(Exception):
    """The migrating role may not make the services' roles, and some are missing."""

    def __init__(self, missing: Iterable[str]) -> None:
        super().__init__(
            f"the roles {', '.join(missing)} are missing, and this one may not make them; "
            "docs/database-roles.md says how a superuser does"
        )


@dataclass(frozen=True, slots=True)
class ServiceRoles:
    """The roles of one installation.

    Attributes:
        prefix: What their names begin with: ``txlink`` makes ``txlink_api``.
        passwords: Of those that are to log in with one that is set here.
    """

    prefix: str
    passwords: Mapping[Service, str] = field(repr=False)

    def name(self, service: Service) -> str:
        """Return the name of a service's role."""
        return f"{self.prefix}_{service}"

    def urls(self, database_url: str) -> Mapping[Service, str]:
        """Return the URLs of a database as the services log in that have a password."""
        parts = urlsplit(database_url)
        host = parts.netloc.rpartition("@")[2]
        return {
            service: parts._replace(netloc=f"{self.name(service)}:{password}@{host}").geturl()
            for service, password in self.passwords.items()
        }


async def apply_roles(database_url: str, roles: ServiceRoles) -> None:
    """Make the roles that are missing, and give them what ``shared.schema.grants`` says.

    All in one transaction: whoever is at work has the old grants or the new ones. A role without a
    password stays as it is, and one that is made cannot log in.

    Raises:
        RolesRefusedError: One is missing, and the connection's role may not make any.
        ValueError: The prefix or a password has characters that are not safe in it.
    """
    check_names(roles)
    # Roles are the server's, locks the database's: another database's may be applied just now.
    for _ in range(ATTEMPTS - 1):
        try:
            await _apply(database_url, roles)
        except (asyncpg.InternalServerError, asyncpg.UniqueViolationError):
            await asyncio.sleep(RETRY_S)
        else:
            return
    await _apply(database_url, roles)


async def _apply(database_url: str, roles: ServiceRoles) -> None:
    connection = await asyncpg.connect(
        database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
    )
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", ROLES_LOCK)
            await connection.execute("SET LOCAL lock_timeout = '5s'")
            await connection.execute("SET LOCAL statement_timeout = '1min'")
            await _make_roles(connection, roles)
            database = await connection.fetchval(OWNED_DATABASE)
            objects = {row["kind"]: row["names"] for row in await connection.fetch(OWN_OBJECTS)}
            for statement in grant_statements(roles, database=database, objects=objects):
                await connection.execute(statement)
    finally:
        await connection.close()


def check_names(roles: ServiceRoles) -> None:
    """Make sure that names and passwords are safe where they are written.

    Raises:
        ValueError: One is not; the message shows no password.
    """
    if not ROLE_NAME.fullmatch(roles.prefix):
        raise ValueError("the prefix of roles should be of small letters, digits and _")
    if not all(map(SAFE_PASSWORD.fullmatch, roles.passwords.values())):
        raise ValueError("passwords of roles should be of letters, digits, - and _")


async def _make_roles(connection: asyncpg.Connection, roles: ServiceRoles) -> None:
    names = [roles.name(service) for service in Service]
    known = {row[0] for row in await connection.fetch(KNOWN_ROLES, names)}
    missing = [name for name in names if name not in known]
    if not await connection.fetchval(MAY_MAKE_ROLES):
        if missing:
            raise RolesRefusedError(missing)
        return
    for name in missing:
        await connection.execute(f"CREATE ROLE {name} NOLOGIN {ATTRIBUTES}")
    for service, password in roles.passwords.items():
        # The verifier and not the password, which the server may log.
        verifier = scram_verifier(password)
        await connection.execute(f"ALTER ROLE {roles.name(service)} LOGIN PASSWORD '{verifier}'")


def grant_statements(
    roles: ServiceRoles, *, database: str | None, objects: Mapping[str, str]
) -> Iterator[str]:
    """Give the roles what is declared, and take from them whatever else they have.

    Args:
        roles: The roles.
        database: The database's quoted name; None if it is somebody else's.
        objects: By kind, the names of what there is in the schema.

    Yields:
        Statements, to be executed in one transaction.
    """
    names = ", ".join(roles.name(service) for service in Service)
    if database is not None:
        yield f"REVOKE ALL ON DATABASE {database} FROM {names}"
        yield f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC"
        yield f"GRANT CONNECT ON DATABASE {database} TO {names}"
        # A list of hosts is compared with the one before in a table of the transaction's own.
        yield f"GRANT TEMPORARY ON DATABASE {database} TO {roles.name(Service.WORKER)}"
    yield f"REVOKE ALL ON SCHEMA public FROM {names}"
    yield f"GRANT USAGE ON SCHEMA public TO {names}"
    for kind, found in objects.items():
        # Which takes what is granted on columns, too.
        yield f"REVOKE ALL ON {kind} {found} FROM PUBLIC, {names}"
    for table, grants in TABLES.items():
        for service, privileges in grants.items():
            yield f"GRANT {privileges} ON {table} TO {roles.name(service)}"
    for sequence, services in SEQUENCES.items():
        for service in sorted(services):
            yield f"GRANT USAGE ON SEQUENCE {sequence} TO {roles.name(service)}"
    for function, services in FUNCTIONS.items():
        for service in sorted(services):
            yield f"GRANT EXECUTE ON FUNCTION {function} TO {roles.name(service)}"


def scram_verifier(password: str) -> str:
    """Return what Postgres keeps of a password (RFC 5803), so that it never is in a statement."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, SCRAM_ROUNDS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    kept = [salt, hashlib.sha256(client_key).digest(), server_key]
    encoded_salt, stored, server = (base64.b64encode(each).decode() for each in kept)
    return f"SCRAM-SHA-256${SCRAM_ROUNDS}:{encoded_salt}${stored}:{server}"
