"""Reading uploads beside the requests: a few at a time, the rest waits, and both are bounded."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.sheet_errors import SheetError
from services.api.domain.upload_errors import AccountUploadsBusyError, UploadsBusyError
from services.api.operations.account_places import AccountPlaces
from services.api.sheets.reading import SheetReading, reading_sheet
from services.api.storage import uploads
from services.api.storage.accounts import Account
from shared.storage.engine import STORE_ERRORS

INTERRUPTED = "interrupted"
INTERRUPTED_MESSAGE = "The reading of the file was interrupted: upload it again."
INTERNAL_ERROR = "internal_error"
INTERNAL_ERROR_MESSAGE = "The file could not be read for a fault of ours: upload it again."
# Without a sign of life for that long, whoever had an upload under way is taken for dead.
SILENCE = timedelta(seconds=60)
SIGN_OF_LIFE_S = 15.0
KEPT_FOR = timedelta(days=7)
PURGE_INTERVAL_S = 3_600.0
LAST_WORDS_S = 5.0

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PendingUpload:
    """A stored upload whose file is yet to be read, and which then is to be closed."""

    id: int
    account: Account
    file: IO[bytes] = field(repr=False)


class UploadPlace:
    """A place among the uploads under way, held from before the file comes in."""

    def __init__(self, take: Callable[["PendingUpload"], None]) -> None:
        self._take = take
        self.is_taken = False

    def take(self, upload: PendingUpload) -> None:
        """Let the file be read when its turn comes; the place is given back after that."""
        self._take(upload)
        self.is_taken = True


class UploadReader:
    """What reads uploads in one API process.

    Args:
        engine: The database.
        concurrency: Files read at a time.
        max_waiting: Files that may wait or come in besides.
        max_per_account: Of all these, files of one account, so that others find a place.
    """

    def __init__(
        self, engine: AsyncEngine, *, concurrency: int, max_waiting: int, max_per_account: int
    ) -> None:
        self._engine = engine
        self._concurrency = concurrency
        self._places = AccountPlaces(
            concurrency + max_waiting,
            per_account=max_per_account,
            when_full=UploadsBusyError,
            when_account_full=AccountUploadsBusyError,
        )
        self._pending: asyncio.Queue[PendingUpload] = asyncio.Queue()
        self._alive_ids: set[int] = set()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read what comes in, and to delete what is past keeping."""
        self._running = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        """Stop; what was not read by then is noted as interrupted."""
        if self._running is None:
            return
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running
        while not self._pending.empty():
            upload = self._pending.get_nowait()
            upload.file.close()
            await self._fail(upload.id, INTERRUPTED, INTERRUPTED_MESSAGE)

    @contextmanager
    def place(self, account_id: int) -> Iterator[UploadPlace]:
        """Hold a place for an upload of an account.

        Yields:
            The place; it is given back with the context unless the upload takes it.

        Raises:
            UploadsBusyError: There is none.
            AccountUploadsBusyError: There is none for this account.
        """
        self._places.hold(account_id)
        place = UploadPlace(self._put)
        try:
            yield place
        finally:
            if not place.is_taken:
                self._places.free(account_id)

    def _put(self, upload: PendingUpload) -> None:
        self._alive_ids.add(upload.id)
        self._pending.put_nowait(upload)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._concurrency):
                tasks.create_task(self._read_all())
            tasks.create_task(self._give_signs_of_life())
            tasks.create_task(self._purge())

    async def _read_all(self) -> None:
        while True:
            upload = await self._pending.get()
            try:
                await self._read(upload)
            finally:
                upload.file.close()
                self._alive_ids.discard(upload.id)
                self._places.free(upload.account.id)

    async def _read(self, upload: PendingUpload) -> None:
        try:
            async with self._engine.begin() as connection:
                if not await uploads.begin_reading(connection, upload.id):
                    return
            async with reading_sheet(upload.file, upload.account.number_rules) as sheet:
                is_whole = await self._store(upload.id, sheet)
            if is_whole:
                async with self._engine.begin() as connection:
                    await uploads.finish_upload(connection, upload.id)
        except SheetError as error:
            await self._fail(upload.id, error.fault.value, str(error), error.row)
        except asyncio.CancelledError:
            await asyncio.shield(self._fail(upload.id, INTERRUPTED, INTERRUPTED_MESSAGE))
            raise
        except Exception as error:  # noqa: BLE001 -- the edge of a task that must go on
            LOGGER.error("upload %d failed: %s", upload.id, type(error).__name__)  # noqa: TRY400
            await self._fail(upload.id, INTERNAL_ERROR, INTERNAL_ERROR_MESSAGE)

    async def _store(self, upload_id: int, sheet: SheetReading) -> bool:
        """Store a sheet batch by batch; False as soon as the upload has been deleted."""
        async with self._engine.begin() as connection:
            if not await uploads.set_header(connection, upload_id, sheet.header, sheet.warnings):
                return False
        async for batch in sheet.batches:
            async with self._engine.begin() as connection:
                is_there = await uploads.add_rows(
                    connection, upload_id, batch.rows, octets_read=batch.octets_read
                )
            if not is_there:
                return False
        return True

    async def _fail(self, upload_id: int, code: str, error: str, row: int | None = None) -> None:
        # Where it cannot be noted, the missing signs of life will tell.
        with suppress(*STORE_ERRORS, TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S), self._engine.begin() as connection:
                await uploads.fail_upload(
                    connection, upload_id, code=code, error=error, error_row=row
                )

    async def _give_signs_of_life(self) -> None:
        while True:
            await asyncio.sleep(SIGN_OF_LIFE_S)
            if self._alive_ids:
                with suppress(*STORE_ERRORS):
                    async with self._engine.begin() as connection:
                        await uploads.say_alive(connection, sorted(self._alive_ids))

    async def _purge(self) -> None:
        while True:
            with suppress(*STORE_ERRORS):
                await purge_uploads(self._engine)
            await asyncio.sleep(PURGE_INTERVAL_S)


async def purge_uploads(engine: AsyncEngine) -> int:
    """Delete every upload that is past keeping; return how many there were."""
    deleted_count = 0
    while True:
        async with engine.begin() as connection:
            if not await uploads.delete_old_upload(connection, age=KEPT_FOR):
                return deleted_count
        deleted_count += 1
