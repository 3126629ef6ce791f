"""Request heads as they are kept, and what in them is an address."""

import re
from functools import lru_cache
from typing import Final

# A longer one is cut, and may lack headers.
MAX_HEAD_OCTETS: Final = 8192
CACHED_NAMES: Final = 1_000

# X-Forwarded-For, CF-Connecting-IP, X-Azure-ClientIP, Remote-Addr, X-Nokia-IPAddress and whatever
# else proxies call it; Via may name the visitor's own proxy.
_OF_ADDRESS = re.compile(
    r"(?:.*[-_])?(?:forwarded|(?:client|user|socket|remote|real)?ip(?:v[46]|addr(?:ess)?)?"
    r"|addr|address|via)(?:[-_].*)?",
    re.IGNORECASE,
)
# A line that begins with a blank goes on with the one before (RFC 9112 §5.2).
_FIELD_END = re.compile(r"\r\n(?![ \t])")


# Most names come with every request.
@lru_cache(CACHED_NAMES)
def _is_of_address(name: str) -> bool:
    return _OF_ADDRESS.fullmatch(name.strip()) is not None


def without_addresses(head: str) -> str:
    """Return a request head without the headers in which proxies name addresses.

    A head that was cut stays as long as it was, by which it is known that headers may be missing.
    """
    line, *fields = _FIELD_END.split(head)
    kept = [field for field in fields if not _is_of_address(field.partition(":")[0])]
    shorter = "\r\n".join((line, *kept))
    missing_octets = len(head) - len(shorter)
    if not missing_octets or len(head) < MAX_HEAD_OCTETS:
        return shorter
    # Ahead of the others, since the last one may be cut.
    filler = ":".ljust(missing_octets - len("\r\n"))
    return "\r\n".join((line, filler, *kept))
