"""Who changes something, as the audit trail names them."""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.trusted_proxies import IpAddress


class AuthorKind(StrEnum):
    """What somebody shows to be let in; the word is what the database keeps."""

    USER = "user"
    KEY = "key"
    # Whoever can run commands beside the database.
    CLI = "cli"


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and where from.

    Attributes:
        name: A user's login, a key's name, or what the system calls who gives a command.
        key_prefix: The part of a key that may be shown.
        address: Where the call came from, if it came over a network.
    """

    kind: AuthorKind
    name: str = ""
    key_prefix: str | None = None
    address: IpAddress | None = None


COMMAND_LINE = Author(AuthorKind.CLI)
