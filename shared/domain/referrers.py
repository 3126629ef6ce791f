"""What of a referrer is counted."""

import re
from typing import Final

# As the rollups read it (services/redirector/storage/rollups.py), of Python and of Postgres.
HOST_PATTERN: Final = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#]*@)?(\[[^/?#]*\]|[^/?#:]*)"
_HOST = re.compile(HOST_PATTERN)


def host_alone(referrer: str) -> str | None:
    """Return a referrer that tells its host and nothing else; None if it has none."""
    found = _HOST.match(referrer)
    return f"https://{found[1]}/" if found else None
