"""Keys of tokens are opened once, and anew when they were sealed anew."""

import pytest

from shared.domain.sealing import OtherContextError, Sealer, make_key
from shared.domain.token_keys import TokenKeys, token_key_context

KEY, OTHER = b"k" * 32, b"o" * 32


def test_a_key_is_opened_once_for_as_long_as_it_is_kept_in_one_form() -> None:
    sealer = Sealer([make_key()])
    keys, kept = TokenKeys(sealer), sealer.seal(KEY, token_key_context(6))

    assert keys.open(6, kept) is keys.open(6, kept)
    assert keys.open(6, kept) == KEY
    assert keys.open(6, sealer.seal(OTHER, token_key_context(6))) == OTHER
    assert keys.open(7, KEY) == KEY


def test_the_key_of_another_length_is_refused() -> None:
    sealer = Sealer([make_key()])

    with pytest.raises(OtherContextError):
        TokenKeys(sealer).open(7, sealer.seal(KEY, token_key_context(6)))
