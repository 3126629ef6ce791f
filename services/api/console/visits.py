"""Who looks at a page, and what they may do there."""

from dataclasses import dataclass, replace
from typing import Final

from fastapi import Request

from services.api import cookies
from services.api.auth import (
    Credentials,
    api_context,
    authenticate,
    author_of,
    client_address,
    count_address,
    identify,
    in_cookie,
    session_of,
)
from services.api.console.forms import FORM_OCTETS, Form, read_form
from services.api.context import ApiContext
from services.api.domain.authors import Author
from services.api.domain.user_errors import SessionMissingError
from services.api.operations.authenticate import Caller
from services.api.operations.second_factors import OwnUser

CSRF_FIELD: Final = "csrf_token"


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who is signed in.

    Attributes:
        form: What it brings; empty if it changes nothing.
    """

    request: Request
    caller: Caller
    form: Form

    @property
    def context(self) -> ApiContext:
        """What this process holds."""
        return api_context(self.request)

    @property
    def author(self) -> Author:
        """Who changes something by it, and where from."""
        return author_of(self.request, self.caller)

    @property
    def own_user(self) -> OwnUser:
        """What they change their password and factor with."""
        address = client_address(self.request).address
        return self.context.to_own_user(session_of(self.caller), address)


async def enter(request: Request, *scopes: str, octet_limit: int = FORM_OCTETS) -> Visit:
    """Let somebody in who is signed in and may do all of this.

    Args:
        request: Of theirs.
        scopes: What they must be allowed.
        octet_limit: Of the form that it may bring; a large one is read once it is known that they
            are signed in.

    Raises:
        SessionMissingError: They are not signed in.
        CrossSiteError: Another site's page may have made what changes something.
        SecondFactorDemandedError: The account wants a second factor first.
        ScopeMissingError: Their role may not.
        AddressNotAllowedError: The account may not be used from there.
        RateLimitedError: They have called too often.
    """
    await count_address(request)
    shown = in_cookie(request)
    if shown is None:
        raise SessionMissingError
    form: Form = {}
    if request.method not in cookies.SAFE_METHODS:
        if octet_limit > FORM_OCTETS:
            await _prove(request, shown)
        form = await read_form(request, octet_limit=octet_limit)
        shown = replace(shown, form_token=form.get(CSRF_FIELD, ""))
    caller = await authenticate(request, shown)
    for scope in scopes:
        caller.require(scope)
    return Visit(request, caller, form)


async def _prove(request: Request, shown: Credentials) -> None:
    # Nobody unknown may make this process hold and parse a large form.
    cookies.check_origin(request)
    await identify(request, replace(shown, is_early=True))
