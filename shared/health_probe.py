"""``python -m shared.health_probe URL``: a container's health check, where there is no curl."""

import http.client
import sys
from http import HTTPStatus
from urllib.parse import urlsplit

TIMEOUT_S = 4.0


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


if __name__ == "__main__":
    sys.exit(not is_healthy(sys.argv[1]))
