"""Where somebody goes on once they are signed in: pages of the console and nowhere else."""

from typing import Final

CONSOLE: Final = "/console"
HOME: Final = f"{CONSOLE}/"
MAX_LENGTH: Final = 500


def safe_return(path: str | None) -> str:
    r"""Return a path of the console as it is, and the console's first page for all else.

    Browsers read ``\`` as ``/``, and drop tabs and line ends, so none of these is let pass.
    """
    if not path or len(path) > MAX_LENGTH or "\\" in path or not path.isprintable():
        return HOME
    if not path.startswith(HOME) or "//" in path or ".." in path:
        return HOME
    return path
