"""Reading a number of plain digits by phonenumbers' metadata, without asking phonenumbers.

Asking takes a hundred microseconds, most of them for what plain digits cannot have: letters,
extensions, signs. That is too long where a list is wrong from end to end. Where a prefix would
have to be rewritten, the question is left to phonenumbers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Final, NamedTuple

import phonenumbers
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberDesc,
    PhoneNumberType,
    ValidationResult,
)

from shared.domain.msisdn_patterns import (
    END,
    LONGEST_CODE,
    NEVER,
    OTHER_TYPES,
    calling_code_in,
    described,
    metadata_of,
)
from shared.domain.number_rejections import RejectionReason

# phonenumbers' own bounds of what follows a calling code.
_FEWEST_DIGITS: Final = 2
_MOST_DIGITS: Final = 17


class Reading(NamedTuple):
    """What one way to read the digits comes to; ``msisdn`` is 0 where no such number exists."""

    msisdn: int
    fault: RejectionReason | None


_UNKNOWN_CODE: Final = Reading(0, RejectionReason.UNKNOWN_CALLING_CODE)
_TOO_SHORT: Final = Reading(0, RejectionReason.TOO_SHORT)
_TOO_LONG: Final = Reading(0, RejectionReason.TOO_LONG)


def read_plain(number: str, region: str | None) -> Reading | None:
    """Read a number as ``phonenumbers.parse`` and ``number_type`` do.

    Args:
        number: ASCII digits, behind a plus where a calling code comes first.
        region: Where it is at home; None behind a plus.

    Returns:
        None where only phonenumbers itself can tell.
    """
    if region is None:
        return _read_abroad(number[1:])
    home = _plan(region)
    if home.dialled_abroad.match(number):
        return None
    code = str(home.calling_code)
    if not number.startswith(code):
        return _read_national(home.calling_code, number, home)
    behind = home.without_prefix(number.removeprefix(code))
    if behind is None:
        return None
    has_code = home.is_too_long(number) or (
        home.viable.match(behind) and not home.viable.match(number)
    )
    if has_code:
        return _read_national(home.calling_code, behind, _main_plan(home.calling_code))
    return _read_national(home.calling_code, number, home)


def fault_of_length(calling_code: int, national: str) -> RejectionReason:
    """Say why a number that nobody has is none, by how long a mobile number would be.

    Args:
        calling_code: One of phonenumbers' calling codes.
        national: Digits.
    """
    return _fault_of_length(calling_code, len(national))


@cache
def _fault_of_length(calling_code: int, length: int) -> RejectionReason:
    number = PhoneNumber(country_code=calling_code, national_number=10 ** (length - 1))
    as_mobile = PhoneNumberType.MOBILE
    match phonenumbers.is_possible_number_for_type_with_reason(number, as_mobile):
        case ValidationResult.TOO_LONG:
            return RejectionReason.TOO_LONG
        case ValidationResult.IS_POSSIBLE:
            return RejectionReason.UNALLOCATED
        case _:
            return RejectionReason.TOO_SHORT


def _read_abroad(digits: str) -> Reading | None:
    if len(digits) <= _FEWEST_DIGITS:
        return _TOO_SHORT
    calling_code = calling_code_in(digits[:LONGEST_CODE])
    if calling_code is None:
        return _UNKNOWN_CODE
    national = digits.removeprefix(str(calling_code))
    return _read_national(calling_code, national, _main_plan(calling_code))


def _read_national(calling_code: int, digits: str, plan: "_Plan") -> Reading | None:
    if len(digits) < _FEWEST_DIGITS:
        return _TOO_SHORT
    national = plan.without_prefix(digits)
    if national is None:
        return None
    if not plan.is_length(national) and not plan.is_too_long(national):
        national = digits
    if len(national) > _MOST_DIGITS:
        return _TOO_LONG
    kind = _kind_of(calling_code, national)
    if kind is _Kind.NONE:
        return Reading(0, fault_of_length(calling_code, national))
    return Reading(int(f"{calling_code}{national}"), _FAULTS[kind])


class _Kind(Enum):
    NONE = auto()
    LANDLINE = auto()
    MOBILE = auto()
    OTHER = auto()


_FAULTS: Final = {
    _Kind.LANDLINE: RejectionReason.LANDLINE,
    _Kind.MOBILE: None,
    _Kind.OTHER: RejectionReason.NOT_MOBILE,
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a region's numbers are written.

    Attributes:
        calling_code: The region's.
        dialled_abroad: The prefix before a foreign calling code.
        prefix: What may stand before a national number; None: nothing.
        is_plain: Whether that is only to be taken away.
        viable: All national numbers that there might be, of any length.
        lengths: Of national numbers.
        local_lengths: Of those that are dialled without their area.
    """

    calling_code: int
    dialled_abroad: re.Pattern[str]
    prefix: re.Pattern[str] | None
    is_plain: bool
    viable: re.Pattern[str]
    lengths: Sequence[int]
    local_lengths: Sequence[int]

    def without_prefix(self, digits: str) -> str | None:
        """Take the prefix away; None where it has to be rewritten."""
        found = self.prefix.match(digits) if self.prefix and digits else None
        if found is None:
            return digits
        if not self.is_plain:
            return None
        rest = digits[found.end() :]
        return digits if self.viable.match(digits) and not self.viable.match(rest) else rest

    def is_length(self, national: str) -> bool:
        return len(national) in self.lengths

    def is_too_long(self, national: str) -> bool:
        return len(national) > self.lengths[-1] and len(national) not in self.local_lengths


