"""What orders to a campaign take, and what they read like in the documentation."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.api.operations.duplicate_campaign import CopyWishes
from services.api.schemas.parameters import Parameters
from services.api.schemas.reading import FORM, JSON
from services.api.schemas.send import agreed_segments_of, bounded_text, idempotency_key_of
from services.api.schemas.send_parameters import MAX_TITLE, SEND_PARAMETERS, SendParameter
from services.api.storage.reports import RecipientFilter

_BY_NAME = {parameter.name: parameter for parameter in SEND_PARAMETERS}
RESCHEDULE_PARAMETERS = (_BY_NAME["scheduleTime"],)
COPIED_TO = (RecipientFilter.ALL, RecipientFilter.NOT_CLICKED)
DUPLICATE_PARAMETERS = (
    SendParameter(
        "to",
        "Whom of the first's recipients it goes to: `all`, or `not_clicked`, those who have the "
        "message, did not follow its link and have not opted out.",
        {"type": "string", "enum": list(map(str, COPIED_TO)), "default": "all"},
    ),
    SendParameter(
        "msg",
        "Another text in place of the first's, whose last URL is tracked if the first's was. "
        "Refused where each recipient has a text of their own.",
        {"type": "string"},
    ),
    *(
        _BY_NAME[name]
        for name in (
            "scheduleTime",
            "smartLinkTitle",
            "test",
            "testMessage",
            "agreedSegments",
            "idempotencyKey",
        )
    ),
)
SCHEDULE_TIME_WANTED = "the time to send at, such as 2026-12-31 18:30"


def to_schedule_time(parameters: Parameters) -> str:
    """Read the time that a campaign is to go out at.

    Raises:
        MissingFieldError: There is none.
        UnknownParameterError: There is more.
    """
    parameters.refuse_unknown(RESCHEDULE_PARAMETERS)
    return parameters.required_text("scheduleTime", SCHEDULE_TIME_WANTED)


def to_copy_wishes(parameters: Parameters, idempotency_header: str | None) -> CopyWishes:
    """Read what a copy of a campaign is to have of its own.

    Raises:
        DomainError: A parameter is wrong; the error names it.
    """
    parameters.refuse_unknown(DUPLICATE_PARAMETERS)
    return CopyWishes(
        title=bounded_text(parameters, "smartLinkTitle", MAX_TITLE) or None,
        body=parameters.text("msg") or None,
        which=RecipientFilter(parameters.choice("to", COPIED_TO, RecipientFilter.ALL)),
        schedule_time=parameters.text("scheduleTime").strip() or None,
        is_dry_run=parameters.boolean("test") or parameters.boolean("testMessage"),
        idempotency_key=idempotency_key_of(parameters, idempotency_header),
        agreed_segments=agreed_segments_of(parameters),
    )


def body_of(
    parameters: Sequence[SendParameter], example: Mapping[str, Any], *, required: bool
) -> dict[str, Any]:
    """Return the body of an order, as OpenAPI describes one."""
    schema = {
        "type": "object",
        "properties": {
            each.name: {**each.schema, "description": each.description} for each in parameters
        },
        **({"required": [parameters[0].name]} if required else {}),
    }
    content = {kind: {"schema": schema, "example": dict(example)} for kind in (JSON, FORM)}
    return {"requestBody": {"required": required, "content": content}}
