"""/send: the documented way to send."""

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.auth import api_context, author_of
from services.api.error_responses import as_refusal, error_response
from services.api.operations.accept_send import accept_send
from services.api.schemas.answers import render
from services.api.schemas.parameters import Parameters
from services.api.schemas.send import native_answer
from services.api.schemas.send_parameters import OUTPUTS, SEND_PARAMETERS, UNSUPPORTED
from services.api.send_call import Call

router = APIRouter(tags=["send"])

DESCRIPTION = """
Send one text to one or many numbers, or a text of each recipient's own. Parameters may stand in
the query, in a form, in a JSON object or in XML (`<data>`); their names are matched without regard
to case. A `multipart/form-data` form may bring the recipients as a csv, txt or xlsx `file`.

With `trackLink=true` the **last** URL of the text becomes a short link of each recipient's own,
which tells who clicked. `success` means accepted and durably queued, not delivered.
"""


# What they take and answer is set out in services.api.documentation.
@router.get("/send", summary="Send a message", description=DESCRIPTION)
async def send_by_query(request: Request) -> Response:
    return await _send(request)


@router.post("/send", summary="Send a message, parameters in the body", description=DESCRIPTION)
async def send_by_body(request: Request) -> Response:
    return await _send(request)


async def _send(request: Request) -> Response:
    call: Call | None = None
    output = "json"
    try:
        call = Call(request, takes_session=request.method == "POST")
        output = call.asked_form("output", call.asked_form("format", output))
        parameters = await call.read()
        output = _output(parameters)
        caller = await call.caller(parameters)
        caller.require("send")
        parameters.refuse_unknown((*SEND_PARAMETERS, *UNSUPPORTED))
        command = await call.command(parameters)
        context = api_context(request).to_send_context()
        command = replace(command, author=author_of(request, caller))
        accepted = await accept_send(context, caller.account, command)
    except Exception as error:  # noqa: BLE001 - the edge: told in the form asked for, and logged
        response = error_response(as_refusal(error), output)
        return call.close_unread(response) if call else response
    finally:
        if call is not None:
            call.close()
    return render(native_answer(accepted, caller.account.time_zone), output)


def _output(parameters: Parameters) -> str:
    name = "output" if "output" in parameters else "format"
    return parameters.choice(name, OUTPUTS, "json")
