"""Where a local txlink listens."""

import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of a local API and redirector, without a path."""

    api: str
    redirector: str

    @classmethod
    def at_ports(cls, *, api_port: int, redirector_port: int) -> Self:
        """Return the addresses at two ports of this machine."""
        return cls(f"http://{HOST}:{api_port}", f"http://{HOST}:{redirector_port}")


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nothing listens on just now."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for listener in sockets:
            listener.bind((HOST, 0))
        return [listener.getsockname()[1] for listener in sockets]


def require_free(*, api_port: int, redirector_port: int) -> None:
    """Make sure that both ports can be listened on.

    Raises:
        SystemExit: One can't, or they are the same; it says which and what to do.
    """
    if api_port == redirector_port:
        sys.exit(f"txlink: API and redirector can't share port {api_port}: give each its own")
    for name, port in (("api", api_port), ("redirector", redirector_port)):
        with socket.socket() as probe:
            # As the servers do, or a port would count as busy for a minute after its last use.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                sys.exit(
                    f"txlink: port {port} can't be used ({error.strerror}): "
                    f"choose another with --{name}-port, or stop what listens there"
                )
