"""API keys are shown once, recognised by their prefix and kept as a digest."""

import pytest

from shared.domain.api_keys import digest, make_key, matches, split_key


def test_a_key_is_recognised_by_what_is_kept_of_it() -> None:
    key = make_key()

    parts = split_key(f" {key.text}\n")

    assert parts is not None
    prefix, secret = parts
    assert prefix == key.prefix
    assert matches(secret, key.secret_sha256)
    assert not matches(secret + "x", key.secret_sha256)


def test_no_two_keys_are_alike() -> None:
    keys = [make_key() for _ in range(100)]

    assert len({key.prefix for key in keys}) == 100
    assert len({key.secret_sha256 for key in keys}) == 100


def test_a_secret_with_underscores_stays_whole() -> None:
    assert split_key("txk_0123456789ab_a_b_c") == ("0123456789ab", "a_b_c")


@pytest.mark.parametrize(
    "text",
    ["", "txk", "txk_", "txk_0123456789ab", "txk_0123456789ab_", "txk_short_secret", "abc_d_e"],
)
def test_what_has_not_the_shape_of_a_key_is_none(text: str) -> None:
    assert split_key(text) is None


def test_the_representation_of_a_key_shows_nothing_of_it() -> None:
    key = make_key()

    assert key.text not in repr(key)
    assert digest(key.text) != key.secret_sha256
