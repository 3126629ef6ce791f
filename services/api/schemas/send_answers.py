"""The shapes of a send's answers and of errors, for the documentation."""

from pydantic import Field

from services.api.schemas.answer_base import Answer
from services.api.schemas.preflight import PreflightAnswer


class Accepted(Answer):
    """What old and new clients get of an accepted send, every value a text."""

    status: str = Field(examples=["success"])
    mobile: str = Field(description="The recipients", examples=["919876543210,919876543211"])
    invalid_mobile: str = Field(description="Numbers that are not sent to", examples=[""])
    status_code: str = Field(examples=["200"])
    reason: str = Field(examples=["success"])
    msg_id: str = Field(description="Always empty", examples=[""])
    request_time: str = Field(
        description="In the account's time zone", examples=["2026-11-25 00:20:09"]
    )


class TradeAnswer(Accepted):
    """An accepted send as old clients get it: these keys, every value a text."""

    transaction_id: str = Field(
        description="The campaign's id; empty of a dry run", examples=["8466326473775335661"]
    )


class TradeError(Answer):
    """A refusal as old clients get it, with HTTP 200."""

    status: str = Field(examples=["error"])
    status_code: str = Field(examples=["147"])
    reason: str = Field(examples=["trackLink must be true or false, not 'maybe'"])


class RejectedNumber(Answer):
    """A number that is not sent to."""

    mobile: str = Field(description="As it was written", examples=["12345"])
    reason: str = Field(description="Stable code", examples=["too_short"])
    message: str = Field(description="What would be right")


class TrackedLink(Answer):
    """What the last URL became."""

    destination: str = Field(
        description="As it was written", examples=["https://shop.example.com/sale"]
    )
    sample: str = Field(
        description="The first recipient's link", examples=["https://tx1.in/SAlhjS"]
    )


class SendAnswer(Accepted):
    """An accepted send: the old keys as texts, and typed ones beside them."""

    transaction_id: str | None = Field(
        description="What old clients know the campaign by; null of a dry run",
        examples=["8466326473775335661"],
    )
    uuid: str | None = Field(
        description="The campaign; null of a dry run",
        examples=["0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"],
    )
    recipients: int = Field(examples=[2])
    duplicates: int = Field(description="Numbers that repeat an earlier one", examples=[0])
    rejected: list[RejectedNumber] = Field(
        description="All of a list; of rows the first 10,000", examples=[[]]
    )
    rejected_count: int = Field(description="Of all", examples=[0])
    encoding: str = Field(description="GSM-7 or UCS-2", examples=["GSM-7"])
    segments: int = Field(description="Of the longest message, link included", examples=[1])
    link: TrackedLink | None = Field(description="Null where none is tracked")
    text: str = Field(
        description="The text as the first recipient gets it",
        examples=["Sale ends tonight: https://tx1.in/SAlhjS. Reply STOP to end"],
    )
    total_segments: int = Field(description="Of all messages", examples=[2])
    cost: str | None = Field(description="Null if no price is agreed", examples=["0.24"])
    currency: str | None = Field(examples=["INR"])
    preflight: PreflightAnswer | None = Field(description="What a dry run found; else null")
    test: bool = Field(description="Whether it was a dry run", examples=[False])
    replayed: bool = Field(description="Whether this is an earlier answer", examples=[False])
    scheduled_at: str | None = Field(
        description="When it goes out, as understood; null: at once",
        examples=["2026-12-31T18:30:00+05:30"],
    )


class ErrorAnswer(Answer):
    """A refusal: what is wrong, and what would be right."""

    status: str
    status_code: str = Field(description="The trade's code, else the HTTP status")
    reason: str = Field(description="A sentence for people")
    code: str = Field(description="Stable, for programs")
    field: str | None = Field(None, description="The parameter that is wrong, if one is")
    limit: str | None = Field(None, description="The rate limit that has no room, if one has not")
    retry_after: int | None = Field(None, description="Seconds until it has, as Retry-After says")
