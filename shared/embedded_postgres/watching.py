"""Keep an eye on a server that others use."""

import logging
from pathlib import Path
from threading import Event

from shared.embedded_postgres.errors import EmbeddedPostgresError
from shared.embedded_postgres.server import running

POLL_S = 0.5

LOGGER = logging.getLogger(__name__)


def watch(data_dir: Path, *, port: int, stopping: Event) -> None:
    """Share a server for as long as it lives; start it first if it does not run.

    Called again whenever it raises, it keeps a server up at one port.

    Args:
        data_dir: As for ``start``.
        port: TCP port on 127.0.0.1 where its clients look for it.
        stopping: Ends the watch; the server goes on if anybody else shares it.

    Raises:
        EmbeddedPostgresError: It has died, or cannot be started.
    """
    with running(data_dir, port=port) as server:
        if server.started:
            LOGGER.warning("PostgreSQL did not run; it does now, at port %d", server.port)
        while server.is_listening():
            if stopping.wait(POLL_S):
                return
    raise EmbeddedPostgresError(f"The PostgreSQL of {data_dir} has died.")
