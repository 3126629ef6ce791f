"""/send: the documented way to send."""

import asyncio
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.auth import Call, api_context
from services.api.error_responses import as_refusal, error_response
from services.api.operations.submit_campaign import submit_campaign
from services.api.schemas.answers import render
from services.api.schemas.parameters import Parameters
from services.api.schemas.reading import FORM
from services.api.schemas.send import (
    OUTPUTS,
    SEND_PARAMETERS,
    UNSUPPORTED,
    native_answer,
    to_send_command,
)

router = APIRouter(tags=["send"])

DESCRIPTION = """
Send one text to one or many numbers. Parameters may stand in the query, in a form or in a JSON
object; their names are matched without regard to case.

With `trackLink=true` the **last** URL of the text becomes a short link of each recipient's own,
which tells who clicked. `success` means accepted and durably queued, not delivered.
"""
ANSWER_EXAMPLE = {
    "status": "success",
    "mobile": "919876543210,919876543211",
    "invalidMobile": "",
    "transactionId": "8466326473775335661",
    "statusCode": "200",
    "reason": "success",
    "msgId": "",
    "requestTime": "2026-11-25 00:20:09",
    "uuid": "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de",
    "recipients": 2,
    "duplicates": 0,
    "rejected": [],
    "encoding": "GSM-7",
    "segments": 1,
    "link": {"destination": "https://shop.example.com/sale", "sample": "https://tx1.in/SAlhjS"},
    "text": "Sale ends tonight: https://tx1.in/SAlhjS. Reply STOP to end",
    "test": False,
    "replayed": False,
}
ERROR_EXAMPLE = {
    "status": "error",
    "statusCode": "147",
    "reason": "trackLink must be true or false, not 'maybe'",
    "code": "invalid_boolean",
    "field": "trackLink",
}


def _responses() -> dict[str, Any]:
    def described(text: str, example: dict[str, Any]) -> dict[str, Any]:
        content = {"application/json": {"schema": {"type": "object"}, "example": example}}
        return {"description": text, "content": content}

    reasons = {
        "400": "A parameter is missing or wrong; `field` names it",
        "401": "No live API key, or wrong userId and password",
        "403": "The API key or the user lacks the scope `send`",
        "409": "The idempotency key came before with another request",
        "413": "The body is too large, or holds too many numbers",
        "415": "The content type is not read",
        "422": "The body is not what its content type says",
        "503": "Not accepted now; try again after `Retry-After` seconds",
    }
    answers = {status: described(text, ERROR_EXAMPLE) for status, text in reasons.items()}
    return {"200": described("Accepted and durably queued", ANSWER_EXAMPLE)} | answers


def _query_parameters() -> Iterator[dict[str, Any]]:
    for parameter in SEND_PARAMETERS:
        documented = {
            "name": parameter.name,
            "in": "query",
            "description": parameter.description,
            "required": parameter.is_required,
            "schema": dict(parameter.schema),
        }
        if parameter.example is not None:
            documented["example"] = parameter.example
        yield documented


def _request_body() -> dict[str, Any]:
    properties = {
        parameter.name: {**parameter.schema, "description": parameter.description}
        for parameter in SEND_PARAMETERS
    }
    required = [parameter.name for parameter in SEND_PARAMETERS if parameter.is_required]
    schema = {"type": "object", "properties": properties, "required": required}
    example = {
        parameter.name: parameter.example
        for parameter in SEND_PARAMETERS
        if parameter.example is not None
    }
    content = {"schema": schema, "example": example}
    return {"content": {"application/json": content, FORM: content}}


@router.get(
    "/send",
    summary="Send a message",
    description=DESCRIPTION,
    openapi_extra={"parameters": list(_query_parameters()), "responses": _responses()},
)
async def send_by_query(request: Request) -> Response:
    return await _send(request)


@router.post(
    "/send",
    summary="Send a message, parameters in the body",
    description=DESCRIPTION,
    openapi_extra={"requestBody": _request_body(), "responses": _responses()},
)
async def send_by_body(request: Request) -> Response:
    return await _send(request)


async def _send(request: Request) -> Response:
    call: Call | None = None
    output = "json"
    try:
        call = Call(request)
        parameters = await call.read()
        output = _output(parameters)
        caller = await call.caller(parameters)
        caller.require("send")
        parameters.refuse_unknown((*SEND_PARAMETERS, *UNSUPPORTED))
        # In a thread, since it looks at every one of what may be a million numbers.
        command = await asyncio.to_thread(
            to_send_command, parameters, request.headers.get("idempotency-key")
        )
        context = api_context(request).to_send_context()
        accepted = await submit_campaign(context, caller.account, command)
    except Exception as error:  # noqa: BLE001 - the edge: told in the form asked for, and logged
        response = error_response(as_refusal(error), output)
        return call.close_unread(response) if call else response
    return render(native_answer(accepted, caller.account.time_zone), output)


def _output(parameters: Parameters) -> str:
    name = "output" if "output" in parameters else "format"
    return parameters.choice(name, OUTPUTS, "json")
