"""Header fields that tell of rate limits, on each answer to a call that counts to some.

``RateLimit-Policy`` and ``RateLimit`` are structured fields, as draft-ietf-httpapi-ratelimit-
headers-12 has them: lists of strings with parameters, the same string in both for one limit.
``q`` calls a window of ``w`` seconds; ``r`` remain, and ``t`` seconds are left until all do, or
until one does where none is left: then it is what ``Retry-After`` says (RFC 9110 §10.2.3).
"""

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.domain.rate_errors import RateLimitedError
from services.api.domain.rate_limits import WINDOW_S, Standing

RETRY_AFTER: Final = "Retry-After"
# As the documentation describes them, once for all answers.
DESCRIBED_FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "RateLimit-Policy": {
        "description": "The limits that the call counts to: `q` calls in `w` seconds",
        "schema": {"type": "string"},
        "example": '"address-calls";q=6000;w=60, "account-calls";q=600;w=60',
    },
    "RateLimit": {
        "description": "How they stand: `r` calls remain, and all do in `t` seconds; where none "
        "remains, one does in `t` seconds",
        "schema": {"type": "string"},
        "example": '"address-calls";r=5991;t=1, "account-calls";r=0;t=3',
    },
    RETRY_AFTER: {
        "description": "Seconds after which to try again",
        "schema": {"type": "integer", "minimum": 1},
        "example": 3,
    },
}
_STANDINGS: Final = "rate_standings"
_RETRY_AFTER_S: Final = "rate_retry_after_s"


def note_standings(scope: MutableMapping[str, Any], standings: Iterable[Standing]) -> None:
    """Keep how limits stand, to be told in the answer; a later standing of a limit counts."""
    noted = scope.setdefault("state", {}).setdefault(_STANDINGS, {})
    noted.update({standing.limit.name: standing for standing in standings})


def note_refusal(scope: MutableMapping[str, Any], refusal: RateLimitedError) -> None:
    """Keep when to try again, to be told in the answer."""
    scope.setdefault("state", {})[_RETRY_AFTER_S] = refusal.retry_after_s


def limit_fields(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields for the answer to a call; none if it counts to no limit."""
    state = scope.get("state", {})
    standings = list(state.get(_STANDINGS, {}).values())
    if not standings:
        return {}
    policies = (f'"{each.limit.name}";q={each.limit.quota};w={WINDOW_S}' for each in standings)
    counts = (f'"{each.limit.name}";r={each.remaining};t={each.reset_s}' for each in standings)
    fields = {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(counts)}
    if _RETRY_AFTER_S in state:
        fields[RETRY_AFTER] = str(state[_RETRY_AFTER_S])
    return fields


class LimitFields:
    """Adds the fields to whatever an application answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does."""

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start" and (fields := limit_fields(scope)):
                MutableHeaders(scope=message).update(fields)
            await send(message)

        await self._app(scope, receive, send_with_fields)
