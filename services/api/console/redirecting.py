"""Send a browser on to another page."""

from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

SEE_OTHER: Final = 303
_KEPT: Final = ":/%#?=@[]!$&'()*+,;"


def is_partial(request: Request) -> bool:
    """Tell whether htmx asks, which shows a part of the answer in the page that there is."""
    return request.headers.get("hx-request") == "true"


def see(path: str, request: Request | None = None, **query: str) -> Response:
    """Return what sends a browser on; of htmx, the whole page and not a part of it."""
    address = f"{path}?{urlencode(query)}" if query else path
    if request is not None and is_partial(request):
        # As the other quotes it: header fields hold Latin letters alone.
        header = quote(address, safe=_KEPT)
        return Response(status_code=204, headers={"HX-Redirect": header})
    return RedirectResponse(address, status_code=SEE_OTHER)
