"""The processes that make up txlink, as ``txlink run`` starts them."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from services.api.settings import DRAIN_S as API_DRAIN_S
from services.api.settings import ApiSettings
from services.cli.addresses import Addresses
from services.cli.geo import city_database
from services.redirector.settings import DRAIN_S as REDIRECTOR_DRAIN_S
from services.redirector.settings import RecorderSettings, RedirectorSettings
from services.supervisor import ProcessSpec
from services.worker.settings import WorkerSettings
from shared.schema.grants import Service

# From the end of what a process allows itself to the end of its process.
LEAVING_S = 5.0


def environment(
    data_dir: Path, database_url: str, addresses: Addresses, secret_keys: str
) -> Mapping[str, str]:
    """Return the environment of all processes: this one's, and what only we know."""
    fetched = city_database(data_dir.resolve())
    return dict(os.environ) | {
        "GEOIP_CITY_DB": os.environ.get("GEOIP_CITY_DB")
        or (str(fetched) if fetched.is_file() else ""),
        "DATABASE_URL": database_url,
        "TXLINK_SECRET_KEYS": secret_keys,
        "PYTHONUNBUFFERED": "1",
        # The console is looked at over plain http of this machine alone.
        "TXLINK_SESSION_COOKIE_SECURE": os.environ.get("TXLINK_SESSION_COOKIE_SECURE") or "false",
        "TXLINK_REDIRECTOR_URL": os.environ.get("TXLINK_REDIRECTOR_URL") or addresses.redirector,
        "TXLINK_DATA_DIR": str(data_dir.resolve()),
        "TXLINK_API_PORT": addresses.api.rpartition(":")[2],
        "TXLINK_REDIRECTOR_PORT": addresses.redirector.rpartition(":")[2],
    }


def check_settings(environment: Mapping[str, str]) -> None:
    """Make sure that every process will take its settings.

    Raises:
        SettingsError: One would refuse them, and be started again and again.
    """
    for kind in (ApiSettings, RedirectorSettings, RecorderSettings, WorkerSettings):
        kind.from_env(environment)


def processes(
    environment: Mapping[str, str], addresses: Addresses, urls: Mapping[Service, str]
) -> list[ProcessSpec]:
    """Return the processes in the order of their start.

    Args:
        environment: Of all of them, checked.
        urls: As which a service logs in, where it is not by the environment's ``DATABASE_URL``.
        addresses: Where API and redirector listen.
    """

    def spec(
        service: Service, module: str, ready_url: str | None = None, drain_s: float | None = None
    ) -> ProcessSpec:
        grace_s = None if drain_s is None else drain_s + LEAVING_S
        argv = (sys.executable, "-m", module)
        own = dict(environment) | {"DATABASE_URL": urls.get(service, environment["DATABASE_URL"])}
        return ProcessSpec(
            name=str(service), argv=argv, env=own, ready_url=ready_url, grace_s=grace_s
        )

    worker_drain_s = WorkerSettings.from_env(environment).worker_drain_timeout_s
    redirector_url = f"{addresses.redirector}/healthz"
    return [
        spec(Service.API, "services.api", f"{addresses.api}/healthz", API_DRAIN_S),
        spec(Service.REDIRECTOR, "services.redirector", redirector_url, REDIRECTOR_DRAIN_S),
        spec(Service.RECORDER, "services.redirector.recorder"),
        spec(Service.WORKER, "services.worker", drain_s=worker_drain_s),
    ]


def postgres_watch(data_dir: Path, port: int, environment: Mapping[str, str]) -> ProcessSpec:
    """Return the process that brings the embedded Postgres up again when it has died.

    Args:
        data_dir: Of the server.
        port: Where the other processes look for it.
        environment: As for ``processes``.
    """
    argv = (sys.executable, "-m", "shared.embedded_postgres", "watch", str(data_dir), str(port))
    return ProcessSpec(name="postgres", argv=argv, env=environment)
