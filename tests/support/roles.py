"""The roles of services on the tests' server, which has them once for all its databases."""

import hashlib
from urllib.parse import urlsplit

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.storage.roles import ServiceRoles
from shared.schema.grants import Service

# Not those of an installation on the same server.
PREFIX = "txlink_test"


def roles_of(url: str) -> ServiceRoles:
    """Return the roles, with passwords that whoever may make databases on the server can tell."""
    parts = urlsplit(url)
    secret = f"{parts.username}:{parts.password}:{PREFIX}".encode()
    password = hashlib.sha256(secret).hexdigest()
    return ServiceRoles(PREFIX, dict.fromkeys(Service, password))


_OWNERS: dict[str, str] = {}


def url_as(service: Service, database_url: str) -> str:
    """Return the URL of a database as a service logs in to it."""
    url = roles_of(database_url).urls(database_url)[service]
    _OWNERS[url] = database_url
    return url


def owner_url(url: str) -> str:
    """Return the URL of a database as its owner logs in to it, of one as a service does."""
    return _OWNERS.get(url, url)


def engine_as(service: Service, engine: AsyncEngine) -> AsyncEngine:
    """Return an engine whose transactions have a service's rights alone, on the same pool."""
    lowered = engine.execution_options(txlink_service=str(service))

    def lower(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL ROLE {PREFIX}_{service}")

    event.listen(lowered.sync_engine, "begin", lower)
    return lowered
