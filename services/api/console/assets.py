"""What browsers load besides pages: kept in memory, and cached by them for good.

All of it is under one digest of all: a change of any file changes every address, so that scripts
that import one another are always of one release.
"""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.api.domain.return_paths import CONSOLE

STATIC: Final = Path(__file__).parent / "static"
SERVED: Final = frozenset({".css", ".js", ".svg"})
FOR_GOOD: Final = "public, max-age=31536000, immutable"
DIGEST_LENGTH: Final = 16

router = APIRouter()


@cache
def contents() -> dict[str, bytes]:
    """Return the files by their paths."""
    return {
        file.relative_to(STATIC).as_posix(): file.read_bytes()
        for file in sorted(STATIC.rglob("*"))
        if file.suffix in SERVED
    }


@cache
def digest() -> str:
    """Return what the files' addresses change with."""
    hashed = hashlib.sha256()
    for path, octets in contents().items():
        hashed.update(f"{path}\0{len(octets)}\0".encode() + octets)
    return hashed.hexdigest()[:DIGEST_LENGTH]


def address_of(path: str) -> str:
    """Return where browsers find a file.

    Raises:
        KeyError: There is none such.
    """
    if path not in contents():
        raise KeyError(path)
    return f"{CONSOLE}/static/{digest()}/{path}"


@router.get("/static/{of_digest}/{path:path}")
async def get_file(of_digest: str, path: str) -> Response:
    """Answer with a file; of another release there is none.

    Raises:
        HTTPException: There is none such.
    """
    octets = contents().get(path)
    if octets is None or of_digest != digest():
        raise HTTPException(404)
    kind = mimetypes.guess_type(path)[0]
    return Response(octets, media_type=kind, headers={"Cache-Control": FOR_GOOD})
