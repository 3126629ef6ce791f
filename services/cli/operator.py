"""Who gives commands, as the audit trail names them."""

import os
import pwd

from services.api.domain.authors import Author, AuthorKind


def operator() -> Author:
    """Return who gives this command: who logged in at the terminal, be it that sudo came after.

    Without a terminal it is the name of the user that the process runs as. It is a hint for
    honest people: who can run commands beside the database can call themselves anything.
    """
    try:
        name = os.getlogin()
    except OSError:
        name = _name_of(os.getuid())
    return Author(AuthorKind.CLI, name)


def _name_of(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        # In a container that runs as a number.
        return f"uid {user_id}"
