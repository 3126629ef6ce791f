"""Forms of the console: urlencoded, read within bounds; most are small."""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from services.api.auth import api_context
from services.api.domain.errors import (
    BodyTimeoutError,
    BodyTooLargeError,
    MalformedBodyError,
    UnsupportedBodyError,
)

FORM_OCTETS: Final = 16_384
MAX_FIELDS: Final = 50
URLENCODED: Final = "application/x-www-form-urlencoded"

# Of the keys that pages make for their forms.
MAX_ONCE: Final = 100
MAX_DIGITS: Final = 9

Form = Mapping[str, str]


async def read_form(request: Request, *, octet_limit: int = FORM_OCTETS) -> Form:
    """Read the fields of a form; of one that comes twice, the last.

    Raises:
        UnsupportedBodyError: It is no form of ours.
        BodyTooLargeError: It is larger than any of ours.
        BodyTimeoutError: It did not come in time.
        MalformedBodyError: It broke off, or has too many fields.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind not in {URLENCODED, ""}:
        raise UnsupportedBodyError(kind)
    timeout_s = api_context(request).settings.body_timeout_s
    octets = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.stream():
                octets += chunk
                if len(octets) > octet_limit:
                    raise BodyTooLargeError(octet_limit)
        if len(octets) <= FORM_OCTETS:
            return _parsed(octets)
        return await asyncio.to_thread(_parsed, octets)
    except TimeoutError as error:
        raise BodyTimeoutError(timeout_s) from error
    except (ClientDisconnect, ValueError) as error:
        raise MalformedBodyError("it broke off, or has too many fields") from error


def once_of(form: Form, name: str = "once") -> str | None:
    """Return the key of a form, of the time when it was shown; None if it has none.

    With it a second press sends nothing more.
    """
    key = form.get(name, "")
    return key if key.isascii() and key.isprintable() and 0 < len(key) <= MAX_ONCE else None


def new_once() -> str:
    """Return a key for a form that is shown."""
    return secrets.token_urlsafe(12)


def count_in(form: Form, name: str) -> int | None:
    """Return the count that a page has put into a form; None if there is none."""
    written = form.get(name, "")
    is_number = written.isascii() and written.isdigit() and len(written) <= MAX_DIGITS
    return int(written) if is_number else None


def _parsed(octets: bytearray) -> Form:
    text = octets.decode("ascii", "replace")
    return dict(
        parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="replace")
    )
