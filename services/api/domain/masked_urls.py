"""URLs for where they are kept for ever: what tells one from another, and no secret in them."""

import hashlib
from urllib.parse import urlsplit

MARK_LENGTH = 8


def masked_url(url: str) -> str:
    """Return where a URL leads, and a mark by which its path and query are known again.

    Tokens of receivers stand in paths, queries and before the host, and none of those is told.

    Args:
        url: Absolute; one that cannot be read is told by its mark alone.
    """
    mark = hashlib.sha256(url.encode()).hexdigest()[:MARK_LENGTH]
    try:
        parts = urlsplit(url)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return f"({mark})"
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}/… ({mark})"
