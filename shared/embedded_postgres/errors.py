"""What goes wrong with the private server."""


class EmbeddedPostgresError(RuntimeError):
    """Say why the private server can't be started or stopped, and what to do about it."""
