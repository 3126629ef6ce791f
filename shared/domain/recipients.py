"""A request's list of numbers: whom the SMS goes to, and which numbers were turned down."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.domain.msisdn import NumberRules, parse_msisdn
from shared.domain.msisdn_runs import read_run
from shared.domain.number_rejections import InvalidMsisdnError, RejectionReason

# Comma, semicolon, bar and line ends in the scripts our senders write: Arabic, CJK, Devanagari
# danda.
_SEPARATORS = dict.fromkeys(
    map(
        ord,
        ";|\n\r\t\v\f\x85\u2028\u2029\u060c\u061b\u0964\u0965\u3001\ufe50\ufe51\ufe54\uff0c\uff1b\uff64",
    ),
    ",",
)
_BLANKS_BEHIND_COMMA = re.compile(", +")
_BLANKS_BEFORE_PLUS = re.compile(r"(?<!\s)\s++(?=\+)")
_NOTHING = re.compile(r"(?: *+(?:,|\Z))++")
_MAX_QUOTED_LENGTH = 64
_FEWEST_DIGITS = 7
_A_PAIR = 2


@dataclass(frozen=True, slots=True)
class RejectedNumber:
    """A number that gets no SMS.

    Attributes:
        raw: As the sender wrote it, cut to 64 characters.
        reason: Which rule it breaks.
    """

    raw: str = field(repr=False)
    reason: RejectionReason


@dataclass(frozen=True, slots=True)
class Recipients:
    """What became of a list of numbers.

    Attributes:
        msisdns: E.164 digits, in the order of the list.
        rejected: In the order of the list.
        duplicate_count: How many numbers repeat an earlier one, however written; they are
            missing from ``msisdns`` only if they were to be dropped.
    """

    msisdns: list[int] = field(repr=False)
    rejected: list[RejectedNumber]
    duplicate_count: int


def parse_recipients(
    mobiles: str | Iterable[str], *, rules: NumberRules, drop_duplicates: bool
) -> Recipients:
    """Read a list of numbers in any mixture of forms.

    Args:
        mobiles: Numbers separated by commas, semicolons, bars, line ends or tabs; or such texts
            one by one. Blanks are ignored, but where the text itself begins with one, blanks
            before numbers are the pluses of an undecoded form; and they separate what together
            is no number but one by one is.
        rules: The account's.
        drop_duplicates: Whether a number that repeats an earlier one is left out.

    Returns:
        Every number that was not blank, once in ``msisdns``, ``rejected`` or the count.
    """
    text = mobiles if isinstance(mobiles, str) else ",".join(mobiles)
    text = text.translate(_SEPARATORS)
    if not text.startswith(" "):
        text = _BLANKS_BEHIND_COMMA.sub(",", text)
    msisdns, rejected = _read_all(text, rules)
    distinct = list(dict.fromkeys(msisdns))
    return Recipients(
        msisdns=distinct if drop_duplicates else msisdns,
        rejected=rejected,
        duplicate_count=len(msisdns) - len(distinct),
    )


def _read_all(text: str, rules: NumberRules) -> tuple[list[int], list[RejectedNumber]]:
    msisdns: list[int] = []
    rejected: list[RejectedNumber] = []
    position = _behind_nothing(text, 0)
    while position < len(text):
        run = read_run(text, position, rules.default_region)
        if run is not None:
            msisdns += run.msisdns
            position = _behind_nothing(text, run.end)
            continue
        end = text.find(",", position)
        end = end if end >= 0 else len(text)
        written = text[position:end]
        try:
            msisdns.append(parse_msisdn(written, rules, begins_no_run=True))
        except InvalidMsisdnError as error:
            several = _read_between_blanks(written, rules)
            msisdns += several
            if not several and error.reason is not RejectionReason.EMPTY:
                raw = written.strip()[:_MAX_QUOTED_LENGTH]
                rejected.append(RejectedNumber(raw, error.reason))
        position = _behind_nothing(text, end + 1)
    return msisdns, rejected


def _read_between_blanks(text: str, rules: NumberRules) -> list[int]:
    """Read numbers that only blanks separate; none if one of them is wrong."""
    # Between pluses, blanks are within numbers: +91 98765 43210 +91 98765 43211
    numbers = _BLANKS_BEFORE_PLUS.split(text.strip())
    if len(numbers) == 1:
        numbers = text.split()
    # Short pieces are parts of one number, even where the account may send to short codes.
    if len(numbers) < _A_PAIR or min(map(len, numbers)) < _FEWEST_DIGITS:
        return []
    try:
        return [parse_msisdn(number, rules) for number in numbers]
    except InvalidMsisdnError:
        return []


def _behind_nothing(text: str, position: int) -> int:
    nothing = _NOTHING.match(text, position)
    return nothing.end() if nothing else position
