"""Read all that an account keeps of one number, section by section, a page at a time.

Each page is a transaction of its own, so that a slow reader holds no connection.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.authors import Author
from services.api.operations.read_reports import LinkedRow, with_block_links
from services.api.storage import number_exports
from services.api.storage.accounts import Account
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.reports import Row, token_keys
from services.api.storage.suppressions import Suppression, find_suppression
from shared.domain.erasing import masked_number

PAGE_ROWS = 500
Find = Callable[[int], Awaitable[list[Row]]]


@dataclass(frozen=True, slots=True)
class NumberExport:
    """What is kept of one number of an account."""

    engine: AsyncEngine
    account: Account
    msisdn: int
    page_rows: int = PAGE_ROWS

    async def note(self, author: Author) -> None:
        """Note in the audit trail that somebody takes it."""
        entry = AuditEntry("recipient.export", masked_number(self.msisdn), None, {})
        async with self.engine.begin() as connection:
            await add_entry(connection, self.account.id, author, entry)

    async def messages(self) -> AsyncIterator[LinkedRow]:
        """Yield the messages to it with their links, newest first."""
        before, page = number_exports.NEWEST, True
        while page:
            async with self.engine.connect() as connection:
                rows = await number_exports.list_messages(
                    connection,
                    self.account.id,
                    self.msisdn,
                    before=before,
                    row_limit=self.page_rows,
                )
                keys = await token_keys(connection)
            for row in rows:
                (linked,) = with_block_links(row, [row], keys)
                yield linked
                before = row["campaign_id"], row["position"]
            page = len(rows) == self.page_rows

    async def visits(self) -> AsyncIterator[tuple[Row, Row]]:
        """Yield the visits on its links, each behind the message that it is of."""
        async for linked in self.messages():
            message = linked.row
            if message["hit_count"]:
                async for visit in self._visits_of(message):
                    yield message, visit

    async def _visits_of(self, message: Row) -> AsyncIterator[Row]:
        place, page = number_exports.FIRST_HIT, True
        # What is let go of may not be deleted yet.
        place = (message["hits_kept_from"] or place[0], *place[1:])
        while page:
            async with self.engine.connect() as connection:
                rows = await number_exports.list_visits(
                    connection,
                    self.account.id,
                    (message["campaign_id"], message["position"]),
                    after=place,
                    row_limit=self.page_rows,
                )
            for row in rows:
                yield row
                place = row["occurred_at"], row["journal_id"], row["journal_offset"]
            page = len(rows) == self.page_rows

    async def opt_out(self) -> Suppression | None:
        """Return its opt-out; None if it has not opted out."""
        async with self.engine.connect() as connection:
            return await find_suppression(connection, self.account.id, self.msisdn)

    async def contacts(self) -> AsyncIterator[Row]:
        """Yield what contact groups have of it."""

        async def find(after: int) -> list[Row]:
            async with self.engine.connect() as connection:
                return await number_exports.list_contacts(
                    connection,
                    self.account.id,
                    self.msisdn,
                    after=after,
                    row_limit=self.page_rows,
                )

        async for row in self._paged(find, "id"):
            if row["columns"] is not None:
                yield row

    async def upload_rows(self) -> AsyncIterator[tuple[Row, Row]]:
        """Yield its rows of uploads, each behind the upload that it is of."""
        async for upload in self._paged(self._uploads, "id"):
            find = self._rows_of(upload["id"])
            async for row in self._paged(find, "position", first=-1):
                yield upload, row

    async def sandbox_messages(self) -> AsyncIterator[Row]:
        """Yield what the sandbox's phone has of it."""

        async def find(after: int) -> list[Row]:
            async with self.engine.connect() as connection:
                return await number_exports.list_sandbox_messages(
                    connection,
                    self.account.id,
                    self.msisdn,
                    after=after,
                    row_limit=self.page_rows,
                )

        async for row in self._paged(find, "id"):
            yield row

    async def webhook_deliveries(self) -> AsyncIterator[Row]:
        """Yield the deliveries to webhooks that are about it, as far as they are kept."""

        async def find(after: int) -> list[Row]:
            async with self.engine.connect() as connection:
                return list(
                    await number_exports.list_deliveries(
                        connection,
                        self.account.id,
                        self.msisdn,
                        after=after,
                        row_limit=self.page_rows,
                    )
                )

        async for row in self._paged(find, "id"):
            if row["is_about"]:
                yield row

    async def _uploads(self, after: int) -> list[Row]:
        async with self.engine.connect() as connection:
            return await number_exports.list_uploads(
                connection, self.account.id, after=after, row_limit=self.page_rows
            )

    def _rows_of(self, upload_id: int) -> Find:
        async def find(after: int) -> list[Row]:
            async with self.engine.connect() as connection:
                return await number_exports.list_upload_rows(
                    connection,
                    self.account.id,
                    upload_id,
                    self.msisdn,
                    after=after,
                    row_limit=self.page_rows,
                )

        return find

    async def _paged(self, find: Find, key: str, *, first: int = 0) -> AsyncIterator[Row]:
        after, page = first, True
        while page:
            rows = await find(after)
            for row in rows:
                yield row
                after = row[key]
            page = len(rows) == self.page_rows
