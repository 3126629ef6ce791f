"""What a file or a list of numbers that is taken in at once comes to, row by row."""

from dataclasses import dataclass, field

from services.api.domain.sheet_numbers import rejection_message
from services.api.domain.sheets import SheetRow
from services.api.operations.send_values import Rejected

REJECTED_SHOWN = 100


@dataclass(frozen=True, slots=True, repr=False)
class RejectedRow:
    """A row that was left out, and why.

    Attributes:
        row: As a spreadsheet counts, from 1; in a list, its place.
    """

    row: int
    rejected: Rejected


@dataclass(slots=True, repr=False)
class ImportTally:
    """The rows so far.

    Attributes:
        rejected: The first ``REJECTED_SHOWN`` of those left out.
    """

    row_count: int = 0
    rejected_count: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)

    def number_of(self, row: SheetRow) -> int | None:
        """Count a row and return its number; None if it has none, which is told of."""
        self.row_count += 1
        if row.msisdn is None:
            code = row.rejection or ""
            self.reject(row.row_number, row.mobile, code, rejection_message(code))
        return row.msisdn

    def reject(self, row: int, mobile: str, reason: str, message: str) -> None:
        """Note a row that is left out."""
        self.rejected_count += 1
        if len(self.rejected) < REJECTED_SHOWN:
            self.rejected.append(RejectedRow(row, Rejected(mobile, reason, message)))
