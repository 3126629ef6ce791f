"""Credentials of a request: a key in a header, or userId and password among its parameters."""

from fastapi import Request

from services.api.context import ApiContext
from services.api.domain.errors import InvalidCredentialsError
from services.api.operations.authenticate import Caller, authenticate_key, authenticate_user
from services.api.schemas.parameters import Parameters


def api_context(request: Request) -> ApiContext:
    """Return what this process holds.

    Raises:
        TypeError: The application's lifespan has not begun.
    """
    context = request.app.state.context
    if not isinstance(context, ApiContext):
        message = "the application was started without its context"
        raise TypeError(message)
    return context


async def authenticate(request: Request, parameters: Parameters | None = None) -> Caller:
    """Return who calls.

    Args:
        request: Whose headers may hold a key.
        parameters: Where old clients put userId and password; None where only a key will do.

    Raises:
        InvalidCredentialsError: There are no credentials, or wrong ones.
    """
    engine = api_context(request).engine
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token if scheme.casefold() == "bearer" else ""
    key = request.headers.get("apikey") or bearer
    if key:
        return await authenticate_key(engine, key)
    if parameters is None or "userId" not in parameters:
        raise InvalidCredentialsError
    login, password = parameters.text("userId"), parameters.text("password")
    return await authenticate_user(engine, login, password)


async def report_caller(request: Request) -> Caller:
    """Return who calls for a report; a dependency of the routes that read.

    Raises:
        InvalidCredentialsError: There is no key, or a wrong one.
        ScopeMissingError: The key may not read reports.
    """
    caller = await authenticate(request)
    caller.require("report")
    return caller
