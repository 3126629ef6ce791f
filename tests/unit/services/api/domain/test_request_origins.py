"""A page of another site is known by what browsers say of it."""

import pytest

from services.api.domain.request_origins import is_from_elsewhere

HOST = {"host": "api.example.com:8443"}


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        pytest.param({}, False, id="no browser"),
        pytest.param({"sec-fetch-site": "same-origin"}, False, id="ours"),
        pytest.param({"sec-fetch-site": "none"}, False, id="typed"),
        pytest.param({"sec-fetch-site": "same-site"}, True, id="a neighbour"),
        pytest.param({"sec-fetch-site": "cross-site"}, True, id="another site"),
        pytest.param(
            {"sec-fetch-site": "cross-site", "origin": "https://api.example.com:8443"},
            True,
            id="what it says of the site counts",
        ),
        pytest.param({"origin": "https://API.example.com:8443"}, False, id="our origin"),
        pytest.param({"origin": "https://api.example.com"}, True, id="another port"),
        pytest.param({"origin": "https://evil.example.com:8443"}, True, id="another host"),
        pytest.param({"origin": "null"}, True, id="hidden"),
        pytest.param({"origin": "https://[::1"}, True, id="no origin"),
    ],
)
def test_it_is_known(*, headers: dict[str, str], elsewhere: bool) -> None:
    assert is_from_elsewhere(HOST | headers) is elsewhere


def test_without_a_host_no_origin_is_ours() -> None:
    assert is_from_elsewhere({"origin": "https://api.example.com"})
