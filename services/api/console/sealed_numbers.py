"""Mobile numbers in addresses of the console: sealed, and never as they are.

Addresses stay in the histories of browsers and in the logs of proxies. Programs, which keep no
history, have the number in the paths of the API.
"""

from collections.abc import Callable
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat
from starlette.exceptions import HTTPException

from services.api.console.visits import Visit
from shared.domain.sealing import SealError

MAX_LENGTH: Final = 300
# Shorter ones are short codes, which have no calling code.
_FEWEST_DIGITS: Final = 7


def sealed_with(visit: Visit) -> Callable[[int | str], str]:
    """Return what seals numbers, for the account of whoever visits and no other."""
    sealer, context = visit.context.sealer, _context(visit)

    def seal(msisdn: int | str) -> str:
        return sealer.seal(str(msisdn).encode(), context).decode()

    return seal


def opened(visit: Visit, sealed: str) -> int:
    """Return the number that an address is about.

    Raises:
        HTTPException: It is about none of this account's.
    """
    written = sealed.encode("ascii", "replace")[:MAX_LENGTH]
    try:
        return int(visit.context.sealer.open(written, _context(visit)))
    except SealError:
        raise HTTPException(404) from None


def written(msisdn: int) -> str:
    """Write a number so that it is read as it is, whatever the account's region."""
    digits = str(msisdn)
    return digits if len(digits) < _FEWEST_DIGITS else f"+{digits}"


def readable(msisdn: int) -> str:
    """Write a number as people read it, in groups of digits."""
    try:
        parsed = phonenumbers.parse(written(msisdn), None)
    except NumberParseException:
        return str(msisdn)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def _context(visit: Visit) -> str:
    return f"console.number:{visit.caller.account.id}"
