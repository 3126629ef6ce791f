"""Uploads as they go over the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.domain.sheet_numbers import rejection_message
from services.api.domain.sheets import SheetRow
from services.api.operations.find_uploads import ShownUpload
from services.api.storage.uploads import Upload

EXAMPLE: dict[str, JsonValue] = {
    "id": "5b0c1a52-0d6c-4f0e-9f7e-0f9d5a1f6f11",
    "name": "customers.xlsx",
    "status": "ready",
    "octets": 3794282,
    "octets_read": 3794282,
    "rows_read": 100000,
    "valid": 99998,
    "rejected": 2,
    "duplicates": 14,
    "columns": ["Phone", "Name", "City"],
    "number_column": "Phone",
    "message_column": None,
    "warnings": [],
    "error": None,
    "created_at": "2026-11-25T00:20:09+05:30",
    "rejected_rows": [
        {
            "row": 17,
            "value": "02226403",
            "reason": "too_short",
            "message": "Digits are missing; write the whole mobile number, from abroad with its"
            " country code.",
        }
    ],
}


class RejectedRow(BaseModel):
    """A row that gets no SMS."""

    model_config = ConfigDict(frozen=True)

    row: int = Field(description="As a spreadsheet counts, from 1, with header and blank rows")
    value: str = Field(description="The number as written")
    reason: str = Field(description="A stable code")
    message: str = Field(description="What would be right")


class UploadFault(BaseModel):
    """Why an upload cannot be used."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="A stable code")
    reason: str
    row: int | None = Field(description="The row at fault, where it is one")


class UploadSummary(BaseModel):
    """A file of recipients and how far it is read."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    status: Literal["waiting", "reading", "ready", "failed"]
    octets: int
    octets_read: int = Field(description="Of octets; a workbook's are those of its packed form")
    rows_read: int
    valid: int
    rejected: int
    duplicates: int | None = Field(
        description="Valid rows whose number an earlier row has; null until all are read"
    )
    columns: list[str]
    number_column: str | None
    message_column: str | None
    warnings: list[str]
    error: UploadFault | None
    created_at: datetime


class UploadReport(UploadSummary):
    """An upload with its first rejected rows."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": EXAMPLE})

    rejected_rows: list[RejectedRow] = Field(description="The first ten")


class UploadPage(BaseModel):
    """A page of uploads, newest first."""

    model_config = ConfigDict(frozen=True)

    uploads: list[UploadSummary]
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null: none")


def to_upload_report(shown: ShownUpload, zone: ZoneInfo) -> UploadReport:
    """Turn an upload and its rejected rows into its report."""
    summary = to_upload_summary(shown.upload, zone)
    rejected = [_rejected(row) for row in shown.rejected_rows]
    return UploadReport(**dict(summary), rejected_rows=rejected)


def to_upload_summary(upload: Upload, zone: ZoneInfo) -> UploadSummary:
    """Turn an upload into what a page shows of it."""
    header = upload.header
    message_column = None if header is None else header.message_column
    fault = None
    if upload.error_code is not None:
        reason = upload.error or ""
        fault = UploadFault(code=upload.error_code, reason=reason, row=upload.error_row)
    return UploadSummary.model_validate(
        {
            "id": upload.uuid,
            "name": upload.name,
            "status": upload.status,
            "octets": upload.octet_count,
            "octets_read": upload.octets_read,
            "rows_read": upload.row_count,
            "valid": upload.valid_count,
            "rejected": upload.rejected_count,
            "duplicates": upload.duplicate_count,
            "columns": header.columns if header else [],
            "number_column": header.columns[header.mobile_column] if header else None,
            "message_column": header.columns[message_column]
            if header and message_column is not None
            else None,
            "warnings": upload.warnings,
            "error": fault,
            "created_at": upload.created_at.astimezone(zone),
        }
    )


def _rejected(row: SheetRow) -> RejectedRow:
    reason = row.rejection or ""
    return RejectedRow(
        row=row.row_number, value=row.mobile, reason=reason, message=rejection_message(reason)
    )
