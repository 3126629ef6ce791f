"""Small JSON bodies of native calls, read once their sender is known."""

import asyncio
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import ClientDisconnect, Request

from services.api.domain.errors import (
    BodyTimeoutError,
    BodyTooLargeError,
    MalformedBodyError,
)
from services.api.schemas.complaints import complaint, described
from shared.domain.errors import DomainError

BODY_OCTETS = 16_384

Body = TypeVar("Body", bound=BaseModel)


class JsonBody(BaseModel):
    """The base of what is sent to us."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def request_body(kind: type[BaseModel], *, is_required: bool = True) -> dict[str, Any]:
    """Describe a body, which FastAPI does not read: it would before it knows who calls."""
    content = {"application/json": {"schema": kind.model_json_schema()}}
    return {"requestBody": {"required": is_required, "content": content}}


async def read_body(
    request: Request, kind: type[Body], *, timeout_s: float, octet_limit: int = BODY_OCTETS
) -> Body:
    """Read the body of a request whose sender is known; none at all counts as ``{}``.

    Raises:
        BodyTooLargeError: It is larger than any that makes sense.
        BodyTimeoutError: It did not come in time.
        MalformedBodyError: It is no JSON object, or broke off.
        FieldError: A value in it is wrong.
    """
    octets = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.stream():
                octets += chunk
                if len(octets) > octet_limit:
                    raise BodyTooLargeError(octet_limit)
    except TimeoutError as error:
        raise BodyTimeoutError(timeout_s) from error
    except ClientDisconnect as error:
        raise MalformedBodyError("it broke off") from error
    try:
        return kind.model_validate_json(bytes(octets) or b"{}")
    except ValidationError as error:
        refusal = _refusal(error, kind)
        raise refusal from error


def _refusal(error: ValidationError, kind: type[BaseModel]) -> DomainError:
    first = error.errors(include_url=False)[0]
    if not first["loc"]:
        return MalformedBodyError("it must be a JSON object")
    return complaint(first, str(first["loc"][0]), described(kind))
