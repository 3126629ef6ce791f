"""Whether a browser says that a request was made by a page of another site."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

# Ours, or typed by the user. ``same-site`` is another host of the domain, which need not be ours.
_OURS: Final = frozenset({"same-origin", "none"})


def is_from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Tell whether a page of another origin made a request, as far as its browser says.

    Browsers say it in ``Sec-Fetch-Site``, older ones by ``Origin``, whose host then has to be the
    one that was asked; what is no browser says nothing and is told by other means.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site.strip().casefold() not in _OURS
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        host = urlsplit(origin.strip().casefold()).netloc
    except ValueError:
        return True
    return not host or host != headers.get("host", "").strip().casefold()
