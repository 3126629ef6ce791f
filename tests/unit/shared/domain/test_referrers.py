"""What is left of a referrer is its host, and counts as before."""

import pytest

from shared.domain.referrers import host_alone


@pytest.mark.parametrize(
    ("referrer", "left"),
    [
        ("https://mail.example/inbox?who=me", "https://mail.example/"),
        ("http://me@Mail.example:8443/x#y", "https://Mail.example/"),
        ("https://[2001:db8::1]:80/x", "https://[2001:db8::1]/"),
        ("about:client", None),
        ("", None),
    ],
)
def test_nothing_but_the_host_is_left(referrer: str, left: str | None) -> None:
    assert host_alone(referrer) == left
    assert left is None or host_alone(left) == left
