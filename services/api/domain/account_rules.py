"""What an account may be called, where it may be at home and what it may send as."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import SUPPORTED_REGIONS

from services.api.domain.errors import InvalidValueError
from services.api.domain.rate_limits import MAX_PER_MINUTE
from shared.domain.msisdn_patterns import calling_code_of

# All that ``checked_region`` takes.
REGIONS: Final = frozenset(SUPPORTED_REGIONS)
MAX_NAME = 100
MAX_LOGIN = 64
# As a host name may have (RFC 1035 §2.3.4), and more of them than anybody has registered.
MAX_DOMAIN = 253
MAX_LINK_DOMAINS = 20
# TS 23.040 §9.1.2.5: eleven characters of GSM-7, or the fifteen digits of a number. Of the
# characters only those that may also stand in a link's path.
_SENDER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._&-]{0,10}|[0-9]{3,15}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_PRICE = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_RATE = re.compile(r"[0-9]{1,7}")
_WHOLE = re.compile(r"[0-9]{1,5}")
_DLT_ID = re.compile(r"[0-9]{1,30}")
# C0 and C1, which move a terminal's cursor; line ends; and what turns the direction of writing.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# Joiners and the like, which show nothing by themselves.
_UNSEEN = re.compile(r"[\s\u00ad\u034f\u200b-\u200f\u2060-\u2064\ufeff]*")


def checked_name(text: str) -> str:
    """Return an account's name without the blanks around it.

    Raises:
        InvalidValueError: It is blank, longer than ``MAX_NAME``, or has control characters.
    """
    name = text.strip()
    if _UNSEEN.fullmatch(name) or len(name) > MAX_NAME or _CONTROL.search(name):
        wanted = f"must have 1 to {MAX_NAME} characters, no line ends or the like among them"
        raise InvalidValueError("name", wanted)
    return name


def checked_login(text: str) -> str:
    """Return the login of a new user.

    Raises:
        InvalidValueError: It is empty, longer than ``MAX_LOGIN``, or begins or ends with a blank
            or has what no form can show.
    """
    if not 0 < len(text) <= MAX_LOGIN or text != text.strip() or not text.isprintable():
        wanted = f"must have 1 to {MAX_LOGIN} characters, with no blank around them"
        raise InvalidValueError("login", wanted)
    return text


def checked_region(text: str, *, field: str = "region") -> str:
    """Return a region in capitals, where numbers without country code can be at home.

    Args:
        text: Two letters, in any case.
        field: What the caller calls it.

    Raises:
        InvalidValueError: It has no telephone numbers.
    """
    region = text.strip().upper()
    try:
        calling_code_of(region)
    except LookupError as error:
        wanted = "must be two letters of a country (ISO 3166-1), such as IN"
        raise InvalidValueError(field, wanted) from error
    return region


def checked_zone(text: str, *, field: str) -> ZoneInfo:
    """Return a time zone by its name.

    Args:
        text: Such as ``Asia/Kolkata``.
        field: What the caller calls it.

    Raises:
        InvalidValueError: There is no such zone.
    """
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        wanted = "must be an IANA time zone such as Asia/Kolkata"
        raise InvalidValueError(field, wanted) from error


def checked_sender_ids(headers: Sequence[str]) -> list[str]:
    """Return sender IDs in their order.

    Raises:
        InvalidValueError: One is none that a phone can show, or comes twice in any case.
    """
    for header in headers:
        if not _SENDER_ID.fullmatch(header):
            wanted = f"{header[:20]!r} must have 1 to 11 letters or digits, or up to 15 digits"
            raise InvalidValueError("senderId", wanted)
    if len({header.casefold() for header in headers}) < len(headers):
        raise InvalidValueError("senderId", "must not name the same sender ID twice")
    return list(headers)


def checked_price(text: str) -> Decimal:
    """Return the price of a segment.

    Raises:
        InvalidValueError: It is no amount with at most six decimals.
    """
    if not _PRICE.fullmatch(text.strip()):
        raise InvalidValueError("segment price", "must be an amount such as 0.25")
    return Decimal(text.strip())


def checked_limit(text: str, *, field: str, lowest: int, highest: int) -> int | None:
    """Return for how many months, or days, something is kept; None is for ever.

    Raises:
        InvalidValueError: It is neither a whole number of that range nor ``none``.
    """
    written = text.strip()
    if written.casefold() == "none":
        return None
    if not _WHOLE.fullmatch(written) or not lowest <= int(written) <= highest:
        wanted = (
            f"must be a whole number from {lowest} to {highest}, or none to keep them for ever"
        )
        raise InvalidValueError(field, wanted)
    return int(written)


def checked_rate(text: str, *, field: str) -> int | None:
    """Return a limit of calls a minute; 0 is any number, None as the settings have it.

    Raises:
        InvalidValueError: It is neither a whole number of that range nor ``default``.
    """
    written = text.strip()
    if written.casefold() == "default":
        return None
    if not _RATE.fullmatch(written) or int(written) > MAX_PER_MINUTE:
        wanted = (
            f"must be a whole number from 0 (no limit) to {MAX_PER_MINUTE}, or default to go by "
            "the settings"
        )
        raise InvalidValueError(field, wanted)
    return int(written)


def checked_currency(text: str) -> str:
    """Return a currency's code in capitals.

    Raises:
        InvalidValueError: It does not have three letters, as ISO 4217 gives them.
    """
    code = text.strip().upper()
    if not _CURRENCY.fullmatch(code):
        raise InvalidValueError("currency", "must be three letters (ISO 4217), such as INR")
    return code


def checked_dlt_id(text: str, *, field: str = "dltEntityId") -> str:
    """Return an id of India's registry without the blanks around it.

    Args:
        text: As somebody wrote it.
        field: What the caller calls it.

    Raises:
        InvalidValueError: It is not 1 to 30 ASCII digits.
    """
    number = text.strip()
    if not _DLT_ID.fullmatch(number):
        raise InvalidValueError(field, "must be 1 to 30 digits 0-9")
    return number


def checked_domains(domains: Sequence[str], *, field: str = "link domain") -> list[str]:
    """Return domains in lower case, none of them twice.

    Args:
        domains: As somebody wrote them.
        field: What the caller calls them.

    Raises:
        InvalidValueError: One is no domain, or has more than that; or there are more than
            ``MAX_LINK_DOMAINS``.
    """
    lowered = list(dict.fromkeys(domain.strip().lower() for domain in domains))
    if len(lowered) > MAX_LINK_DOMAINS:
        raise InvalidValueError(field, f"must be {MAX_LINK_DOMAINS} or fewer")
    for domain in lowered:
        if len(domain) > MAX_DOMAIN or not _DOMAIN.fullmatch(domain):
            wanted = f"{domain[:40]!r} must be a domain such as tx1.in, without scheme and path"
            raise InvalidValueError(field, wanted)
    return lowered
