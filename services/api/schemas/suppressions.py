"""Opt-outs as they go over the wire."""

from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, JsonValue

from services.api.domain.opt_outs import MAX_NOTE
from services.api.operations.manage_suppressions import Imported
from services.api.schemas.imports import RejectedRowReport, to_rejected_rows
from services.api.schemas.json_bodies import JsonBody
from services.api.schemas.report_queries import CURSOR_TEXT, LIMIT_TEXT, PAGE_LIMIT, ReportQuery
from services.api.schemas.reports import OptOutReport, Report, opt_out_values
from services.api.storage.suppressions import Suppression

EXAMPLE: dict[str, JsonValue] = {
    "source": "reply",
    "note": "Answered STOP",
    "author_kind": "key",
    "author_name": "shop",
    "created_at": "2026-11-25T22:20:09+05:30",
    "mobile": "919876543210",
}
COLUMNS = ("mobile", "source", "note", "author_kind", "author_name", "created_at")
CSV_EXAMPLE = (
    ",".join(COLUMNS)
    + "\r\n'+919876543210,reply,Answered STOP,key,shop,2026-11-25T22:20:09+05:30\r\n"
)


class SuppressionsQuery(ReportQuery):
    """What the list of opt-outs takes."""

    limit: int = Field(100, ge=1, le=PAGE_LIMIT, description=LIMIT_TEXT)
    cursor: str | None = Field(None, description=CURSOR_TEXT)


class NewSuppression(JsonBody):
    """An opt-out to be noted."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"source": "reply", "note": "Answered STOP"}}
    )

    source: Literal["api", "reply"] = Field(
        "api", description="How it became known; `reply`: the number's owner answered a message"
    )
    note: str = Field("", description=f"At most {MAX_NOTE} characters", repr=False)


class SuppressionReport(OptOutReport):
    """A number that opted out."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": EXAMPLE})

    mobile: str


class SuppressionPage(Report):
    """A page of opt-outs, in the order of numbers."""

    suppressions: list[SuppressionReport]
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null: none")


class ImportReport(Report):
    """What a list of opt-outs came to."""

    rows: int = Field(description="Rows that are not blank", examples=[5])
    added: int = Field(description="Numbers that had not opted out before", examples=[2])
    known: int = Field(description="Numbers that had", examples=[1])
    duplicates: int = Field(description="Rows that repeat an earlier number", examples=[1])
    rejected: int = Field(description="Rows without a number that can be sent to", examples=[1])
    rejected_rows: list[RejectedRowReport] = Field(description="The first 100 of them")


def suppression_values(found: Suppression, zone: ZoneInfo) -> dict[str, Any]:
    """Return what ``SuppressionReport`` tells."""
    return {"mobile": str(found.msisdn), **opt_out_values(found, zone)}


def to_suppression_report(found: Suppression, zone: ZoneInfo) -> SuppressionReport:
    """Turn an opt-out into its report."""
    return SuppressionReport.model_validate(suppression_values(found, zone))


def to_import_report(imported: Imported) -> ImportReport:
    """Turn what a list came to into its report."""
    return ImportReport(
        rows=imported.tally.row_count,
        added=imported.added_count,
        known=imported.known_count,
        duplicates=imported.duplicate_count,
        rejected=imported.tally.rejected_count,
        rejected_rows=to_rejected_rows(imported.tally),
    )