@cache
def _plan(region: str, calling_code: int | None = None) -> _Plan:
    metadata = metadata_of(region, calling_code)
    general = metadata.general_desc or PhoneNumberDesc()
    prefix = metadata.national_prefix_for_parsing
    compiled = re.compile(prefix, re.ASCII) if prefix else None
    return _Plan(
        calling_code=metadata.country_code or 0,
        dialled_abroad=_compiled(metadata.international_prefix),
        prefix=compiled,
        is_plain=compiled is not None
        and not compiled.groups
        and not metadata.national_prefix_transform_rule,
        viable=_compiled(general.national_number_pattern, END),
        lengths=general.possible_length,
        local_lengths=general.possible_length_local_only,
    )


@cache
def _main_plan(calling_code: int) -> _Plan:
    return _plan(COUNTRY_CODE_TO_REGION_CODE[calling_code][0], calling_code)


class _Types(NamedTuple):
    """What tells the numbers of a region from one another.

    Attributes:
        leading: Digits that only its numbers begin with, of regions that share a calling code;
            None: those are its numbers that have a type.
    """

    leading: re.Pattern[str] | None
    any: re.Pattern[str]
    other: re.Pattern[str]
    landline: re.Pattern[str]
    mobile: re.Pattern[str]

    def kind_of(self, national: str) -> _Kind:
        if not self.any.match(national):
            return _Kind.NONE
        if self.other.match(national):
            return _Kind.OTHER
        if self.mobile.match(national):
            return _Kind.MOBILE
        return _Kind.LANDLINE if self.landline.match(national) else _Kind.NONE


@cache
def _types_of(calling_code: int) -> list[_Types]:
    found = []
    for region in COUNTRY_CODE_TO_REGION_CODE[calling_code]:
        metadata = metadata_of(region, calling_code)
        others = [described(getattr(metadata, name)) for name in OTHER_TYPES]
        is_one = metadata.same_mobile_and_fixed_line_pattern
        mobile = metadata.fixed_line if is_one else metadata.mobile
        found.append(
            _Types(
                leading=_compiled(metadata.leading_digits) if metadata.leading_digits else None,
                any=_compiled(described(metadata.general_desc)),
                other=_compiled("|".join(others)),
                landline=_compiled(described(metadata.fixed_line)),
                mobile=_compiled(described(mobile)),
            )
        )
    return found


def _kind_of(calling_code: int, national: str) -> _Kind:
    regions = _types_of(calling_code)
    if len(regions) == 1:
        return regions[0].kind_of(national)
    for types in regions:
        if types.leading is None:
            kind = types.kind_of(national)
            if kind is not _Kind.NONE:
                return kind
        elif types.leading.match(national):
            return types.kind_of(national)
    return _Kind.NONE


def _compiled(pattern: str | None, end: str = "") -> re.Pattern[str]:
    return re.compile(f"(?:{pattern or NEVER}){end}", re.ASCII)


class ShortPlan(NamedTuple):
    """What tells the few digits of a region that are numbers of their own."""

    emergency: re.Pattern[str]
    short: re.Pattern[str]


@cache
def short_plan(region: str) -> ShortPlan:
    """Compile what matches the short numbers of a region.

    Args:
        region: As in ``read_plain``.
    """
    metadata = PhoneMetadata.short_metadata_for_region(region)
    if metadata is None:
        return ShortPlan(_compiled(NEVER), _compiled(NEVER))
    emergency = metadata.emergency.national_number_pattern if metadata.emergency else None
    both = f"(?={described(metadata.general_desc)}){described(metadata.short_code)}"
    return ShortPlan(_compiled(emergency, END), _compiled(both))
