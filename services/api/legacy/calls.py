"""What all calls of second-generation clients but a send have in common."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.auth import api_context, author_of
from services.api.domain.errors import InvalidValueError
from services.api.error_responses import as_refusal
from services.api.legacy.envelope import Envelope
from services.api.operations.authenticate import Caller
from services.api.operations.control_campaigns import CampaignOrders
from services.api.schemas.parameters import Parameters
from services.api.schemas.send_parameters import OUTPUTS
from services.api.send_call import Call

UUID_WANTED = "the uuid of the campaign, or its transactionId"
# Any of 19 may be more than Postgres's bigint holds.
MAX_TRANSACTION_ID = (1 << 63) - 1
MAX_TRANSACTION_ID_DIGITS = 19
ENVELOPE = """
Parameters stand in the query or the body, their names in any case; credentials are an API key or
`userId` and `password`. Errors come with HTTP 200 and `status: "error"`. `output` is `json`
(default), `xml` or `plain`.
"""

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, repr=False)
class OldCall:
    """A call of somebody who may make it."""

    request: Request
    caller: Caller
    parameters: Parameters

    @property
    def zone(self) -> ZoneInfo:
        """The account's, in which old clients read times."""
        return self.caller.account.time_zone

    @property
    def orders(self) -> CampaignOrders:
        """What gives orders to the account's campaigns."""
        context = api_context(self.request)
        return context.to_orders(self.caller.account, author_of(self.request, self.caller))

    async def named(self) -> uuid.UUID:
        """Return the campaign that ``uuid`` names; the trade calls a transaction id so, too.

        Raises:
            MissingFieldError: It is not there.
            InvalidValueError: It is neither.
            NotFoundError: The account has no campaign of that transaction id.
        """
        text = self.parameters.required_text("uuid", UUID_WANTED).strip()
        if text.isascii() and text.isdigit() and len(text) <= MAX_TRANSACTION_ID_DIGITS:
            return await self.orders.named(min(int(text), MAX_TRANSACTION_ID))
        try:
            return uuid.UUID(text)
        except ValueError:
            raise InvalidValueError("uuid", f"must be {UUID_WANTED}, not {text[:40]!r}") from None

    async def optionally_named(self) -> uuid.UUID | None:
        """Return the campaign that ``uuid`` names; None if it is left out."""
        return await self.named() if "uuid" in self.parameters else None


@dataclass(frozen=True, slots=True, repr=False)
class Answered:
    """What is answered: rows, and what stands beside them in the envelope."""

    rows: Rows
    beside: Mapping[str, Any] = field(default_factory=dict)


Act = Callable[[OldCall], Awaitable[Answered]]


def old_call(
    router: APIRouter,
    envelope: Envelope,
    *,
    scope: str,
    summary: str,
    description: str,
    responses: dict[int | str, dict[str, Any]],
) -> Callable[[Act], Act]:
    """Make what is decorated answer its path, with parameters in the query or in the body.

    Args:
        router: Which takes both routes.
        envelope: Of the answer; it names the path, too.
        scope: What the caller has to be allowed.
        summary: For the documentation, like the two below.
        description: What it does.
        responses: What it answers.
    """

    def add(act: Act) -> Act:
        async def respond(request: Request) -> Response:
            return await _answer(request, envelope, act, scope=scope)

        for method, name, ending in (
            ("GET", "by_query", ""),
            ("POST", "by_body", ", parameters in the body"),
        ):
            router.add_api_route(
                f"/SMSApi/{envelope.api}/{envelope.action}",
                respond,
                methods=[method],
                name=f"{act.__name__}_{name}",
                summary=f"{summary}{ending}",
                description=description,
                responses=responses,
            )
        return act

    return add


async def _answer(request: Request, envelope: Envelope, act: Act, *, scope: str) -> Response:
    """Do what is asked for, and answer in the envelope, refusals too."""
    call: Call | None = None
    output = "json"
    try:
        call = Call(request)
        output = call.asked_form("output", output)
        parameters = await call.read()
        output = parameters.choice("output", OUTPUTS, "json")
        caller = await call.caller(parameters)
        caller.require(scope)
        answered = await act(OldCall(request, caller, parameters))
    except Exception as error:  # noqa: BLE001 - an old client knows no other answer than 200
        response = envelope.refusal(as_refusal(error), output)
        return call.close_unread(response) if call else response
    finally:
        if call is not None:
            call.close()
    return envelope.success(answered.rows, output, answered.beside)
