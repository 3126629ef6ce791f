"""How the process that reads a file tells ours what it found: JSON, each piece behind its length.

JSON, and nothing that could run code: the other side has read what came from anywhere.
"""

import json
import struct
from typing import Any

from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheets import SheetHeader, SheetRow
from services.api.sheets.parsing import SheetBatch
from shared.domain.msisdn import NumberRules

LENGTH = struct.Struct(">I")
Frame = dict[str, Any]
END: Frame = {"end": True}


def to_octets(frame: Frame) -> bytes:
    """Write a frame with its length in front."""
    octets = json.dumps(frame, separators=(",", ":")).encode()
    return LENGTH.pack(len(octets)) + octets


def from_header(header: SheetHeader, warnings: list[str]) -> Frame:
    """Write a file's header."""
    columns = [header.columns, header.mobile_column, header.message_column, header.has_names]
    return {"header": columns, "warnings": warnings}


def to_header(frame: Frame) -> tuple[SheetHeader, list[str]]:
    """Read a file's header and what it is warned of."""
    return SheetHeader(*frame["header"]), frame["warnings"]


def from_batch(batch: SheetBatch) -> Frame:
    """Write some rows."""
    rows = [[r.row_number, r.mobile, r.msisdn, r.rejection, r.cells] for r in batch.rows]
    return {"rows": rows, "octets_read": batch.octets_read}


def to_batch(frame: Frame) -> SheetBatch:
    """Read some rows."""
    return SheetBatch([SheetRow(*row) for row in frame["rows"]], frame["octets_read"])


def from_error(error: SheetError) -> Frame:
    """Write why a file is refused."""
    return {"error": [error.fault.value, error.row, error.what]}


def to_error(frame: Frame) -> SheetError:
    """Read why a file is refused."""
    fault, row, what = frame["error"]
    return SheetError(SheetFault(fault), row=row, what=what)


def from_rules(rules: NumberRules) -> str:
    """Write the account's rules as an argument of the command."""
    return json.dumps([rules.default_region, rules.allow_landlines, rules.allow_short_codes])


def to_rules(argument: str) -> NumberRules:
    """Read the account's rules."""
    return NumberRules(*json.loads(argument))
