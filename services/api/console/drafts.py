"""A send as it is being written: the form's fields, and the send that they ask for."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from services.api.console.forms import Form
from services.api.domain.errors import InvalidValueError
from services.api.domain.sample_numbers import sample_mobile
from services.api.operations.send_values import SendCommand
from services.api.schemas.parameters import Parameters
from services.api.schemas.send import to_send_command
from services.api.schemas.send_parameters import MAX_TITLE
from shared.domain.consent import Category

Draft = Mapping[str, str]

NUMBERS, GROUP, UPLOAD = "numbers", "group", "upload"
LATER: Final = "later"
# Fields by the names that /send has for them, and some of the form's own.
EMPTY: Final[Draft] = {
    "to": NUMBERS,
    "mobile": "",
    "group": "",
    "upload": "",
    "duplicateCheck": "true",
    "senderId": "",
    "smartLinkTitle": "",
    "msg": "",
    "trackLink": "true",
    "appendHttp": "true",
    "category": Category.MARKETING.value,
    "dltEntityId": "",
    "dltTemplateId": "",
    "when": "",
    "scheduleTime": "",
    "testMobile": "",
}
# What a form says nothing of while they are off.
_SWITCHES: Final = ("duplicateCheck", "trackLink")
_AS_THEY_ARE: Final = (
    "senderId",
    "smartLinkTitle",
    "msg",
    "appendHttp",
    "category",
    "dltEntityId",
    "dltTemplateId",
    *_SWITCHES,
)
TEST_TITLE: Final = "Test: "


def to_draft(form: Form) -> Draft:
    """Return the fields of a form that somebody has filled in."""
    draft = {name: form.get(name, default) for name, default in EMPTY.items()}
    for name in _SWITCHES:
        draft[name] = "true" if form.get(name) == "true" else "false"
    # Browsers send a line end as two characters, of which each would cost.
    return draft | {"msg": draft["msg"].replace("\r\n", "\n")}


def to_command(draft: Draft) -> SendCommand:
    """Return the send that a form asks for.

    Raises:
        InvalidValueError: It is to go out later, and no time is given.
        DomainError: A field is missing or wrong; the error names it.
    """
    asked = {name: draft[name] for name in _AS_THEY_ARE}
    to = draft["to"] if draft["to"] in {GROUP, UPLOAD} else "mobile"
    asked[to] = draft[to]
    if to == "mobile":
        asked["sendMethod"] = "quick"
    else:
        asked["sendMethod"] = "group" if to == GROUP else "bulkupload"
    if draft["when"] == LATER:
        if not draft["scheduleTime"].strip():
            raise InvalidValueError("scheduleTime", "must be a day and a time")
        asked["scheduleTime"] = draft["scheduleTime"]
    return to_send_command(Parameters(asked), None)


def to_preview_command(draft: Draft, first: str, region: str) -> SendCommand:
    """Return the send to be looked at while its form is being filled in.

    Args:
        draft: The fields so far.
        first: The first number that it goes to, if that is known.
        region: Where the account is at home.

    Raises:
        DomainError: A field that a look needs is missing or wrong.
    """
    number = first if first.isascii() and first.isdigit() else ""
    known = {"mobile": number or sample_mobile(region), "when": ""}
    to = draft["to"] if uuid_of(draft, draft["to"]) else NUMBERS
    return to_command({**draft, **known, "to": to})


def to_test_command(draft: Draft) -> SendCommand:
    """Return the send whose text goes to somebody's own number.

    Raises:
        DomainError: A field is missing or wrong.
    """
    title = f"{TEST_TITLE}{draft['smartLinkTitle']}"[:MAX_TITLE]
    # Whom the send itself goes to may still be missing.
    own = {"mobile": draft["testMobile"], "smartLinkTitle": title, "when": ""}
    to = draft["to"] if uuid_of(draft, draft["to"]) else NUMBERS
    return to_command({**draft, **own, "to": to})


def uuid_of(draft: Draft, name: str) -> UUID | None:
    """Return the id that a field holds; None if it holds none."""
    if name not in {GROUP, UPLOAD}:
        return None
    try:
        return UUID(draft[name])
    except ValueError:
        return None
