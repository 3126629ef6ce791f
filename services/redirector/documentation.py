"""What the short domain answers, as an OpenAPI document; it is not served there."""

from collections.abc import Mapping
from typing import Any

from fastapi.openapi.utils import get_openapi

from services.redirector.answers import (
    GONE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    TOO_MANY,
    TRY_AGAIN,
    Answer,
)
from services.redirector.routes import router

TOKEN = {
    "name": "token",
    "in": "path",
    "required": True,
    "description": "6 to 8 letters and digits; up to four signs that stuck to it are passed over",
    "schema": {"type": "string", "minLength": 1},
    "example": "SAlhjS",
}
HEADER = {
    "name": "header",
    "in": "path",
    "required": True,
    "description": "The sender ID that the link was registered with; which one does not matter",
    "schema": {"type": "string", "minLength": 1},
    "example": "ACMEIN",
}
MEANINGS: Mapping[str, tuple[Answer, str]] = {
    "404": (NOT_FOUND, "There is no such link, and no other path"),
    "405": (METHOD_NOT_ALLOWED, "A link can only be opened: `GET`, `HEAD`"),
    "410": (GONE, "The link is paused or has expired, and its account names no other page"),
    "429": (TOO_MANY, "Many links that do not exist were asked for from this address"),
    "503": (TRY_AGAIN, "It is not cached, and the database cannot be reached"),
}


def describe_short_links() -> dict[str, Any]:
    """Return the OpenAPI document of the short domain."""
    document = get_openapi(
        title="txlink short links",
        version="0.1.0",
        description="Whoever opens a link is told where it leads, and is counted.",
        routes=router.routes,
    )
    for path, parameters in (("/{token}", [TOKEN]), ("/{header}/{token}", [HEADER, TOKEN])):
        document["paths"][path] = {
            method: _operation(method, path, parameters) for method in ("get", "head")
        }
    return document


def _operation(method: str, path: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    behind = "_behind_header" if "{header}" in path else ""
    return {
        "operationId": f"{method}_link{behind}",
        "summary": "Open a short link",
        "description": "Recorded before it is answered, be it opened by a person or a machine. "
        "With `+` behind the token, and from the addresses of `TXLINK_LINK_PREVIEW_FROM`, "
        "it is told where the link leads; that counts for nothing.",
        "parameters": parameters,
        "responses": {
            "200": _page("Where the link leads, for those who may ask"),
            "302": {
                "description": "To the destination, which no cache may keep",
                "headers": {
                    "Location": {"required": True, "schema": {"type": "string"}},
                    "Cache-Control": {"schema": {"const": "private, no-store"}},
                },
            },
            **{status: _answer(*meant) for status, meant in MEANINGS.items()},
        },
    }


def _answer(answer: Answer, meaning: str) -> dict[str, Any]:
    waits = {"Retry-After": {"required": True, "schema": {"type": "string"}}}
    is_told_when = any(name == b"retry-after" for name, _ in answer.headers)
    return _page(meaning) | ({"headers": waits} if is_told_when else {})


def _page(meaning: str) -> dict[str, Any]:
    return {"description": meaning, "content": {"text/html": {"schema": {"type": "string"}}}}
