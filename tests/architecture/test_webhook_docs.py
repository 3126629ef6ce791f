"""What docs/webhooks.md says of events and signatures is so."""

import re
import time
from typing import Any

from services.worker.webhook_retrying import DELAYS
from shared.domain.events import ALERT_KIND, TEST_KIND, EventKind
from shared.domain.webhook_secrets import make_secret, secret_text, sign
from tests.support.database import REPOSITORY

TEXT = (REPOSITORY / "docs/webhooks.md").read_text()
EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def verifier() -> Any:  # noqa: ANN401
    """Return the function that the example defines."""
    [code] = EXAMPLE.findall(TEXT)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - it is ours
    return names["is_ours"]


def signed(body: bytes, secret: bytes, *, at_s: int) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(at_s),
        "webhook-signature": sign("msg_1", at_s, body, [make_secret(), secret]),
    }


def test_the_example_tells_our_requests_from_others() -> None:
    is_ours, secret, body, now_s = verifier(), make_secret(), b'{"type": "x"}', int(time.time())
    text = secret_text(secret)
    headers = signed(body, secret, at_s=now_s)

    assert is_ours(text, headers, body)
    assert not is_ours(text, headers, body + b" ")
    assert not is_ours(text, headers | {"webhook-id": "msg_2"}, body)
    assert not is_ours(secret_text(make_secret()), headers, body)
    assert not is_ours(text, signed(body, secret, at_s=now_s - 3_600), body)


def test_every_type_of_event_is_explained() -> None:
    told = re.findall(r"^\| `([a-z.]+)` \|", TEXT, re.MULTILINE)

    assert told == [*EventKind, ALERT_KIND, TEST_KIND]


def test_the_delays_that_are_told_are_those_that_are_kept() -> None:
    seconds = [delay.total_seconds() for delay in DELAYS]

    assert "5 s, 30 s, 2 and 10 min, half an hour, 2, 5, 12 and 24 h" in TEXT
    assert seconds == [5, 30, 120, 600, 1_800, 7_200, 18_000, 43_200, 86_400]
