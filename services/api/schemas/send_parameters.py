"""The parameters of a send, as they are read and documented."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from services.api.domain.link_shape import LinkShape
from services.api.domain.schedule_times import MAX_AHEAD
from services.api.schemas.file_bodies import FILE_FIELD, MULTIPART
from services.api.schemas.reading import JSON, XML
from shared.domain.consent import Category
from shared.domain.segments import Encoding

MAX_IDEMPOTENCY_KEY = 255
MAX_TITLE = 200
QUICK_METHODS = ("quick", "simpleMsg", "simple")
BULK_METHODS = ("bulkupload", "excelMsg", "bulk")
GROUP_METHODS = ("group", "groupMsg")
SEND_METHODS = QUICK_METHODS + BULK_METHODS + GROUP_METHODS
OUTPUTS = ("json", "plain", "xml")
# None: by the text. `text` promises GSM-7, so another character is an error and no mojibake.
MESSAGE_TYPES: Mapping[str, Encoding | None] = MappingProxyType(
    {"dynamic": None, "text": Encoding.GSM_7, "unicode": Encoding.UCS_2, "flash": None}
)


@dataclass(frozen=True, slots=True)
class SendParameter:
    """One documented parameter of a send.

    Attributes:
        only_in: The content types of the bodies that can hold it; None: those and the query.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    example: Any = None
    only_in: frozenset[str] | None = None


_TEXT: Mapping[str, Any] = {"type": "string"}
_BOOLEAN: Mapping[str, Any] = {"type": "boolean"}

SEND_PARAMETERS = (
    SendParameter(
        "mobile",
        "Numbers with country code, separated by commas, semicolons or new lines; in JSON also a "
        "list. A national number gets the account's default country.",
        {"oneOf": [_TEXT, {"type": "array", "items": _TEXT}]},
        "919876543210,919876543211",
    ),
    SendParameter(
        "msg",
        "The text. With trackLink=true its last URL becomes a short link of each recipient's own.",
        _TEXT,
        "Sale ends tonight: https://shop.example.com/sale. Reply STOP to end",
    ),
    SendParameter(
        "sms",
        "Instead of mobile, in JSON and XML: messages of their own, each with its mobile (one or "
        "a list) and its msg, or with the columns that fill {placeholders} of the send's msg. In "
        "a link, values are percent-encoded.",
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "mobile": {"oneOf": [_TEXT, {"type": "array", "items": _TEXT}]},
                    "msg": _TEXT,
                },
                "required": ["mobile"],
                "additionalProperties": {"type": ["string", "number"]},
            },
        },
        only_in=frozenset({JSON, XML}),
    ),
    SendParameter(
        FILE_FIELD,
        "Instead of mobile: csv, txt or xlsx, as /uploads has it; its columns fill {placeholders} "
        "of msg.",
        {"type": "string", "format": "binary"},
        only_in=frozenset({MULTIPART}),
    ),
    SendParameter(
        "upload",
        "Instead of mobile: the id of an upload that is ready; its columns fill {placeholders} "
        "of msg.",
        {"type": "string", "format": "uuid"},
    ),
    SendParameter(
        "group",
        "Instead of mobile: names or ids of contact groups, separated by commas; each number gets "
        "the text once, and contacts' columns fill {placeholders} of msg.",
        _TEXT,
    ),
    SendParameter("trackLink", "Replace the last URL by a tracked link.", _BOOLEAN, example=True),
    SendParameter(
        "appendHttp",
        "Put https:// in front of the short link (default true).",
        _BOOLEAN,
        example=True,
    ),
    SendParameter(
        "linkShape",
        "token for https://tx1.in/SAlhjS; header for https://tx1.in/SENDER/SAlhjS, which India's "
        "operators want of commercial SMS. Default: the sender ID's or the account's setting.",
        {"type": "string", "enum": [shape.value for shape in LinkShape]},
    ),
    SendParameter(
        "smartEncoding",
        "Replace typographic quotes, dashes, dots and spaces by plain ones where the message can "
        "then go as GSM-7. Default: the account's setting.",
        _BOOLEAN,
    ),
    SendParameter("senderId", "A registered sender ID; default: the account's first.", _TEXT),
    SendParameter(
        "msgType",
        "dynamic chooses the encoding by the text; text insists on GSM-7; unicode on UCS-2.",
        {"type": "string", "enum": list(MESSAGE_TYPES), "default": "dynamic"},
    ),
    SendParameter(
        "scheduleTime",
        "When to send: YYYY-MM-DD HH:MM[:SS] in the account's time zone, or ISO 8601 with its "
        f"offset; up to {MAX_AHEAD.days} days ahead. Default: at once.",
        _TEXT,
        "2026-12-31 18:30",
    ),
    SendParameter("smartLinkTitle", "The campaign's title in reports.", _TEXT, "Diwali sale"),
    SendParameter(
        "category",
        "marketing goes to nobody who opted out; transactional, for what the recipient asked for "
        "or has to know, goes to all. Misused, it breaks the law in most countries.",
        {
            "type": "string",
            "enum": [category.value for category in Category],
            "default": Category.MARKETING.value,
        },
    ),
    SendParameter("duplicateCheck", "Drop repeated numbers of this request.", _BOOLEAN),
    SendParameter(
        "test",
        "Dry run: check everything, store and send nothing; the answer has a preflight.",
        _BOOLEAN,
    ),
    SendParameter("testMessage", "The same as test.", _BOOLEAN),
    SendParameter(
        "agreedSegments",
        "The most that the send may take: the totalSegments of a dry run that somebody looked at. "
        "If it has come to more meanwhile, it is refused whole (409 more_than_agreed). A dry run "
        "is not.",
        {"type": "integer", "minimum": 0},
        2,
    ),
    SendParameter(
        "sendMethod",
        "quick, bulkupload with an upload or a form's file, or group with a group.",
        {"type": "string", "enum": list(SEND_METHODS)},
    ),
    SendParameter("dltEntityId", "India: the DLT entity id, digits.", _TEXT),
    SendParameter("dltTemplateId", "India: the DLT template id, digits.", _TEXT),
    SendParameter("output", "Form of the answer.", {"type": "string", "enum": list(OUTPUTS)}),
    SendParameter("format", "The same as output.", {"type": "string", "enum": list(OUTPUTS)}),
    SendParameter(
        "idempotencyKey",
        "A repeat with the same key within 24 hours is answered with the first answer; also as "
        "the header Idempotency-Key.",
        {"type": "string", "maxLength": MAX_IDEMPOTENCY_KEY},
    ),
    SendParameter("userId", "With password, instead of an API key.", _TEXT),
    SendParameter("password", "See userId. An API key in a header is safer.", _TEXT),
)
# Known to the trade and not served yet: to ignore them would send something else than asked.
UNSUPPORTED = (SendParameter("link", "Not supported yet.", _TEXT),)
