"""What the short domain says; fixed octets, so that both lanes say the same."""

from dataclasses import dataclass
from functools import lru_cache
from html import escape

# Few of them are different, and each is kept with many links.
CACHED_LINES = 10_000
HTML = (b"content-type", b"text/html; charset=utf-8")
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 30rem }}
body {{ margin: 20vh auto; padding: 0 1rem }}
</style>
<h1>{title}</h1>
<p>{text}</p>
</html>
"""

PAGE_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer; the server adds ``Date``."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""


def _page(status: int, title: str, text: str, *headers: tuple[bytes, bytes]) -> Answer:
    body = PAGE.format(title=title, text=text).encode()
    length = (b"content-length", b"%d" % len(body))
    return Answer(status, (HTML, length, *PAGE_HEADERS, *headers), body)


NOT_FOUND = _page(
    404, "Link not found", "This link does not exist. Check that it was copied whole."
)
METHOD_NOT_ALLOWED = _page(
    405, "Not allowed", "A short link can only be opened.", (b"allow", b"GET, HEAD")
)
# Not 410, which says for good: a rule that is taken back lets the link lead on again.
BLOCKED = _page(
    403, "Link switched off", "The page behind this link is not one that we lead visitors to."
)
GONE = _page(410, "Link no longer active", "The offer behind this link has ended.")
TOO_MANY = _page(
    429,
    "Slow down",
    "Many links that do not exist were asked for from here. Try again in a minute.",
    (b"retry-after", b"60"),
)
HEAD_TOO_LONG = _page(
    431, "Request too long", "The browser sent too much along.", (b"connection", b"close")
)
TRY_AGAIN = _page(
    503,
    "Try again in a moment",
    "This link cannot be looked up right now.",
    (b"retry-after", b"5"),
)


def preview_of(location: str) -> Answer:
    """Return a page that tells where a link leads.

    Args:
        location: ASCII, absolute.
    """
    return _page(200, "Where this link leads", escape(location))


def redirect_to(location: str) -> Answer:
    """Return the redirect to a destination, which no cache may keep.

    Args:
        location: ASCII, absolute.
    """
    return Answer(
        302,
        (
            (b"location", location.encode("ascii")),
            (b"cache-control", b"private, no-store"),
            (b"content-length", b"0"),
        ),
    )


@lru_cache(CACHED_LINES)
def header_lines(answer: Answer) -> bytes:
    """Return an answer's own headers as they go over the wire, and the empty line."""
    return b"".join(b"%b: %b\r\n" % header for header in answer.headers) + b"\r\n"
