"""URLs that are kept for ever tell where they lead, and none of their secrets."""

import pytest

from services.api.domain.masked_urls import masked_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/t0ken?k=v", "https://a.example/… ("),
        ("https://user:pass@a.example:8443/", "https://a.example:8443/… ("),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/… ("),
        ("https://a.example:port/", "("),
    ],
)
def test_a_url_is_told_without_what_may_be_secret(url: str, shown: str) -> None:
    masked = masked_url(url)

    assert masked.startswith(shown)
    assert not any(secret in masked for secret in ("t0ken", "pass", "k=v"))
    assert masked == masked_url(url) != masked_url(url + "2")
