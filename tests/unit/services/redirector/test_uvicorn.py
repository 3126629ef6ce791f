"""What the redirector's protocol leans on of uvicorn is what it was when that was written."""

import hashlib
import inspect
import textwrap
from importlib.metadata import version

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

PINNED = "0.54.0"
# Read the change before a digest is renewed: services/redirector/bounded.py and fast_lane.py say
# what they need.
LEANT_ON = {
    "__init__": "264f2f06759670d4",
    "connection_made": "ba1915817ccf6c1b",
    "connection_lost": "21bb5222b35990e7",
    "eof_received": "cf1db74cbefe2709",
    "_unset_keepalive_if_required": "58f4ffce604d92dd",
    "data_received": "02c2572f1df55907",
    "send_400_response": "0b0d3ace8d263788",
    "on_message_begin": "0efab6f9456c4987",
    "on_url": "4670fe11c5fd5028",
    "on_header": "374f1e380c062750",
    "on_headers_complete": "7e259152e5aade71",
    "on_body": "415b4cef19fba083",
    "on_message_complete": "377f9122ee6f3ab8",
    "on_response_complete": "5684fd801d0683ac",
    "shutdown": "4822ef10fa982b12",
    "pause_writing": "0d1d5ff822175905",
    "resume_writing": "89f3ffd1fdaf75fc",
    "timeout_keep_alive_handler": "2127de00e7f6b118",
}


def digest(name: str) -> str:
    source = textwrap.dedent(inspect.getsource(getattr(HttpToolsProtocol, name)))
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def test_uvicorn_is_the_one_that_was_read() -> None:
    assert version("uvicorn") == PINNED


@pytest.mark.parametrize(("name", "expected"), LEANT_ON.items())
def test_method_is_the_one_that_was_read(name: str, expected: str) -> None:
    assert digest(name) == expected


def test_no_method_has_been_added() -> None:
    own = {name for name, value in vars(HttpToolsProtocol).items() if inspect.isfunction(value)}

    assert own - LEANT_ON.keys() == {
        "_get_upgrade",
        "_should_upgrade_to_ws",
        "_unsupported_upgrade_warning",
        "_should_upgrade",
        "handle_websocket_upgrade",
        "_start_asgi_task",
    }


def test_cycle_tells_whether_it_has_answered() -> None:
    assert "self.response_complete = True" in inspect.getsource(RequestResponseCycle.send)
