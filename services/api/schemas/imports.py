"""Lists that are taken in at once, a file or JSON, and what is answered of them."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from pydantic import Field
from starlette.requests import Request

from services.api.domain.errors import MalformedBodyError
from services.api.operations.reading_imports import ImportTally
from services.api.schemas.file_bodies import FILE_FIELD, MULTIPART, RAW_KINDS, kind_of
from services.api.schemas.incoming_body import FileLimits, incoming_chunks
from services.api.schemas.json_numbers import as_digits
from services.api.schemas.reading import JSON
from services.api.schemas.reports import Report


class RejectedRowReport(Report):
    """A row that was left out."""

    row: int = Field(
        description="As a spreadsheet counts, from 1; of a list, its place", examples=[4]
    )
    mobile: str = Field(description="As it was written", examples=["12"])
    reason: str = Field(examples=["too_short"])
    message: str = Field(examples=["Digits are missing; write the whole mobile number."])


def is_list(request: Request) -> bool:
    """Tell whether the body is JSON, and no file."""
    return kind_of(request) == JSON


async def read_list(request: Request, limits: FileLimits, *, octet_limit: int) -> list[str]:
    """Read a body that is a JSON list of numbers.

    Raises:
        MalformedBodyError: It is none.
        DomainError: It is too large, or did not come in time.
    """
    octets = bytearray()
    async for chunk in incoming_chunks(request, octet_limit, limits):
        octets += chunk
    return await asyncio.to_thread(_parsed, bytes(octets))


def _parsed(octets: bytes) -> list[str]:
    try:
        values = json.loads(octets)
    except (ValueError, RecursionError) as error:
        raise MalformedBodyError(f"it is not valid JSON ({str(error)[:80]})") from error
    if not isinstance(values, list):
        raise MalformedBodyError("the JSON must be a list of numbers")
    return [_number(value) for value in values]


def _number(value: object) -> str:
    if isinstance(value, str):
        return value
    digits = as_digits(value) if isinstance(value, int | float) else None
    if digits is None or isinstance(value, bool):
        raise MalformedBodyError("the JSON must be a list of numbers, as texts or whole numbers")
    return digits


def file_body(*, with_list: bool) -> Mapping[str, Any]:
    """Describe a body that is a file, or a list where that is taken, too."""
    file = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": {FILE_FIELD: file}, "required": [FILE_FIELD]}
    kinds: dict[str, Any] = {kind: {"schema": file} for kind in RAW_KINDS}
    kinds["text/csv"]["example"] = "Phone,Name\n919876543210,Asha\n"
    if with_list:
        items = {"type": "array", "items": {"type": "string"}}
        kinds[JSON] = {"schema": items, "example": ["919876543210", "919876543211"]}
    return {"requestBody": {"required": True, "content": {MULTIPART: {"schema": form}, **kinds}}}


def to_rejected_rows(tally: ImportTally) -> list[RejectedRowReport]:
    """Turn the first rows that were left out into what is told of them."""
    return [
        RejectedRowReport(
            row=each.row,
            mobile=each.rejected.mobile,
            reason=each.rejected.reason,
            message=each.rejected.message,
        )
        for each in tally.rejected
    ]
