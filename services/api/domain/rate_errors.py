"""Calls that come too fast."""

from typing import ClassVar

from services.api.domain.rate_limits import Standing
from shared.domain.errors import DomainError

_WHOSE = {"address": "from your address", "account": "of this account", "key": "of this API key"}


class RateLimitedError(DomainError):
    """A limit of calls a minute has no room.

    Attributes:
        limit: The name of the limit.
        retry_after_s: Whole seconds until it has room.
    """

    code: ClassVar[str] = "rate_limited"

    def __init__(self, standing: Standing) -> None:
        self.limit = standing.limit.name
        self.retry_after_s = max(1, standing.reset_s)
        whose, kind = _WHOSE[standing.limit.holder], standing.limit.kind
        super().__init__(
            f"More than {standing.limit.quota} {kind} a minute {whose}: "
            f"try again in {self.retry_after_s} s"
        )
