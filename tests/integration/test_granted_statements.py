"""What a service's code asks of the database is what its role may do there.

Most tests of storage log in as the owner, who may do all. So each statement is planned here as
its service's role: Postgres looks at all rights that it needs, and runs nothing.
"""

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql import asyncpg as driver

import services.api.storage
import services.worker.storage
from services.cli.storage.roles import apply_roles
from shared.schema.grants import Service
from tests.support.query_plans import statements
from tests.support.roles import roles_of, url_as

STATEMENTS = {
    Service.API: statements(services.api.storage),
    Service.WORKER: statements(services.worker.storage),
}
# What operators do by command, as the owner, with code that stands in a service's storage.
OF_THE_OWNER = {
    Service.API: {"credit.ADD_ROW", "credit.SET_DAILY_CAP"},
    Service.WORKER: set[str](),
}
# What has no plan, and is run; what needs it comes behind it.
UNPLANNED = ("ANALYZE", "CREATE", "SET")


async def refusals(database: asyncpg.Connection, service: Service) -> dict[str, str]:
    """Return what a service may not run of its own, by the statement's name."""
    refused = {}
    for name, statement in STATEMENTS[service].items():
        asked = str(statement.compile(dialect=driver.dialect())).strip()  # type: ignore[no-untyped-call]
        has_plan = not asked.startswith(UNPLANNED)
        try:
            async with database.transaction():
                await database.execute(f"EXPLAIN (GENERIC_PLAN) {asked}" if has_plan else asked)
        except asyncpg.InsufficientPrivilegeError as error:
            refused[name] = str(error)
    return refused


@pytest.mark.parametrize("service", STATEMENTS)
async def test_a_service_may_run_each_of_its_statements(
    database_url: str, service: Service
) -> None:
    # What belongs to the database itself is not copied from the template.
    await apply_roles(database_url, roles_of(database_url))
    database = await asyncpg.connect(url_as(service, database_url))
    try:
        async with database.transaction():
            refused = await refusals(database, service)
    finally:
        await database.close()

    may_not = OF_THE_OWNER[service]
    assert refused.keys() == may_not, "say in shared/schema/grants.py that it may"


def test_statements_in_tuples_are_found() -> None:
    assert "erasing_rest.OTHER_TABLES[1]" in STATEMENTS[Service.WORKER]
