"""One mobile number: from what people write to E.164.

A number is a plain ``int`` of its E.164 digits, calling code first: a campaign holds a hundred
thousand of them.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from shared.domain.msisdn_patterns import calling_code_of, mobile_lengths
from shared.domain.msisdn_runs import read_run
from shared.domain.number_rejections import InvalidMsisdnError, RejectionReason

# Fifteen digits, each with its own separator and direction marks around, are shorter.
_MAX_WRITTEN_LENGTH = 64
# E.164's fifteen digits behind the longest dialling prefix.
_MAX_DIGITS = 20
_FORMATTING_CATEGORIES = frozenset({"Cf", "Zs", "Pd", "Ps", "Pe"})
_FORMATTING = frozenset(".\u2024\uff0e\u2212\t\n\r")
_PLUSES = "+\uff0b"
_NUMBER = re.compile(r"\+?[0-9]+")
# What spreadsheets, data frames and web pages put around a number: the nought of a float is no
# digit of it, quotes and ="…" keep its digits as they are, tel: is a link's (RFC 3966).
_FLOAT = re.compile(r"(\+?\d{7,})\.0+")
_PREFIX = re.compile(r"\A(?:tel:|=(?=\"))", re.IGNORECASE)
_QUOTES = "\"'\u2018\u2019\u201c\u201d"
_MOBILE_TYPES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_FAULT_OF_PARSE_ERROR = {
    NumberParseException.INVALID_COUNTRY_CODE: RejectionReason.UNKNOWN_CALLING_CODE,
    NumberParseException.TOO_LONG: RejectionReason.TOO_LONG,
}


@dataclass(frozen=True, slots=True)
class NumberRules:
    """How an account reads numbers, and which kinds it sends to.

    Attributes:
        default_region: Two letters of ISO 3166-1, in capitals: where a number without calling
            code is at home.
        allow_landlines: Whether numbers that are surely no mobiles but landlines are taken.
        allow_short_codes: Whether the home region's short codes are taken, as an ``int`` of
            their own digits; emergency numbers never are.
    """

    default_region: str
    allow_landlines: bool = False
    allow_short_codes: bool = False


class _Reading(NamedTuple):
    """What one way to read the digits comes to; ``msisdn`` is 0 where no such number exists."""

    msisdn: int
    fault: RejectionReason | None


def parse_msisdn(text: str, rules: NumberRules, *, begins_no_run: bool = False) -> int:
    """Read one number as its writer meant it.

    A plus, ``00`` or the region's own international prefix says that a calling code follows;
    so does a leading blank, which is what a form makes of a plus. Bare digits are read at home
    first, and with their own calling code only where they are not as long as a mobile number
    at home or begin with the home code: otherwise a mistyped landline would reach a stranger
    abroad.

    Args:
        text: One number, digits of any script; spaces, hyphens, brackets, dots, invisible
            format characters and what else may stand around a number are ignored.
        rules: The account's.
        begins_no_run: Whether ``read_run`` is known to find no number in it.

    Returns:
        E.164 digits.

    Raises:
        InvalidMsisdnError: It is no number that the rules take; its ``reason`` says why.
    """
    number = _digits_of(text)
    # The reading with the blank as a plus comes before the one at home.
    if text[:1] != " " and not (begins_no_run and number == text):
        run = read_run(number, 0, rules.default_region)
        if run is not None:
            return run.msisdns[0]
    reading = _read(number, rules.default_region, has_blank=text[:1] == " ")
    if reading.fault is None or (
        rules.allow_landlines and reading.fault is RejectionReason.LANDLINE
    ):
        return reading.msisdn
    return _short_code(number, reading.fault, rules)


def _digits_of(text: str) -> str:
    if not text or text.isspace():
        raise InvalidMsisdnError(RejectionReason.EMPTY)
    if len(text) > _MAX_WRITTEN_LENGTH:
        raise InvalidMsisdnError(RejectionReason.TOO_LONG)
    number = text if text.isascii() and text.isdigit() else _without_formatting(text)
    if not number:
        raise InvalidMsisdnError(RejectionReason.EMPTY)
    if not _NUMBER.fullmatch(number):
        raise InvalidMsisdnError(RejectionReason.UNEXPECTED_CHARACTER)
    if len(number) > _MAX_DIGITS:
        raise InvalidMsisdnError(RejectionReason.TOO_LONG)
    return f"+{number[2:]}" if number.startswith("00") else number


def _without_formatting(text: str) -> str:
    return "".join(map(_plain, _unwrapped(text.strip())))


def _unwrapped(text: str) -> str:
    bare = _PREFIX.sub("", text).strip(_QUOTES)
    as_float = _FLOAT.fullmatch(bare)
    return as_float[1] if as_float else bare


@lru_cache(maxsize=2048)
def _plain(character: str) -> str:
    """Give a character as ASCII digit or plus, nothing for formatting, else itself."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if character in _PLUSES:
        return "+"
    category = unicodedata.category(character)
    if category in _FORMATTING_CATEGORIES or character in _FORMATTING:
        return ""
    return character


