"""Each service may do in the database what shared/schema/grants.py says, and nothing else."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace

import asyncpg
import pytest

from services.cli.storage.roles import (
    RolesRefusedError,
    ServiceRoles,
    apply_roles,
    check_names,
    scram_verifier,
)
from shared.schema.grants import FUNCTIONS, SEQUENCES, TABLES, Service
from tests.support.roles import roles_of, url_as

WHERE = "say in shared/schema/grants.py what each service may do with"
PRIVILEGE = re.compile(r"([A-Z]+)(?: \(([^)]*)\))?")
RELATIONS = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = ANY($1) AND NOT relispartition
"""
ROUTINES = """
    SELECT oid, replace(oid::regprocedure::text, ',', ', ') AS name FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
"""
# Of partitions, too; everyone's (PUBLIC) is of the role with no number.
GRANTED = """
    WITH given AS (
        SELECT relname, NULL::name AS attname, (aclexplode(relacl)).*
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind <> 'S'
        UNION ALL
        SELECT relname, attname, (aclexplode(attacl)).*
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace
    )
    SELECT relname, attname, privilege_type FROM given
    WHERE grantee = coalesce((SELECT oid FROM pg_roles WHERE rolname = $1), 0)
"""
ROLE = """
    SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
        OR EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
        OR has_database_privilege(oid, current_database(), 'CREATE')
        OR has_database_privilege(oid, current_database(), 'TEMPORARY') <> $2
        OR has_schema_privilege(oid, 'public', 'CREATE')
    FROM pg_roles WHERE rolname = $1
"""

OWN_MONTH = """
    DO $$ BEGIN
        EXECUTE format('SELECT FROM hit_%s', to_char(now() AT TIME ZONE 'UTC', 'YYYYMM'));
    END $$
"""

REFUSED = [
    (Service.REDIRECTOR, "SELECT secret_sha256 FROM api_key"),
    (Service.REDIRECTOR, "SELECT msisdn FROM message"),
    (Service.REDIRECTOR, "SELECT body_before FROM personal_text"),
    (Service.REDIRECTOR, "SELECT destination FROM campaign"),
    (Service.REDIRECTOR, "SELECT name FROM account"),
    (Service.REDIRECTOR, "SELECT secret FROM webhook"),
    (Service.REDIRECTOR, "SELECT FROM hit"),
    (Service.REDIRECTOR, "INSERT INTO hit DEFAULT VALUES"),
    (Service.REDIRECTOR, "UPDATE link_block SET location = NULL"),
    (Service.REDIRECTOR, "UPDATE token_domain SET next = 0"),
    (Service.REDIRECTOR, "SELECT ensure_partitions(1)"),
    (Service.RECORDER, "SELECT key FROM token_domain"),
    (Service.RECORDER, "SELECT secret FROM webhook"),
    (Service.RECORDER, "SELECT FROM api_key"),
    (Service.RECORDER, "UPDATE message SET status = 1"),
    (Service.RECORDER, "SELECT msisdn FROM message"),
    (Service.RECORDER, "DELETE FROM hit"),
    (Service.RECORDER, "DELETE FROM journal"),
    (Service.WORKER, "SELECT FROM api_key"),
    (Service.WORKER, "SELECT password_hash FROM account_user"),
    (Service.WORKER, "SELECT FROM audit_entry"),
    (Service.WORKER, "SELECT csrf_token FROM user_session"),
    (Service.WORKER, "UPDATE user_session SET token_sha256 = ''"),
    (Service.WORKER, "UPDATE webhook SET url = 'https://other.example/'"),
    (Service.WORKER, "UPDATE link_block SET expires_at = NULL"),
    (Service.WORKER, "UPDATE campaign SET account_id = 1"),
    (Service.WORKER, "UPDATE account_credit SET daily_cap = NULL"),
    (Service.WORKER, "INSERT INTO hit DEFAULT VALUES"),
    (Service.WORKER, "DELETE FROM message"),
    (Service.WORKER, "UPDATE token_domain SET key = ''"),
    (Service.WORKER, "SELECT ensure_campaign_partitions('api_key', 1)"),
    (Service.API, "UPDATE audit_entry SET action = 'none'"),
    (Service.API, "DELETE FROM audit_entry"),
    (Service.API, "UPDATE token_domain SET key = ''"),
    (Service.API, "UPDATE api_key SET secret_sha256 = ''"),
    (Service.API, "UPDATE api_key SET scopes = '{admin}'"),
    (Service.API, "INSERT INTO account (name) VALUES ('other')"),
    (Service.API, "UPDATE account SET carrier = 'smpp'"),
    (Service.API, "UPDATE account SET segment_price = 0"),
    (Service.API, "INSERT INTO sender_id (account_id, header) VALUES (1, 'OTHERS')"),
    (Service.API, "UPDATE sender_id SET header = 'OTHERS'"),
    (Service.API, "DELETE FROM sender_id"),
    (Service.API, "UPDATE account_user SET kind = 'console'"),
    (Service.API, "UPDATE account_user SET account_id = 1"),
    (Service.API, "UPDATE account_credit SET daily_cap = NULL"),
    (Service.API, "UPDATE message SET msisdn = 1"),
    (Service.API, "UPDATE campaign SET category = 'transactional'"),
    (Service.API, "INSERT INTO hit DEFAULT VALUES"),
    (Service.API, "DELETE FROM message"),
    (Service.API, "SELECT drop_month_let_go(now())"),
    *(
        (service, "CREATE TEMPORARY TABLE mine ()")
        for service in Service
        if service is not Service.WORKER
    ),
    *(
        (service, statement)
        for service in Service
        for statement in (
            "SET ROLE postgres",
            "TRUNCATE audit_entry",
            "CREATE TABLE mine ()",
            "DROP TABLE account",
            "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
            "UPDATE alembic_version SET version_num = '0001'",
            "CREATE ROLE other",
            # Partitions are nobody's by themselves.
            OWN_MONTH,
        )
    ),
]


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    # What belongs to the database itself is not copied from the template. Passwords are the
    # server's, and have been set.
    await apply_roles(database_url, replace(roles_of(database_url), passwords={}))
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def declared(service: Service) -> Iterator[tuple[str, str | None, str]]:
    """List what a service is to have: table, column or None for all, privilege."""
    for table, grants in TABLES.items():
        for privilege, columns in PRIVILEGE.findall(grants.get(service, "")):
            for column in columns.split(", ") if columns else [None]:
                yield table, column, privilege


