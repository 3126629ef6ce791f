"""Mobile numbers in addresses of the console: sealed, and never as they are.

Addresses stay in the histories of browsers and in the logs of proxies. Programs, which keep no
history, have the number in the paths of the API.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat
from starlette.exceptions import HTTPException

from services.api.console.visits import Visit
from shared.domain.sealing import Sealer, SealError

MAX_LENGTH: Final = 300
# Shorter ones are short codes, which have no calling code.
_FEWEST_DIGITS: Final = 7


def sealed(sealer: Sealer, account_id: int, msisdn: int | str) -> str:
    """Return a number as addresses have it, for one account and no other."""
    return sealer.seal(str(msisdn).encode(), _context(account_id)).decode()


def sealed_with(visit: Visit) -> Callable[[int | str], str]:
    """Return what seals numbers for the account of whoever visits."""
    return partial(sealed, visit.context.sealer, visit.caller.account.id)


def opened(visit: Visit, text: str) -> int:
    """Return the number that an address is about.

    Raises:
        HTTPException: It is about none of this account's.
    """
    octets = text.encode("ascii", "replace")[:MAX_LENGTH]
    try:
        return int(visit.context.sealer.open(octets, _context(visit.caller.account.id)))
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


def _context(account_id: int) -> str:
    return f"console.number:{account_id}"
