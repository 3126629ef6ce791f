"""The two older paths of the trade: HTTP 200 always, their own answers, plain by default."""

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.auth import api_context, author_of
from services.api.error_responses import as_refusal, trade_error_values
from services.api.operations.accept_send import accept_send
from services.api.schemas.answers import render
from services.api.schemas.send import trade_answer
from services.api.schemas.send_parameters import OUTPUTS
from services.api.send_call import Call

router = APIRouter(tags=["old clients"])

DESCRIPTION = """
The same send as `/send`, for clients written for {generation}. Errors come with HTTP 200 and
`status: "error"`; every value is a string; the form of the answer is chosen by `{parameter}`
(`plain` by default, fields separated by ` | `). Unknown parameters are ignored.
"""


SECOND_GENERATION = DESCRIPTION.format(generation="the second generation", parameter="output")
FIRST_GENERATION = DESCRIPTION.format(generation="the first generation", parameter="format")


@router.get(
    "/SMSApi/send",
    summary="Send, as second-generation clients do",
    description=SECOND_GENERATION,
)
async def send_second_generation_by_query(request: Request) -> Response:
    return await _send(request, "output")


@router.post(
    "/SMSApi/send",
    summary="Send, as second-generation clients do, parameters in the body",
    description=SECOND_GENERATION,
)
async def send_second_generation_by_body(request: Request) -> Response:
    return await _send(request, "output")


@router.get(
    "/SMSApi/rest/send",
    summary="Send, as first-generation clients do",
    description=FIRST_GENERATION,
)
async def send_first_generation_by_query(request: Request) -> Response:
    return await _send(request, "format")


@router.post(
    "/SMSApi/rest/send",
    summary="Send, as first-generation clients do, parameters in the body",
    description=FIRST_GENERATION,
)
async def send_first_generation_by_body(request: Request) -> Response:
    return await _send(request, "format")


async def _send(request: Request, output_parameter: str) -> Response:
    call: Call | None = None
    output = "plain"
    try:
        call = Call(request)
        output = call.asked_form(output_parameter, output)
        parameters = await call.read()
        output = parameters.choice(output_parameter, OUTPUTS, "plain")
        caller = await call.caller(parameters)
        caller.require("send")
        command = await call.command(parameters)
        context = api_context(request).to_send_context()
        command = replace(command, author=author_of(request, caller))
        accepted = await accept_send(context, caller.account, command)
    except Exception as error:  # noqa: BLE001 - an old client knows no other answer than 200
        response = render(trade_error_values(as_refusal(error)), output)
        return call.close_unread(response) if call else response
    finally:
        if call is not None:
            call.close()
    return render(trade_answer(accepted, caller.account.time_zone), output)
