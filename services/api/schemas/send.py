"""A send out of its parameters, and its answers."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

from services.api.domain.composing import PersonalRow
from services.api.domain.contact_groups import MAX_GROUPS_OF_SEND
from services.api.domain.errors import (
    InvalidValueError,
    MissingFieldError,
    UnsupportedParameterError,
)
from services.api.domain.link_shape import LinkShape
from services.api.operations.send_values import Accepted, SendCommand
from services.api.schemas.file_bodies import FILE_FIELD
from services.api.schemas.parameters import Parameters
from services.api.schemas.personal_rows import to_personal_rows
from services.api.schemas.preflight import preflight_answer
from services.api.schemas.send_parameters import (
    BULK_METHODS,
    GROUP_METHODS,
    MAX_IDEMPOTENCY_KEY,
    MAX_TITLE,
    MESSAGE_TYPES,
    QUICK_METHODS,
    SEND_METHODS,
    UNSUPPORTED,
)
from shared.domain.consent import Category


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
    shape = parameters.optional_choice("linkShape", LinkShape)
    recipients = _recipients(parameters, file)
    body = parameters.text("msg")
    if (recipients.mobiles or recipients.groups) and not body.strip():
        raise MissingFieldError("msg", "the text to send")
    return SendCommand(
        mobiles=recipients.mobiles,
        body=body if body.strip() else None,
        rows=recipients.rows,
        upload_id=recipients.upload_id,
        groups=recipients.groups,
        file=recipients.file,
        file_sha256=_sha256(recipients.file) if recipients.file else None,
        title=bounded_text(parameters, "smartLinkTitle", MAX_TITLE),
        sender_id=parameters.text("senderId").strip(),
        track_link=parameters.boolean("trackLink"),
        append_http=parameters.boolean("appendHttp", default=True),
        link_shape=LinkShape(shape) if shape else None,
        encoding=MESSAGE_TYPES[message_type],
        is_smart=_choice_of_smart(parameters),
        is_flash=message_type == "flash",
        drop_duplicates=parameters.boolean("duplicateCheck"),
        is_dry_run=parameters.boolean("test") or parameters.boolean("testMessage"),
        idempotency_key=idempotency_key_of(parameters, idempotency_header),
        dlt_entity_id=parameters.digits("dltEntityId"),
        dlt_template_id=parameters.digits("dltTemplateId"),
        schedule_time=parameters.text("scheduleTime").strip() or None,
        category=Category(parameters.choice("category", Category, Category.MARKETING)),
        agreed_segments=agreed_segments_of(parameters),
    )


@dataclass(frozen=True, slots=True, repr=False)
class _Asked:
    """Whom a send goes to; exactly one of the five is there."""

    mobiles: str | list[str] = ""
    rows: list[PersonalRow] | None = None
    upload_id: uuid.UUID | None = None
    file: IO[bytes] | None = None
    groups: tuple[str, ...] = ()


def _recipients(parameters: Parameters, file: IO[bytes] | None) -> _Asked:
    """Read whom a send goes to.

    Raises:
        MissingFieldError: It does not say.
        InvalidValueError: It says so twice, or wrongly.
    """
    method = parameters.choice("sendMethod", SEND_METHODS, "quick")
    given = _given(parameters, file)
    if given == ["group"] or (not given and method in GROUP_METHODS):
        return _Asked(groups=_groups(parameters, method))
    if method in GROUP_METHODS:
        wanted = f"must be {QUICK_METHODS[0]} or left out where {given[0]} says whom it goes to"
        raise InvalidValueError("sendMethod", wanted)
    sms = parameters.objects("sms")
    if given == ["sms"] or (not given and isinstance(sms, list)):
        return _Asked(rows=to_personal_rows(sms))
    if given == ["upload"]:
        return _Asked(upload_id=_uuid("upload", parameters.text("upload").strip()))
    if file is not None:
        return _Asked(file=file)
    if method in BULK_METHODS and given:
        wanted = f"must be {QUICK_METHODS[0]} or left out where the numbers stand in mobile"
        raise InvalidValueError("sendMethod", wanted)
    if method in BULK_METHODS:
        wanted = (
            "it as a part of multipart/form-data, or upload, the id that POST /uploads answered"
        )
        raise MissingFieldError(FILE_FIELD, wanted)
    mobiles = parameters.texts("mobile")
    if not (mobiles if isinstance(mobiles, list) else mobiles.strip()):
        raise MissingFieldError("mobile", "at least one number with country code")
    return _Asked(mobiles=mobiles)


def _given(parameters: Parameters, file: IO[bytes] | None) -> list[str]:
    """Return the name of what says whom a send goes to; none if nothing does.

    Raises:
        InvalidValueError: Several do, or a file is none.
    """
    if FILE_FIELD in parameters:
        wanted = "must be the file itself, as a part of multipart/form-data with a filename"
        raise InvalidValueError(FILE_FIELD, wanted)
    given = [name for name in ("mobile", "sms", "upload", "group") if name in parameters]
    given += [FILE_FIELD] if file is not None else []
    if len(given) > 1:
        raise InvalidValueError(given[1], f"and {given[0]} exclude each other: send one of them")
    return given


def _groups(parameters: Parameters, method: str) -> tuple[str, ...]:
    if method in BULK_METHODS:
        wanted = f"must be {GROUP_METHODS[0]} or left out where it goes to a group"
        raise InvalidValueError("sendMethod", wanted)
    asked = parameters.texts("group")
    texts = [asked] if isinstance(asked, str) else asked
    names = [name.strip() for text in texts for name in text.split(",")]
    groups = tuple(dict.fromkeys(filter(None, names)))
    if not groups:
        raise MissingFieldError("group", "the name or id of a contact group, or several")
    if len(groups) > MAX_GROUPS_OF_SEND:
        raise InvalidValueError("group", f"must name at most {MAX_GROUPS_OF_SEND} groups")
    return groups


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


def bounded_text(parameters: Parameters, name: str, limit: int) -> str:
    """Return a text without the blanks around it.

    Raises:
        InvalidValueError: It is longer than ``limit``.
    """
    value = parameters.text(name).strip()
    if len(value) > limit:
        raise InvalidValueError(name, f"must be at most {limit} characters long")
    return value


def idempotency_key_of(parameters: Parameters, header: str | None) -> str | None:
    """Return the key that parameters or a header give; None if neither does.

    Raises:
        InvalidValueError: It is too long, or the two are not the same.
    """
    key = bounded_text(parameters, "idempotencyKey", MAX_IDEMPOTENCY_KEY)
    other = bounded_text(
        Parameters({"idempotencyKey": header}), "idempotencyKey", MAX_IDEMPOTENCY_KEY
    )
    if key and other and key != other:
        raise InvalidValueError(
            "idempotencyKey", "is not what the header Idempotency-Key says: send one of them"
        )
    return key or other or None


def agreed_segments_of(parameters: Parameters) -> int | None:
    """Return the most segments that a send may take; None if it does not say.

    Raises:
        InvalidValueError: It is no whole number.
    """
    agreed = parameters.digits("agreedSegments")
    return None if agreed is None else int(agreed)


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


def _scheduled_at(accepted: Accepted, zone: ZoneInfo) -> str | None:
    if accepted.scheduled_at is None:
        return None
    return datetime.fromisoformat(accepted.scheduled_at).astimezone(zone).isoformat()


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
        "scheduledAt": _scheduled_at(accepted, zone),
    }
