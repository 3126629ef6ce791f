"""Each refusal of an upload names the field and says what would be right."""

import pytest

from services.api.domain import upload_errors
from shared.domain.errors import DomainError


@pytest.mark.parametrize(
    ("error", "field", "message"),
    [
        (upload_errors.UnsupportedUploadError("image/png"), "file", "'image/png' is not read"),
        (upload_errors.UploadTooLargeError(10), "file", "larger than 10 octets: split it"),
        (upload_errors.UploadTimeoutError(30.0), "file", "came for 30 seconds"),
        (upload_errors.UploadTooSlowError(4_096.0), "file", "less than 4096 octets a second"),
        (upload_errors.UploadCutOffError(), "file", "ended before the file did"),
        (upload_errors.UploadsBusyError(), None, "try again"),
        (upload_errors.AccountUploadsBusyError(6), None, "6 files of this account"),
        (upload_errors.UploadNotReadyError("reading"), "upload", "upload is reading: wait"),
        (upload_errors.UploadNotReadyError("failed", "No"), "upload", "could not be read (No)"),
    ],
    ids=lambda value: value.code + str(value)[:20] if isinstance(value, DomainError) else None,
)
def test_a_refusal_names_the_field_and_what_would_be_right(
    error: DomainError, field: str | None, message: str
) -> None:
    assert message in str(error)
    assert error.field == field
    assert error.code