def _read(number: str, region: str, *, has_blank: bool) -> _Reading:
    if number.startswith("+"):
        return _ask(number, None)
    abroad = _ask(f"+{number}", None) if has_blank else None
    if abroad and abroad.fault is None:
        return abroad
    home = _ask(number, region)
    is_own = number.startswith(str(calling_code_of(region)))
    is_home_length = len(number) in mobile_lengths(region)
    if home.fault is None or (is_home_length and not is_own):
        return home
    abroad = abroad or _ask(f"+{number}", None)
    if abroad.fault is None or (abroad.msisdn and not is_home_length):
        return abroad
    return home


def _ask(number: str, region: str | None) -> _Reading:
    """Ask phonenumbers, which takes some forty microseconds."""
    try:
        parsed = phonenumbers.parse(number, region)
    except NumberParseException as error:
        fault = _FAULT_OF_PARSE_ERROR.get(error.error_type, RejectionReason.TOO_SHORT)
        return _Reading(0, fault)
    kind = phonenumbers.number_type(parsed)
    if kind == PhoneNumberType.UNKNOWN:
        national = phonenumbers.national_significant_number(parsed)
        return _Reading(0, _fault_of_length(parsed.country_code or 0, len(national)))
    msisdn = int(phonenumbers.format_number(parsed, PhoneNumberFormat.E164)[1:])
    if kind in _MOBILE_TYPES:
        return _Reading(msisdn, None)
    is_landline = kind == PhoneNumberType.FIXED_LINE
    return _Reading(
        msisdn, RejectionReason.LANDLINE if is_landline else RejectionReason.NOT_MOBILE
    )


@cache
def _fault_of_length(calling_code: int, length: int) -> RejectionReason:
    number = phonenumbers.PhoneNumber(
        country_code=calling_code, national_number=10 ** (length - 1)
    )
    as_mobile = PhoneNumberType.MOBILE
    match phonenumbers.is_possible_number_for_type_with_reason(number, as_mobile):
        case ValidationResult.TOO_LONG:
            return RejectionReason.TOO_LONG
        case ValidationResult.IS_POSSIBLE:
            return RejectionReason.UNALLOCATED
        case _:
            return RejectionReason.TOO_SHORT


def _short_code(number: str, fault: RejectionReason, rules: NumberRules) -> int:
    region = rules.default_region
    if number.startswith("+") or len(number.lstrip("0")) > _longest_short_code(region):
        raise InvalidMsisdnError(fault)
    if phonenumbers.is_emergency_number(number, region):
        raise InvalidMsisdnError(RejectionReason.SHORT_CODE)
    parsed = phonenumbers.PhoneNumber(
        country_code=calling_code_of(region), national_number=int(number)
    )
    if not phonenumbers.is_valid_short_number_for_region(parsed, region):
        raise InvalidMsisdnError(fault)
    if not rules.allow_short_codes or number.startswith("0"):
        raise InvalidMsisdnError(RejectionReason.SHORT_CODE)
    return int(number)


@cache
def _longest_short_code(region: str) -> int:
    metadata = phonenumbers.PhoneMetadata.short_metadata_for_region(region)
    general = metadata.general_desc if metadata else None
    return max(general.possible_length, default=0) if general else 0
