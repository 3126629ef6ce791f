"""Make databases on a server."""

from shared.storage.engine import create_engine

HAS_DATABASE = "SELECT 1 FROM pg_database WHERE datname = 'txlink'"
CREATE_DATABASE = "CREATE DATABASE txlink"
HAS_REVISIONS = "SELECT to_regclass('alembic_version') IS NOT NULL"
REVISION = "SELECT max(version_num) FROM alembic_version"


async def find_revision(database_url: str) -> str | None:
    """Return the newest migration that a database has had; None if it has had none."""
    engine = create_engine(database_url, application="txlink-cli")
    try:
        async with engine.connect() as connection:
            if not (await connection.exec_driver_sql(HAS_REVISIONS)).scalar_one():
                return None
            revision: str | None = (await connection.exec_driver_sql(REVISION)).scalar_one()
            return revision
    finally:
        await engine.dispose()


async def ensure_database(admin_url: str) -> None:
    """Make the database ``txlink`` on a server that has none.

    Args:
        admin_url: Of another database there, of a role that may make one.
    """
    engine = create_engine(admin_url, application="txlink-cli")
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with autocommit.connect() as connection:
        if (await connection.exec_driver_sql(HAS_DATABASE)).first() is None:
            await connection.exec_driver_sql(CREATE_DATABASE)
    await engine.dispose()
