"""Contact groups as they go over the wire."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, JsonValue

from services.api.domain.contact_groups import MAX_COLUMNS, MAX_NAME, MAX_VALUE
from services.api.operations.manage_groups import ImportedContacts, NewContact
from services.api.schemas.imports import RejectedRowReport, to_rejected_rows
from services.api.schemas.json_bodies import JsonBody
from services.api.schemas.reports import Report
from services.api.storage.contact_groups import Contact, ContactGroup

MAX_GIVEN = 1_000
GIVEN_OCTETS = 1 << 20
EXAMPLE: dict[str, JsonValue] = {
    "id": "6a3f1c52-8f0e-4f0f-9d55-3f5b8f1f7f10",
    "name": "Customers",
    "contacts": 2,
    "columns": ["Name", "City"],
    "created_at": "2026-11-25T22:20:09+05:30",
}
CONTACT_EXAMPLE: dict[str, JsonValue] = {
    "mobile": "919876543210",
    "columns": {"Name": "Asha", "City": "Pune"},
}
CSV_EXAMPLE = "mobile,Name,City\r\n'+919876543210,Asha,Pune\r\n"

Name = Annotated[
    str, Field(max_length=MAX_NAME * 4, description="One that no other group has, in any case")
]


class NewGroup(JsonBody):
    """A contact group to be made, or its new name."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "Customers"}})

    name: Name


class GivenContact(JsonBody):
    """A contact to be added."""

    mobile: Annotated[str, Field(max_length=100)]
    columns: dict[str, Annotated[str, Field(max_length=MAX_VALUE)]] = Field(
        default={}, max_length=MAX_COLUMNS, description="What fills {placeholders}"
    )


class NewContacts(JsonBody):
    """Contacts to be added."""

    model_config = ConfigDict(json_schema_extra={"example": {"contacts": [CONTACT_EXAMPLE]}})

    contacts: list[GivenContact] = Field(
        min_length=1, max_length=MAX_GIVEN, description=f"1 to {MAX_GIVEN} contacts", repr=False
    )

    def to_contacts(self) -> list[NewContact]:
        """Return them in our own terms."""
        return [NewContact(each.mobile, each.columns) for each in self.contacts]


class GroupReport(Report):
    """A contact group."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": EXAMPLE})

    id: UUID
    name: str
    contacts: int
    columns: list[str] = Field(description="All that its contacts have")
    created_at: datetime


class GroupPage(Report):
    """A page of contact groups, newest first."""

    groups: list[GroupReport]
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null: none")


class ContactReport(Report):
    """A contact."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": CONTACT_EXAMPLE})

    mobile: str
    columns: dict[str, str] = Field(description="Those that are not blank")


class ContactPage(Report):
    """A page of contacts, in the order of numbers."""

    contacts: list[ContactReport]
    next_cursor: str | None


class ContactsReport(Report):
    """What contacts that were given came to."""

    group: GroupReport
    rows: int = Field(examples=[4])
    added: int = Field(description="Numbers that the group did not have", examples=[2])
    updated: int = Field(
        description="Rows whose number it had already, perhaps by an earlier row", examples=[1]
    )
    rejected: int = Field(examples=[1])
    rejected_rows: list[RejectedRowReport] = Field(description="The first 100 of them")


def to_group_report(group: ContactGroup, zone: ZoneInfo) -> GroupReport:
    """Turn a group into its report."""
    return GroupReport(
        id=group.uuid,
        name=group.name,
        contacts=group.contact_count,
        columns=list(group.columns),
        created_at=group.created_at.astimezone(zone),
    )


def to_contact_report(contact: Contact) -> ContactReport:
    """Turn a contact into its report."""
    return ContactReport(mobile=str(contact.msisdn), columns=dict(contact.columns))


def to_contacts_report(imported: ImportedContacts, zone: ZoneInfo) -> ContactsReport:
    """Turn what contacts came to into its report."""
    return ContactsReport(
        group=to_group_report(imported.group, zone),
        rows=imported.tally.row_count,
        added=imported.added_count,
        updated=imported.updated_count,
        rejected=imported.tally.rejected_count,
        rejected_rows=to_rejected_rows(imported.tally),
    )


def contact_values(contact: Contact, columns: Sequence[str]) -> Mapping[str, object]:
    """Return a contact as a row of a table with these columns."""
    return {
        "mobile": str(contact.msisdn),
        **{name: contact.columns.get(name, "") for name in columns},
    }
