"""Make, change, list and delete the contact groups of an account, and their contacts."""

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.authors import Author
from services.api.domain.contact_groups import (
    MAX_GROUPS,
    MAX_VALUE,
    VALUE_TOO_LONG,
    VALUE_TOO_LONG_MESSAGE,
    ContactColumns,
    GroupBusyError,
    GroupNameTakenError,
    TooManyContactsError,
    TooManyGroupsError,
    checked_name,
    folded_name,
    is_storable,
    kept_values,
)
from services.api.domain.errors import InvalidValueError, NotFoundError
from services.api.domain.sheets import SheetHeader, SheetRow
from services.api.operations.reading_imports import ImportTally
from services.api.sheets.reading import reading_sheet
from services.api.storage import contact_groups as storage
from services.api.storage.accounts import Account
from services.api.storage.audit import AuditEntry, Values, add_entry
from services.api.storage.contact_groups import Contact, ContactGroup
from services.api.storage.keys import lock_account
from shared.domain.msisdn import NumberRules, parse_msisdn
from shared.domain.number_rejections import InvalidMsisdnError

EXPORTED_AT_ONCE = 5_000
BEFORE_ALL = 0
_IN_VALUES = "\t\n\r"


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact as it is given: the number as written, and its columns."""

    mobile: str = field(repr=False)
    columns: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ImportedContacts:
    """What contacts came to.

    Attributes:
        group: As it is now.
        updated_count: Rows whose number the group had already, perhaps by an earlier row.
    """

    group: ContactGroup
    tally: ImportTally = field(repr=False)
    added_count: int
    updated_count: int


@dataclass(frozen=True, slots=True)
class GroupOrders:
    """Reads and changes the contact groups of an account.

    Attributes:
        author: Who does.
        max_contacts: Of one group: as many as one send may go to.
    """

    engine: AsyncEngine
    account: Account
    author: Author
    max_contacts: int

    async def add(self, name: str) -> ContactGroup:
        """Make a group.

        Raises:
            InvalidValueError: The name is none.
            GroupNameTakenError: Another has it.
            TooManyGroupsError: The account has as many as it may.
        """
        text = checked_name(name)
        async with self.engine.begin() as connection:
            await lock_account(connection, self.account.id)
            if await storage.count_groups(connection, self.account.id) >= MAX_GROUPS:
                raise TooManyGroupsError(MAX_GROUPS)
            group = await storage.add_group(
                connection, self.account.id, name=text, folded_name=folded_name(text)
            )
            if group is None:
                raise GroupNameTakenError(text)
            await self._note(connection, "group.create", group.uuid, None, {"name": text})
        return group

    async def newest(self, *, before: int, row_limit: int) -> list[ContactGroup]:
        """Return groups made before one, newest first."""
        async with self.engine.connect() as connection:
            return await storage.list_groups(
                connection, self.account.id, before_id=before, row_limit=row_limit
            )

    async def find(self, group_uuid: uuid.UUID) -> ContactGroup:
        """Return a group.

        Raises:
            NotFoundError: The account has no such group.
        """
        async with self.engine.connect() as connection:
            return await self._found(connection, group_uuid)

    async def rename(self, group_uuid: uuid.UUID, name: str) -> ContactGroup:
        """Give a group another name.

        Raises:
            InvalidValueError: The name is none.
            NotFoundError: The account has no such group.
            GroupNameTakenError: Another has the name.
            GroupBusyError: Another call is changing the group.
        """
        text = checked_name(name)
        async with self.engine.begin() as connection:
            await lock_account(connection, self.account.id)
            group = await self._locked(connection, group_uuid)
            is_renamed = await storage.rename_group(
                connection, self.account.id, group.id, name=text, folded_name=folded_name(text)
            )
            if not is_renamed:
                raise GroupNameTakenError(text)
            before, after = {"name": group.name}, {"name": text}
            await self._note(connection, "group.rename", group.uuid, before, after)
            return await self._found(connection, group_uuid)

    async def delete(self, group_uuid: uuid.UUID) -> None:
        """Delete a group and its contacts; what was sent to them stays.

        Raises:
            NotFoundError: The account has no such group.
            GroupBusyError: Another call is changing it.
        """
        async with self.engine.begin() as connection:
            group = await self._locked(connection, group_uuid)
            await storage.delete_group(connection, self.account.id, group.id)
            before = {"name": group.name, "contacts": group.contact_count}
            await self._note(connection, "group.delete", group.uuid, before, None)

    async def page(
        self, group_uuid: uuid.UUID, *, after: int | None, row_limit: int
    ) -> list[Contact]:
        """Return contacts of a group behind a number, in the order of numbers.

        Raises:
            NotFoundError: The account has no such group.
        """
        async with self.engine.connect() as connection:
            group = await self._found(connection, group_uuid)
            return await storage.list_contacts(
                connection,
                self.account.id,
                group.id,
                after_msisdn=BEFORE_ALL if after is None else after,
                row_limit=row_limit,
            )

    async def export(self, group_uuid: uuid.UUID) -> AsyncIterator[Sequence[Contact]]:
        """Yield all contacts of a group in the order of numbers, some at a time.

        Yields:
            At most ``EXPORTED_AT_ONCE`` of them.

        Raises:
            NotFoundError: The account has no such group, or no longer.
        """
        after = BEFORE_ALL
        while batch := await self.page(group_uuid, after=after, row_limit=EXPORTED_AT_ONCE):
            yield batch
            after = batch[-1].msisdn

    async def put(self, group_uuid: uuid.UUID, given: Sequence[NewContact]) -> ImportedContacts:
        """Add contacts to a group, or their columns to those that it has.

        Raises:
            NotFoundError: The account has no such group.
            GroupBusyError: Another call is changing it.
            InvalidValueError: A column's name or value cannot be kept.
            TooManyContactsError: The group would hold too many.
        """
        async with self.engine.begin() as connection:
            filling = _Filling(connection, self, await self._locked(connection, group_uuid))
            await filling.put(filling.read(given))
            return await filling.finish("group.add")

    async def remove(self, group_uuid: uuid.UUID, number: str) -> None:
        """Take a contact out of a group.

        Raises:
            InvalidValueError: It is no number.
            NotFoundError: The account has no such group, or the group no such contact.
            GroupBusyError: Another call is changing the group.
        """
        try:
            msisdn = parse_msisdn(number, _any_number(self.account))
        except InvalidMsisdnError as error:
            wanted = f"cannot be read: {error.reason.message}"
            raise InvalidValueError("msisdn", wanted) from error
        async with self.engine.begin() as connection:
            group = await self._locked(connection, group_uuid)
            if not await storage.remove_contact(connection, self.account.id, group.id, msisdn):
                raise NotFoundError("contact")
            count = group.contact_count - 1
            await storage.set_contents(
                connection,
                self.account.id,
                group.id,
                columns=group.columns,
                contact_count=count,
            )
            before, after = {"contacts": group.contact_count}, {"contacts": count}
            await self._note(connection, "group.remove", group.uuid, before, after)

    async def import_file(
        self, group_uuid: uuid.UUID, file: IO[bytes], *, replaces: bool
    ) -> ImportedContacts:
        """Add the contacts of a csv, txt or xlsx file to a group, all or none.

        Args:
            group_uuid: The group.
            file: On disk, with a column of numbers; the caller closes it.
            replaces: Whether they take the place of those that the group has.

        Raises:
            NotFoundError: The account has no such group.
            GroupBusyError: Another call is changing it.
            SheetError: The file is refused.
            InvalidValueError: A column's name cannot be kept, or they are too many.
            TooManyContactsError: The group would hold too many.
        """
        async with (
            reading_sheet(file, self.account.number_rules) as sheet,
            self.engine.begin() as connection,
        ):
            filling = _Filling(connection, self, await self._locked(connection, group_uuid))
            if replaces:
                await filling.empty()
            places = filling.places_of(sheet.header)
            async for batch in sheet.batches:
                await filling.put(filling.read_rows(places, batch.rows))
            return await filling.finish("group.replace" if replaces else "group.merge")

    async def _found(self, connection: AsyncConnection, group_uuid: uuid.UUID) -> ContactGroup:
        group = await storage.find_group(connection, self.account.id, group_uuid)
        if group is None:
            raise NotFoundError("contact group")
        return group

    async def _locked(self, connection: AsyncConnection, group_uuid: uuid.UUID) -> ContactGroup:
        group = await storage.lock_group(connection, self.account.id, group_uuid)
        if group is None:
            await self._found(connection, group_uuid)
            raise GroupBusyError
        return group

    async def _note(
        self,
        connection: AsyncConnection,
        action: str,
        subject: uuid.UUID,
        before: Values | None,
        after: Values | None,
    ) -> None:
        entry = AuditEntry(action, str(subject), before, after)
        await add_entry(connection, self.account.id, self.author, entry)

    async def settle(
        self, connection: AsyncConnection, group: ContactGroup, action: str, counts: Values
    ) -> ContactGroup:
        """Note what a group has become, and by whom; return it as it is now."""
        await self._note(connection, action, group.uuid, {"contacts": group.contact_count}, counts)
        return await self._found(connection, group.uuid)


class _Filling:
    """One run of contacts into a group that is locked."""

    def __init__(
        self, connection: AsyncConnection, orders: GroupOrders, group: ContactGroup
    ) -> None:
        self._connection = connection
        self._orders = orders
        self._account = orders.account
        self._group = group
        self._columns = ContactColumns(group.columns)
        self._first_count = group.contact_count
        self._tally = ImportTally()
        self._added = 0
        self._put = 0

    async def empty(self) -> None:
        """Delete what the group holds."""
        await storage.delete_contacts(self._connection, self._account.id, self._group.id)
        self._columns, self._first_count = ContactColumns(), 0

    def places_of(self, header: SheetHeader) -> dict[int, str]:
        """Return the group's name of each column of a file that is not the number's."""
        return {
            place: self._columns.add(name)
            for place, name in enumerate(header.columns)
            if place != header.mobile_column
        }

    def read_rows(self, places: Mapping[int, str], rows: Sequence[SheetRow]) -> list[Contact]:
        """Return the contacts of some rows of a file."""
        names, contacts = list(places.values()), []
        for row in rows:
            msisdn = self._tally.number_of(row)
            if msisdn is None:
                continue
            columns = kept_values(names, [row.cells[place] for place in places])
            if columns is None:
                self._tally.reject(
                    row.row_number, row.mobile, VALUE_TOO_LONG, VALUE_TOO_LONG_MESSAGE
                )
            else:
                contacts.append(Contact(msisdn, columns))
        return contacts

    def read(self, given: Sequence[NewContact]) -> list[Contact]:
        """Return contacts that were listed.

        Raises:
            InvalidValueError: A column's name or value cannot be kept.
        """
        contacts = []
        for place, each in enumerate(given, start=1):
            self._tally.row_count += 1
            names = [self._columns.add(name) for name in each.columns]
            columns = kept_values(names, list(each.columns.values()))
            if columns is None:
                wanted = f"must hold at most {MAX_VALUE} characters each: contact {place}"
                raise InvalidValueError("columns", wanted)
            if not all(is_storable(value, allowed=_IN_VALUES) for value in columns.values()):
                wanted = f"must hold no control characters: contact {place}"
                raise InvalidValueError("columns", wanted)
            try:
                msisdn = parse_msisdn(each.mobile, self._account.number_rules)
            except InvalidMsisdnError as error:
                reason = error.reason
                self._tally.reject(place, each.mobile[:64], reason.value, reason.message)
            else:
                contacts.append(Contact(msisdn, columns))
        return contacts

    async def put(self, contacts: Sequence[Contact]) -> None:
        """Store contacts, of a number that comes twice what came later.

        Raises:
            TooManyContactsError: The group would hold too many.
        """
        merged: dict[int, dict[str, str]] = {}
        for contact in contacts:
            merged.setdefault(contact.msisdn, {}).update(contact.columns)
        added = await storage.put_contacts(
            self._connection,
            self._account.id,
            self._group.id,
            [Contact(msisdn, columns) for msisdn, columns in merged.items()],
        )
        self._added += added
        self._put += len(contacts)
        if self._first_count + self._added > self._orders.max_contacts:
            raise TooManyContactsError(self._orders.max_contacts)

    async def finish(self, action: str) -> ImportedContacts:
        """Note what the group holds now."""
        count = self._first_count + self._added
        await storage.set_contents(
            self._connection,
            self._account.id,
            self._group.id,
            columns=self._columns.names,
            contact_count=count,
        )
        group = await self._orders.settle(
            self._connection,
            self._group,
            action,
            {
                "contacts": count,
                "rows": self._tally.row_count,
                "added": self._added,
                "rejected": self._tally.rejected_count,
            },
        )
        return ImportedContacts(group, self._tally, self._added, self._put - self._added)


def _any_number(account: Account) -> NumberRules:
    # What came in under other rules must be found under those of today.
    return NumberRules(
        default_region=account.default_region, allow_landlines=True, allow_short_codes=True
    )
