"""What is refused about uploads, besides what the file itself holds."""

from typing import ClassVar

from services.api.domain.errors import FieldError
from shared.domain.errors import DomainError


class UnsupportedUploadError(DomainError):
    """A content type that no file of recipients has."""

    code: ClassVar[str] = "unsupported_upload"
    field = "file"

    def __init__(self, content_type: str) -> None:
        super().__init__(
            f"Content type {content_type[:60]!r} is not read: send multipart/form-data with the"
            " field file, or the file itself as text/csv, text/plain or"
            " application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        )


class UploadTooLargeError(DomainError):
    """A file over the limit; it is not read to its end."""

    code: ClassVar[str] = "upload_too_large"
    field = "file"

    def __init__(self, limit_octets: int) -> None:
        super().__init__(f"The file is larger than {limit_octets} octets: split it")


class UploadTimeoutError(DomainError):
    """A request whose body stopped coming in."""

    code: ClassVar[str] = "upload_timeout"
    field = "file"

    def __init__(self, idle_s: float) -> None:
        super().__init__(f"Nothing of the file came for {idle_s:g} seconds: send it again")


class UploadTooSlowError(DomainError):
    """A body that kept coming in, but too little of it."""

    code: ClassVar[str] = "upload_too_slow"
    field = "file"

    def __init__(self, octets_per_s: float) -> None:
        super().__init__(
            f"The file came in at less than {octets_per_s:g} octets a second: split it, or send it"
            " over a faster connection"
        )


class UploadCutOffError(DomainError):
    """A client that went away before its file was whole."""

    code: ClassVar[str] = "upload_cut_off"
    field = "file"

    def __init__(self) -> None:
        super().__init__("The connection ended before the file did: send it again")


class UploadsBusyError(DomainError):
    """As many files are waiting to be read as may."""

    code: ClassVar[str] = "uploads_busy"

    def __init__(self) -> None:
        super().__init__("Many files are being read at the moment: try again in a little while")


class AccountUploadsBusyError(DomainError):
    """As many files of one account are under way as may."""

    code: ClassVar[str] = "account_uploads_busy"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} files of this account are coming in or being read, which is as many as may:"
            " try again when one is read"
        )


class UploadNotReadyError(FieldError):
    """An upload that a send names before it is read, or although it could not be."""

    code: ClassVar[str] = "upload_not_ready"

    def __init__(self, status: str, reason: str | None = None) -> None:
        message = f"upload is {status}: wait until GET /uploads/{{id}} says that it is ready"
        if reason:
            message = f"upload could not be read ({reason}): upload a file that can be"
        super().__init__("upload", message)