async def granted(owner: asyncpg.Connection, role: str | None) -> set[tuple[str, str, str]]:
    return {tuple(row) for row in await owner.fetch(GRANTED, role)}


async def test_every_table_sequence_and_function_has_a_line(owner: asyncpg.Connection) -> None:
    tables = {row[0] for row in await owner.fetch(RELATIONS, [b"r", b"p", b"v", b"m"])}
    serial = "SELECT objid FROM pg_depend WHERE deptype = 'i' AND classid = 'pg_class'::regclass"
    sequences = {
        row[0] for row in await owner.fetch(f"{RELATIONS} AND oid NOT IN ({serial})", [b"S"])
    }
    functions = {row["name"] for row in await owner.fetch(ROUTINES)}

    assert tables - TABLES.keys() == set(), WHERE
    assert TABLES.keys() - tables == set(), "shared/schema/grants.py has tables that are not there"
    assert sequences == SEQUENCES.keys(), WHERE
    assert functions == FUNCTIONS.keys(), WHERE


@pytest.mark.parametrize("service", Service)
async def test_a_service_has_just_what_is_declared(
    owner: asyncpg.Connection, database_url: str, service: Service
) -> None:
    role = roles_of(database_url).name(service)

    assert await granted(owner, role) == set(declared(service)), WHERE
    # Lists of hosts are compared in a temporary table.
    is_worker = service is Service.WORKER
    assert await owner.fetchval(ROLE, role, is_worker) is False
    for sequence, services in SEQUENCES.items():
        may = await owner.fetchval(
            "SELECT has_sequence_privilege($1, $2, 'USAGE')", role, sequence
        )
        assert may is (service in services), sequence
    for row in await owner.fetch(ROUTINES):
        may = await owner.fetchval(
            "SELECT has_function_privilege($1::name, $2::oid, 'EXECUTE')", role, row["oid"]
        )
        assert may is (service in FUNCTIONS[row["name"]]), row["name"]


async def test_everyone_else_has_nothing(owner: asyncpg.Connection) -> None:
    assert await granted(owner, None) == set()


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize("service", Service)
async def test_what_is_not_its_business_is_refused(database_url: str, service: Service) -> None:
    connection = await asyncpg.connect(url_as(service, database_url))
    passed = []
    try:
        for who, statement in REFUSED:
            if who is service:
                with suppress(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
                    passed.append(statement)
    finally:
        await connection.close()

    assert passed == []


async def test_months_that_a_worker_makes_serve_the_others(
    owner: asyncpg.Connection, database_url: str
) -> None:
    worker = await asyncpg.connect(url_as(Service.WORKER, database_url))
    api = await asyncpg.connect(url_as(Service.API, database_url))
    try:
        before = await owner.fetchval("SELECT count(*) FROM pg_inherits")
        await worker.execute("SELECT ensure_partitions(15)")

        assert await owner.fetchval("SELECT count(*) FROM pg_inherits") > before
        assert await api.fetch("SELECT campaign_id FROM message") == []
        assert await api.fetch("SELECT campaign_id FROM hit") == []
        assert await granted(owner, None) == set()
    finally:
        await worker.close()
        await api.close()


async def test_what_was_granted_by_hand_is_taken_back(
    owner: asyncpg.Connection, database_url: str
) -> None:
    roles = roles_of(database_url)
    role = roles.name(Service.REDIRECTOR)
    await owner.execute(f"GRANT SELECT ON api_key TO {role}, PUBLIC")
    await owner.execute(f"GRANT UPDATE (location) ON link_block TO {role}")

    await asyncio.gather(*(apply_roles(database_url, roles) for _ in range(2)))

    assert await granted(owner, role) == set(declared(Service.REDIRECTOR))
    assert await granted(owner, None) == set()


async def test_who_may_not_make_roles_is_told_which_are_missing(database_url: str) -> None:
    with pytest.raises(RolesRefusedError, match="txlink_absent_api, txlink_absent_redirector"):
        await apply_roles(url_as(Service.API, database_url), ServiceRoles("txlink_absent", {}))


@pytest.mark.parametrize(
    "roles",
    [
        ServiceRoles('txlink"; DROP TABLE account; --', {}),
        ServiceRoles("", {}),
        ServiceRoles("txlink", {Service.API: "hidden'"}),
    ],
    ids=["prefix", "no-prefix", "password"],
)
def test_unsafe_names_and_passwords_are_refused(roles: ServiceRoles) -> None:
    with pytest.raises(ValueError, match="should be of") as refused:
        check_names(roles)

    assert "hidden" not in f"{refused.value} {roles!r}"


def test_a_password_is_in_no_statement() -> None:
    assert "hidden" not in scram_verifier("hidden")
    assert scram_verifier("hidden") != scram_verifier("hidden")
