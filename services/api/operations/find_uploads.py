"""Show an account its uploads: how far they are read, and what was rejected; or delete one."""

import uuid
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.authors import Author
from services.api.domain.errors import NotFoundError
from services.api.domain.sheets import SheetRow
from services.api.operations.upload_reading import INTERRUPTED, INTERRUPTED_MESSAGE, SILENCE
from services.api.storage import uploads
from services.api.storage.accounts import Account
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.uploads import Upload

REJECTED_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ShownUpload:
    """An upload with its first rejected rows."""

    upload: Upload
    rejected_rows: list[SheetRow] = field(repr=False)


async def find_upload(
    engine: AsyncEngine, account: Account, upload_uuid: uuid.UUID
) -> ShownUpload:
    """Return one upload.

    Raises:
        NotFoundError: The account has no such upload.
    """
    async with engine.connect() as connection:
        upload = await uploads.find_upload(connection, account.id, upload_uuid, silence=SILENCE)
        if upload is None:
            raise NotFoundError("upload")
        rejected = await uploads.list_rejected(
            connection, account.id, upload.id, row_limit=REJECTED_SHOWN
        )
    return ShownUpload(as_known(upload), rejected)


async def list_uploads(
    engine: AsyncEngine, account: Account, *, before: uuid.UUID | None, row_limit: int
) -> list[Upload]:
    """Return the account's uploads, newest first."""
    async with engine.connect() as connection:
        found = await uploads.list_uploads(
            connection, account.id, before=before, row_limit=row_limit, silence=SILENCE
        )
    return [as_known(upload) for upload in found]


async def delete_upload(
    engine: AsyncEngine, account: Account, upload_uuid: uuid.UUID, author: Author
) -> None:
    """Delete an upload and its rows; if it is being read, that ends.

    Raises:
        NotFoundError: The account has no such upload.
    """
    async with engine.begin() as connection:
        upload = await uploads.find_upload(connection, account.id, upload_uuid, silence=SILENCE)
        if upload is None or not await uploads.delete_upload(connection, account.id, upload_uuid):
            raise NotFoundError("upload")
        values = {"name": upload.name, "octets": upload.octet_count}
        entry = AuditEntry("upload.delete", str(upload_uuid), values, None)
        await add_entry(connection, account.id, author, entry)


def as_known(upload: Upload) -> Upload:
    """Return an upload as it stands: one whose process died will never be ready."""
    if not upload.is_abandoned:
        return upload
    return replace(upload, status="failed", error_code=INTERRUPTED, error=INTERRUPTED_MESSAGE)
