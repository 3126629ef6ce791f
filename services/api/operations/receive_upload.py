"""Take a file of recipients in, and let it be read beside the requests."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import IO

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.authors import Author
from services.api.operations.find_uploads import ShownUpload, find_upload
from services.api.operations.upload_reading import PendingUpload, UploadReader
from services.api.storage import uploads
from services.api.storage.accounts import Account
from services.api.storage.audit import AuditEntry, add_entry

MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that has come in whole and lies on disk.

    Attributes:
        name: As the client calls it; may be empty.
        file: Whoever takes it closes it, and it is gone.
    """

    name: str
    octet_count: int
    file: IO[bytes] = field(repr=False)


async def receive_upload(
    engine: AsyncEngine,
    reader: UploadReader,
    account: Account,
    author: Author,
    receive: Callable[[], Awaitable[ReceivedFile]],
) -> ShownUpload:
    """Hold a place, take the file in, and let it be read when its turn comes.

    Args:
        engine: The database.
        reader: What reads it.
        account: Whose it is.
        author: Who brings it.
        receive: Takes the file in; it is not asked to where there is no place.

    Raises:
        UploadsBusyError: As many uploads wait as may.
        AccountUploadsBusyError: The same, of this account's.
        DomainError: The file could not be taken in.
    """
    with reader.place(account.id) as place:
        received = await receive()
        try:
            upload_uuid = uuid.uuid4()
            name = _clean(received.name)
            async with engine.begin() as connection:
                upload_id = await uploads.add_upload(
                    connection, account.id, upload_uuid, name, received.octet_count
                )
                values = {"name": name, "octets": received.octet_count}
                entry = AuditEntry("upload.create", str(upload_uuid), None, values)
                await add_entry(connection, account.id, author, entry)
            place.take(PendingUpload(upload_id, account, received.file))
        finally:
            if not place.is_taken:
                received.file.close()
    return await find_upload(engine, account, upload_uuid)


def _clean(name: str) -> str:
    return "".join(filter(str.isprintable, name))[:MAX_NAME]
