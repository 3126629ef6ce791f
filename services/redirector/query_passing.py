"""What becomes of the query that a visitor comes with, where a campaign lets it pass."""

import re
from urllib.parse import unquote_plus

# Such as octets beyond ASCII, which no Location may hold: RFC 9110 §10.2.2, RFC 3986 §2.
_UNFIT = re.compile(rb"[^!-~]|[\"#<>\\^`{|}]")


def pass_query(location: str, query: bytes, mode: str) -> str:
    """Return a location with the visitor's parameters in its query.

    Args:
        location: ASCII, absolute.
        query: As it came, without its question mark.
        mode: ``off`` drops it; ``add`` adds the parameters that the location has not;
            ``override`` replaces those that it has, too.
    """
    if mode == "off" or not query:
        return location
    base, hash_sign, fragment = location.partition("#")
    path, _, own_query = base.partition("?")
    own = own_query.split("&") if own_query else []
    fit = _UNFIT.sub(lambda found: b"%%%02X" % found[0][0], query).decode("ascii")
    theirs = [parameter for parameter in fit.split("&") if parameter]
    if mode == "override":
        named = set(map(_name, theirs))
        own = [parameter for parameter in own if _name(parameter) not in named]
    else:
        named = set(map(_name, own))
        theirs = [parameter for parameter in theirs if _name(parameter) not in named]
    together = "&".join([*own, *theirs])
    return f"{path}?{together}{hash_sign}{fragment}" if together else location


def _name(parameter: str) -> str:
    return unquote_plus(parameter.partition("=")[0])
