"""/whoami: which address the API sees of whoever asks."""

from fastapi import APIRouter, Request, Response

from services.api.auth import client_address
from services.api.schemas.whoami import WhoAmI, to_who_am_i

DESCRIPTION = """
Needs no API key: it tells you your own address and nothing of anyone else.

Ask it through the proxies that stand before the short domain to see whether `TRUSTED_PROXIES` is
right: clicks get their addresses by the same rule.
"""

router = APIRouter(tags=["health"])


@router.get("/whoami", summary="Which address is seen of you, and why", description=DESCRIPTION)
async def who_am_i(request: Request, response: Response) -> WhoAmI:
    # A cache between would tell one client another's address.
    response.headers["Cache-Control"] = "no-store, private"
    return to_who_am_i(client_address(request))
