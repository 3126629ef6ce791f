"""Forms of the console that bring a file: taken in from who may send them, and from no other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from fastapi import Request

from services.api import cookies
from services.api.auth import authenticate, count_address, identify, in_cookie
from services.api.console.visits import CSRF_FIELD, Visit, enter
from services.api.domain.errors import MissingFieldError
from services.api.domain.user_errors import SessionMissingError
from services.api.operations.receive_upload import ReceivedFile
from services.api.schemas.file_bodies import FILE_FIELD, MULTIPART, kind_of, read_multipart


@dataclass(slots=True)
class FormFile:
    """The file of a form, on disk.

    Attributes:
        received: None if there is none, or nothing in it, or somebody else has taken it.
    """

    received: ReceivedFile | None = field(default=None, repr=False)

    def required(self) -> ReceivedFile:
        """Return the file; it is closed with the form.

        Raises:
            MissingFieldError: There is none.
        """
        if self.received is None:
            raise MissingFieldError(FILE_FIELD, "a csv, txt or xlsx file")
        return self.received

    def take(self) -> ReceivedFile:
        """Return the file for good: whoever takes it closes it.

        Raises:
            MissingFieldError: There is none.
        """
        taken = self.required()
        self.received = None
        return taken

    def close(self) -> None:
        """Let go of the file, unless it is taken."""
        if self.received is not None:
            self.received.file.close()


@asynccontextmanager
async def enter_with_file(request: Request, *scopes: str) -> AsyncIterator[tuple[Visit, FormFile]]:
    """Let somebody in who may do all of this, and take in the file of their form.

    The form's token comes with the file, so it is looked at behind it: until then their session
    lets them send a file, and do nothing with it.

    Yields:
        Who it is, and the file of their form.

    Raises:
        SessionMissingError: They are not signed in.
        DomainError: As ``enter``; or the file is too large, or did not come in.
    """
    if kind_of(request) != MULTIPART:
        yield await enter(request, *scopes), FormFile()
        return
    await count_address(request)
    shown = in_cookie(request)
    if shown is None:
        raise SessionMissingError
    cookies.check_origin(request)
    caller = await authenticate(request, replace(shown, is_early=True))
    for scope in scopes:
        caller.require(scope)
    body = await read_multipart(request, Visit(request, caller, {}).context.to_file_limits())
    form = dict(body.fields)
    file = FormFile(body.received)
    if body.received is not None and not body.received.octet_count:
        file.take().file.close()
    try:
        # Anew, as their session may have ended while the file came in.
        caller = await identify(request, replace(shown, form_token=form.get(CSRF_FIELD, "")))
        for scope in scopes:
            caller.require(scope)
        yield Visit(request, caller, form), file
    finally:
        file.close()
