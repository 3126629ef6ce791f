"""Reading delivery reports, and what they may do to a message."""

import re
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.messages import MessageStatus, may_become

REPORT_ATTEMPT_LIMIT = 12

# SMPP 3.4 appendix B; vendors leave fields out, add some, and vary the case of the names.
_FIELD = re.compile(r"(?:^|\s)(id|sub|dlvrd|submit date|done date|stat|err):(\S+)", re.IGNORECASE)
_TEXT = re.compile(r"(?:^|\s)text:", re.IGNORECASE)

# SMPP 3.4 §5.2.28. ENROUTE, ACCEPTD and UNKNOWN are no verdict.
_VERDICTS = {
    "DELIVRD": MessageStatus.DELIVERED,
    "EXPIRED": MessageStatus.EXPIRED,
    "DELETED": MessageStatus.UNDELIVERED,
    "UNDELIV": MessageStatus.UNDELIVERED,
    "REJECTD": MessageStatus.REJECTED,
}

# The trade's codes: do-not-disturb, a regulator's refusal, not opted in. Carriers write them with
# leading zeros, and some the word alone.
_COMPLAINTS = {"7", "9", "37", "DND", "SPAM"}


class UnreadableReportError(Exception):
    """A delivery report names no message or no state."""


class ReportOutcome(StrEnum):
    """What became of a delivery report; the word is what the database keeps."""

    APPLIED = "applied"
    NO_VERDICT = "no-verdict"
    ALREADY_FINAL = "already-final"
    UNKNOWN_MESSAGE = "unknown-message"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A carrier's word on one message.

    Attributes:
        carrier_message_id: The carrier's name for the message, to the letter.
        state: Its state in the carrier's words, such as ``"DELIVRD"``.
        error: The network's error code; None where none was given.
    """

    carrier_message_id: str
    state: str
    error: str | None

    @property
    def verdict(self) -> MessageStatus | None:
        """What the message became; None while the network is still at it."""
        return _VERDICTS.get(self.state)

    @property
    def cause(self) -> str | None:
        """Why the message did not arrive; None when it did, or is under way."""
        if self.verdict in {None, MessageStatus.DELIVERED}:
            return None
        return self.state if self.error is None else f"{self.state} {self.error}"

    @property
    def is_complaint(self) -> bool:
        """Whether the message did not arrive because its recipient did not want it."""
        if self.cause is None or self.error is None:
            return False
        return (self.error.lstrip("0").upper()) in _COMPLAINTS


def parse_delivery_report(raw: str) -> DeliveryReport:
    """Read the text of a delivery report.

    Raises:
        UnreadableReportError: It has no ``id`` or no ``stat``.
    """
    head = _TEXT.split(raw, maxsplit=1)[0]
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(head):
        fields.setdefault(name.lower(), value)
    if "id" not in fields or "stat" not in fields:
        raise UnreadableReportError
    return DeliveryReport(fields["id"], fields["stat"].upper(), fields.get("err"))


def weigh(report: DeliveryReport, current: MessageStatus) -> ReportOutcome:
    """Tell what a report does to a message that stands at ``current``.

    A final state never changes again, whatever comes late or twice (SMPP 3.4 §5.2.28).
    """
    if report.verdict is None:
        return ReportOutcome.NO_VERDICT
    if may_become(current, report.verdict):
        return ReportOutcome.APPLIED
    return ReportOutcome.ALREADY_FINAL
