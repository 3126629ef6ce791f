"""The one-time token by which the first user of the console is made."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from services.api.domain.errors import FieldError
from shared.domain.errors import DomainError
from shared.domain.sealing import Sealer, SealError

TOKEN_LIFE: Final = timedelta(hours=24)
MAX_TOKEN_LENGTH: Final = 500
_CONTEXT: Final = "console.set-up"


class SetUpTokenError(FieldError):
    """A token that is none, or whose time is over."""

    code: ClassVar[str] = "set_up_token"

    def __init__(self) -> None:
        super().__init__(
            "token", "token is not the one that txlink printed, or its day is over: print another"
        )


class SetUpClosedError(DomainError):
    """There are users of the console already."""

    code: ClassVar[str] = "set_up_closed"

    def __init__(self) -> None:
        super().__init__(
            "The console has users already: sign in, or make more by user-create --console"
        )


@dataclass(frozen=True, slots=True)
class SetUpToken:
    """What a token says; it is kept nowhere, and of no use once there is a user.

    Attributes:
        account_id: Whose owner is to be made.
    """

    account_id: int
    expires_at: datetime

    def seal(self, sealer: Sealer) -> str:
        """Return the token as it is printed."""
        said = json.dumps([self.account_id, int(self.expires_at.timestamp())])
        return sealer.seal(said.encode(), _CONTEXT).decode()


def open_token(text: str, sealer: Sealer, *, now: datetime) -> SetUpToken:
    """Read a token.

    Raises:
        SetUpTokenError: It is none, or its time is over.
    """
    written = text.strip().encode("utf-8", "replace")[:MAX_TOKEN_LENGTH]
    try:
        account_id, expires = json.loads(sealer.open(written, _CONTEXT))
    except SealError as error:
        raise SetUpTokenError from error
    token = SetUpToken(account_id, datetime.fromtimestamp(expires, UTC))
    if token.expires_at <= now:
        raise SetUpTokenError
    return token
