"""A request's list of numbers: whom the SMS goes to, and which numbers were turned down."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.domain.msisdn import NumberRules, parse_msisdn
from shared.domain.msisdn_runs import read_run
from shared.domain.number_rejections import InvalidMsisdnError, RejectionReason

# Comma, semicolon and line ends in the scripts our senders write: Arabic, CJK, Devanagari danda.
_SEPARATORS = dict.fromkeys(
    map(
        ord,
        ";\n\r\t\v\f\x85\u2028\u2029\u060c\u061b\u0964\u0965\u3001\ufe50\ufe51\ufe54\uff0c\uff1b\uff64",
    ),
    ",",
)
_BLANKS_BEHIND_COMMA = re.compile(", +")
_NOTHING = re.compile(r"(?: *+(?:,|\Z))++")
_MAX_QUOTED_LENGTH = 64


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
        mobiles: Numbers separated by commas, semicolons, line ends or tabs; or such texts one
            by one. Blanks are ignored, but where the text itself begins with one, blanks
            before numbers are the pluses of an undecoded form.
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
        try:
            msisdns.append(parse_msisdn(text[position:end], rules))
        except InvalidMsisdnError as error:
            if error.reason is not RejectionReason.EMPTY:
                raw = text[position:end].strip()[:_MAX_QUOTED_LENGTH]
                rejected.append(RejectedNumber(raw, error.reason))
        position = _behind_nothing(text, end + 1)
    return msisdns, rejected


def _behind_nothing(text: str, position: int) -> int:
    nothing = _NOTHING.match(text, position)
    return nothing.end() if nothing else position
