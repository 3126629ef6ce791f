"""``python -m shared.health_probe URL``: a container's health check, where there is no curl.

For a process that serves nothing, ``--heartbeat PATH --max-age-s N`` looks at its heartbeat file.
"""

import argparse
import http.client
import sys
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT_S = 4.0


def main(arguments: Sequence[str]) -> int:
    """Return 0 for a healthy service, 1 for any other.

    Raises:
        SystemExit: The arguments are not right; status 2.
    """
    parser = argparse.ArgumentParser(prog="python -m shared.health_probe")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("url", nargs="?", metavar="URL", help="should answer 200")
    what.add_argument("--heartbeat", type=Path, metavar="PATH", help="should be young")
    parser.add_argument("--max-age-s", type=float, metavar="N", help="how old it may be")
    chosen = parser.parse_args(arguments)
    if (chosen.heartbeat is None) != (chosen.max_age_s is None):
        parser.error("--heartbeat and --max-age-s go together")
    if chosen.heartbeat is not None:
        return int(not is_young(chosen.heartbeat, max_age_s=chosen.max_age_s))
    return int(not is_healthy(chosen.url))


def is_healthy(url: str) -> bool:
    """Say whether a service answers 200 within 4 seconds.

    Args:
        url: ``http://host:port/path``; asked directly, whatever proxy the environment names.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_young(path: Path, *, max_age_s: float) -> bool:
    """Say whether a heartbeat file is there and was written lately.

    Args:
        path: As ``Heartbeat`` keeps it.
        max_age_s: How long ago at most, in seconds; as far in the future does as well, since
            clocks are set.
    """
    try:
        return abs(time.time() - path.stat().st_mtime) <= max_age_s
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
