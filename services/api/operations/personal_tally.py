"""What the rows of a send of personal texts come to, counted as they pass."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from services.api.domain.composing import ComposedText, PersonalRow
from services.api.domain.sheet_numbers import rejection_message
from services.api.operations.accepting import PREVIEW_COUNT
from services.api.operations.addressing import rejected_for_opt_out
from services.api.operations.planning import to_rejected
from services.api.operations.send_values import REJECTED_LISTED, Rejected
from shared.domain.msisdn import NumberRules
from shared.domain.recipients import parse_recipients
from shared.domain.segments import Encoding, Segmentation

_NOTED_OF_A_KIND = 10


@dataclass(frozen=True, slots=True, repr=False)
class Sample:
    """A message to be shown, or looked at for what the sender should know."""

    msisdn: int
    text: ComposedText
    row: PersonalRow


@dataclass(slots=True, repr=False)
class PersonalTally:
    """The rows so far.

    Attributes:
        msisdns: Of the messages, in their order.
        rejected: The first ``REJECTED_LISTED`` of them.
        first: The first ``PREVIEW_COUNT`` messages.
        noted: Some further ones, of those that a sender should look at: with a blank value, or
            with characters that GSM-7 lacks.
        longest: The dearest message.
    """

    rules: NumberRules
    drops_duplicates: bool
    msisdns: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rejected_count: int = 0
    dropped_count: int = 0
    segment_total: int = 0
    first: list[Sample] = field(default_factory=list)
    longest: Sample | None = None
    _seen: set[int] = field(default_factory=set)
    _blank: list[Sample] = field(default_factory=list)
    _unicode: list[Sample] = field(default_factory=list)
    # Two are enough to know that there is not one.
    _locations: set[str] = field(default_factory=set)

    @property
    def duplicate_count(self) -> int:
        """How many numbers repeat an earlier one."""
        return len(self.msisdns) - len(self._seen) + self.dropped_count

    @property
    def location(self) -> str | None:
        """Where all links lead; None if they lead to several places."""
        return next(iter(self._locations)) if len(self._locations) == 1 else None

    @property
    def noted(self) -> list[Sample]:
        """Messages beyond the first that a sender should look at, each once."""
        longest = [self.longest] if self.longest else []
        noted = {id(each): each for each in [*self._blank, *self._unicode, *longest]}
        return [each for key, each in noted.items() if key not in set(map(id, self.first))]

    def read(self, row: PersonalRow) -> Sequence[int]:
        """Return the numbers of a row, and count what is none."""
        msisdns, rejected = _read_numbers(row, self.rules)
        self._reject(rejected)
        return msisdns

    def recipients_of(self, msisdns: Sequence[int], opted_out: AbstractSet[int]) -> Sequence[int]:
        """Return which numbers of a row its text goes to, and count those that opted out."""
        if opted_out:
            self._reject([rejected_for_opt_out(each) for each in msisdns if each in opted_out])
            msisdns = [each for each in msisdns if each not in opted_out]
        if not self.drops_duplicates:
            return msisdns
        fresh = [each for each in dict.fromkeys(msisdns) if each not in self._seen]
        self.dropped_count += len(msisdns) - len(fresh)
        return fresh

    def _reject(self, rejected: Sequence[Rejected]) -> None:
        self.rejected_count += len(rejected)
        self.rejected += rejected[: REJECTED_LISTED - len(self.rejected)]

    def add(self, msisdn: int, text: ComposedText, row: PersonalRow, *, has_blank: bool) -> None:
        """Count a message; ``has_blank`` says that something filled into it is blank."""
        self.msisdns.append(msisdn)
        self._seen.add(msisdn)
        self.segment_total += text.segmentation.count
        if text.rewrite and len(self._locations) < 2:  # noqa: PLR2004
            self._locations.add(text.rewrite.location)
        sample = Sample(msisdn, text, row)
        if self.longest is None or _size(text) > _size(self.longest.text):
            self.longest = sample
        if len(self.first) < PREVIEW_COUNT:
            self.first.append(sample)
        if has_blank and len(self._blank) < _NOTED_OF_A_KIND:
            self._blank.append(sample)
        is_unicode = text.segmentation.encoding is Encoding.UCS_2
        if is_unicode and len(self._unicode) < _NOTED_OF_A_KIND:
            self._unicode.append(sample)


def _read_numbers(row: PersonalRow, rules: NumberRules) -> tuple[Sequence[int], list[Rejected]]:
    if row.cell is None:
        found = parse_recipients(row.mobiles, rules=rules, drop_duplicates=False)
        return found.msisdns, to_rejected(found.rejected)
    if row.cell.msisdn is not None:
        return [row.cell.msisdn], []
    code = row.cell.rejection or ""
    (written,) = row.mobiles
    return [], [Rejected(written, code, rejection_message(code))]


def _size(text: ComposedText) -> tuple[int, int]:
    segmentation: Segmentation = text.segmentation
    return segmentation.count, segmentation.units
