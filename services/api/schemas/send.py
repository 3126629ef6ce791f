"""The parameters of a send, and its answer."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import IO, Any
from zoneinfo import ZoneInfo

from services.api.domain.composing import PersonalRow
from services.api.domain.errors import (
    InvalidValueError,
    MissingFieldError,
    UnsupportedParameterError,
)
from services.api.domain.link_shape import LinkShape
from services.api.operations.send_values import Accepted, SendCommand
from services.api.schemas.parameters import Parameters
from services.api.schemas.personal_rows import to_personal_rows
from services.api.schemas.preflight import preflight_answer
from shared.domain.segments import Encoding

MAX_IDEMPOTENCY_KEY = 255
MAX_TITLE = 200
QUICK_METHODS = ("quick", "simpleMsg", "simple")
BULK_METHODS = ("bulkupload", "excelMsg", "bulk")
SEND_METHODS = QUICK_METHODS + BULK_METHODS
OUTPUTS = ("json", "plain", "xml")
# None: by the text. `text` promises GSM-7, so another character is an error and no mojibake.
MESSAGE_TYPES: Mapping[str, Encoding | None] = MappingProxyType(
    {"dynamic": None, "text": Encoding.GSM_7, "unicode": Encoding.UCS_2, "flash": None}
)


@dataclass(frozen=True, slots=True)
class SendParameter:
    """One documented parameter of a send."""

    name: str
    description: str
    schema: Mapping[str, Any]
    example: Any = None
    is_required: bool = False


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
    ),
    SendParameter(
        "upload",
        "Instead of mobile: the id of an upload that is ready; its columns fill {placeholders} "
        "of msg.",
        {"type": "string", "format": "uuid"},
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
    SendParameter("smartLinkTitle", "The campaign's title in reports.", _TEXT, "Diwali sale"),
    SendParameter("duplicateCheck", "Drop repeated numbers of this request.", _BOOLEAN),
    SendParameter(
        "test",
        "Dry run: check everything, store and send nothing; the answer has a preflight.",
        _BOOLEAN,
    ),
    SendParameter("testMessage", "The same as test.", _BOOLEAN),
    SendParameter(
        "sendMethod",
        "quick, or bulkupload with an upload or a form's file.",
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
UNSUPPORTED = tuple(
    SendParameter(name, "Not supported yet.", _TEXT)
    for name in ("group", "file", "scheduleTime", "link")
)


def to_send_command(
    parameters: Parameters, idempotency_header: str | None, file: IO[bytes] | None = None
) -> SendCommand:
    """Read a send out of its parameters.

    Args:
        parameters: What was sent.
        idempotency_header: ``Idempotency-Key``.
        file: What came in a form's field ``file``.

    Raises:
        MissingFieldError: There is no number or no text.
        UnsupportedParameterError: It asks for what is not served yet.
        DomainError: Another parameter is wrong; the error names it.
    """
    for parameter in UNSUPPORTED:
        if parameter.name in parameters:
            raise UnsupportedParameterError(parameter.name)
    message_type = parameters.choice("msgType", MESSAGE_TYPES, "dynamic")
    shape = parameters.choice("linkShape", ["", *LinkShape], "")
    recipients = _recipients(parameters, file)
    body = parameters.text("msg")
    if recipients.mobiles and not body.strip():
        raise MissingFieldError("msg", "the text to send")
    return SendCommand(
        mobiles=recipients.mobiles,
        body=body if body.strip() else None,
        rows=recipients.rows,
        upload_id=recipients.upload_id,
        file=recipients.file,
        file_sha256=_sha256(recipients.file) if recipients.file else None,
        title=_bounded(parameters, "smartLinkTitle", MAX_TITLE),
        sender_id=parameters.text("senderId").strip(),
        track_link=parameters.boolean("trackLink"),
        append_http=parameters.boolean("appendHttp", default=True),
        link_shape=LinkShape(shape) if shape else None,
        encoding=MESSAGE_TYPES[message_type],
        is_smart=_choice_of_smart(parameters),
        is_flash=message_type == "flash",
        drop_duplicates=parameters.boolean("duplicateCheck"),
        is_dry_run=parameters.boolean("test") or parameters.boolean("testMessage"),
        idempotency_key=_idempotency_key(parameters, idempotency_header),
        dlt_entity_id=parameters.digits("dltEntityId"),
        dlt_template_id=parameters.digits("dltTemplateId"),
    )


@dataclass(frozen=True, slots=True, repr=False)
class _Asked:
    """Whom a send goes to; exactly one of the four is there."""

    mobiles: str | list[str] = ""
    rows: list[PersonalRow] | None = None
    upload_id: uuid.UUID | None = None
    file: IO[bytes] | None = None


def _recipients(parameters: Parameters, file: IO[bytes] | None) -> _Asked:
    """Read whom a send goes to.

    Raises:
        MissingFieldError: It does not say.
        InvalidValueError: It says so twice, or wrongly.
    """
    method = parameters.choice("sendMethod", SEND_METHODS, "quick")
    given = [name for name in ("mobile", "sms", "upload") if name in parameters]
    given += ["file"] if file is not None else []
    if len(given) > 1:
        raise InvalidValueError(given[1], f"and {given[0]} exclude each other: send one of them")
    if given == ["sms"]:
        return _Asked(rows=to_personal_rows(parameters.objects("sms")))
    if given == ["upload"]:
        return _Asked(upload_id=_uuid("upload", parameters.text("upload").strip()))
    if file is not None:
        return _Asked(file=file)
    if method in BULK_METHODS:
        wanted = "in multipart/form-data, or upload, the id that POST /uploads answered"
        raise MissingFieldError("file", wanted)
    mobiles = parameters.texts("mobile")
    if not (mobiles if isinstance(mobiles, list) else mobiles.strip()):
        raise MissingFieldError("mobile", "at least one number with country code")
    return _Asked(mobiles=mobiles)


def _choice_of_smart(parameters: Parameters) -> bool | None:
    is_given = bool(parameters.text("smartEncoding").strip())
    return parameters.boolean("smartEncoding") if is_given else None


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _uuid(name: str, text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        wanted = "must be a UUID such as 0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
        raise InvalidValueError(name, wanted) from None


def _bounded(parameters: Parameters, name: str, limit: int) -> str:
    value = parameters.text(name).strip()
    if len(value) > limit:
        raise InvalidValueError(name, f"must be at most {limit} characters long")
    return value


def _idempotency_key(parameters: Parameters, header: str | None) -> str | None:
    key = _bounded(parameters, "idempotencyKey", MAX_IDEMPOTENCY_KEY)
    other = _bounded(Parameters({"idempotencyKey": header}), "idempotencyKey", MAX_IDEMPOTENCY_KEY)
    if key and other and key != other:
        raise InvalidValueError(
            "idempotencyKey", "is not what the header Idempotency-Key says: send one of them"
        )
    return key or other or None


def trade_answer(accepted: Accepted, zone: ZoneInfo) -> dict[str, str]:
    """Return the answer with exactly the keys that old clients know, every value a text."""
    local = datetime.fromisoformat(accepted.accepted_at).astimezone(zone)
    return {
        "status": "success",
        "mobile": accepted.mobiles,
        # A row without a number is rejected, too.
        "invalidMobile": ",".join(each.mobile for each in accepted.rejected if each.mobile),
        "transactionId": str(accepted.transaction_id or ""),
        "statusCode": "200",
        "reason": "success",
        "msgId": "",
        "requestTime": local.strftime("%Y-%m-%d %H:%M:%S"),
    }


def native_answer(accepted: Accepted, zone: ZoneInfo) -> dict[str, Any]:
    """Return the answer of /send: the old keys, and typed ones beside them.

    A dry run makes no campaign, so what would name it is null.
    """
    link = None
    if accepted.sample_link is not None:
        link = {"destination": accepted.destination, "sample": accepted.sample_link}
    return trade_answer(accepted, zone) | {
        "transactionId": accepted.transaction_id and str(accepted.transaction_id),
        "uuid": accepted.uuid,
        "recipients": accepted.recipient_count,
        "duplicates": accepted.duplicate_count,
        "rejected": [
            {"mobile": r.mobile, "reason": r.reason, "message": r.message}
            for r in accepted.rejected
        ],
        "rejectedCount": accepted.rejected_count,
        "encoding": accepted.encoding,
        "segments": accepted.segment_count,
        "link": link,
        "text": accepted.sample_text,
        "totalSegments": accepted.segment_total,
        "cost": accepted.cost,
        "currency": accepted.currency,
        "preflight": accepted.preflight and preflight_answer(accepted.preflight),
        "test": accepted.is_dry_run,
        "replayed": accepted.is_replayed,
    }
