"""Links made for texts that another vendor delivers, as they go over the wire."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from services.api.domain.errors import InvalidValueError
from services.api.operations.make_links import MadeLinks
from services.api.operations.read_messages import text_of
from services.api.operations.send_values import SendCommand
from services.api.schemas.answer_base import Answer
from services.api.schemas.parameters import Parameters
from services.api.schemas.preflight import PreflightAnswer
from services.api.schemas.reading import JSON
from services.api.schemas.send import native_answer, to_send_command
from services.api.schemas.send_answers import RejectedNumber
from services.api.schemas.send_examples import CAMPAIGN, ONE_FOR_MANY, ROWS
from services.api.schemas.send_parameters import SEND_PARAMETERS
from shared.domain.erasing import shown_number

# Those that say how, when or from where a message is sent, for how much, and who sends, have no
# sense here.
_NOT_OF_LINKS = {
    "file",
    "upload",
    "group",
    "sendMethod",
    "scheduleTime",
    "agreedSegments",
    "output",
    "format",
    "userId",
    "password",
}
LINKS_PARAMETERS = tuple(each for each in SEND_PARAMETERS if each.name not in _NOT_OF_LINKS)
# As a send has them.
_SHARED = (
    "status",
    "statusCode",
    "reason",
    "uuid",
    "transactionId",
    "recipients",
    "duplicates",
    "rejected",
    "rejectedCount",
    "encoding",
    "segments",
    "totalSegments",
    "preflight",
    "test",
    "replayed",
)


class MadeMessage(Answer):
    """One text to be delivered by whoever delivers it."""

    mobile: str = Field(examples=["919876543210"])
    msg: str = Field(
        description="The text with the link in it",
        examples=["Sale ends tonight: https://tx1.in/SAlhjS. Reply STOP to end"],
    )
    link: str = Field(examples=["https://tx1.in/SAlhjS"])


class LinksAnswer(Answer):
    """Texts with tracked links."""

    status: str = Field(examples=["success"])
    status_code: str = Field(examples=["200"])
    reason: str = Field(examples=["success"])
    uuid: str | None = Field(
        description="The campaign, for its reports; null of a dry run", examples=[CAMPAIGN]
    )
    transaction_id: str | None = Field(examples=["8466326473775335661"])
    recipients: int = Field(examples=[1])
    duplicates: int = Field(description="Numbers that repeat an earlier one", examples=[0])
    rejected: list[RejectedNumber] = Field(examples=[[]])
    rejected_count: int = Field(examples=[0])
    encoding: str = Field(description="GSM-7 or UCS-2", examples=["GSM-7"])
    segments: int = Field(description="Of the longest text, link included", examples=[1])
    total_segments: int = Field(
        description="What another vendor may bill; nothing is billed here", examples=[1]
    )
    preflight: PreflightAnswer | None = Field(
        description="What a dry run found; else null", examples=[None]
    )
    test: bool = Field(description="Whether it was a dry run", examples=[False])
    replayed: bool = Field(description="Whether these are links made earlier", examples=[False])
    messages: list[MadeMessage] = Field(
        description="In the order of the call; none of a dry run, whose preflight has the first"
    )


def to_links_command(parameters: Parameters, idempotency_header: str | None) -> SendCommand:
    """Read what links are to be made for.

    Raises:
        InvalidValueError: No links are wanted.
        DomainError: Another parameter is missing or wrong; the error names it.
    """
    parameters.refuse_unknown(LINKS_PARAMETERS)
    if not parameters.boolean("trackLink", default=True):
        raise InvalidValueError("trackLink", "must be true or left out: links are what this makes")
    return replace(to_send_command(parameters, idempotency_header), track_link=True)


def links_answer(made: MadeLinks, zone: ZoneInfo) -> dict[str, Any]:
    """Return what is answered to whoever had links made."""
    values = native_answer(made.accepted, zone)
    return {name: values[name] for name in _SHARED} | {
        "messages": [
            {
                "mobile": shown_number(linked.row["msisdn"]),
                "msg": text_of(linked),
                "link": linked.link,
            }
            for linked in made.messages
        ]
    }


def links_body() -> dict[str, Any]:
    """Return the body, as OpenAPI describes one."""
    schema = {
        "type": "object",
        "properties": {
            each.name: {**each.schema, "description": each.description}
            for each in LINKS_PARAMETERS
        },
    }
    examples = {
        "one_text": {"summary": "One text for many", "value": ONE_FOR_MANY},
        "rows": {"summary": "A text of each recipient's own", "value": ROWS},
    }
    content = {JSON: {"schema": schema, "examples": examples}}
    return {"requestBody": {"required": True, "content": content}}
