"""What the driver raises when Postgres is away, as opposed to a fault of ours.

SQLAlchemy wraps these: ``shared.storage.engine.is_outage`` sees through that. It stands there so
that a process that speaks to the driver alone, as the redirector does, need not load SQLAlchemy.
"""

import asyncpg

DRIVER_OUTAGES = (
    OSError,  # with it TimeoutError and ConnectionError
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    # After a failover, on connections to what was the primary (SQLSTATE 25006).
    asyncpg.ReadOnlySQLTransactionError,
)
