from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.base62 import ALPHABET
from shared.domain.errors import InvalidTokenError
from shared.domain.ff1 import FF1
from shared.domain.tokens import (
    SMALLEST_BATCH,
    TOKEN_LENGTHS,
    TokenCipher,
    domain_size,
)

KEY = bytes(range(32))

keys = st.binary(min_size=32, max_size=32)
lengths = st.sampled_from(TOKEN_LENGTHS)
every_length = pytest.mark.parametrize("length", TOKEN_LENGTHS)


def by_plain_ff1(key: bytes, length: int, link_number: int) -> str:
    numerals = [link_number // 62**place % 62 for place in reversed(range(length))]
    return "".join(ALPHABET[numeral] for numeral in FF1(key, 62).encrypt(numerals))


@st.composite
def blocks(draw: st.DrawFn, largest: int = 3 * SMALLEST_BATCH) -> tuple[int, int, int]:
    length = draw(lengths)
    count = draw(st.integers(0, largest))
    return length, draw(st.integers(0, 62**length - count)), count


@given(keys, blocks())
def test_a_block_is_what_plain_ff1_gives(key: bytes, block: tuple[int, int, int]) -> None:
    length, first_link, count = block

    tokens = TokenCipher(key, length).mint_block(first_link, count)

    assert tokens == [by_plain_ff1(key, length, first_link + n) for n in range(count)]


@given(keys, blocks())
def test_a_block_is_its_numbers_minted_one_by_one(key: bytes, block: tuple[int, int, int]) -> None:
    length, first_link, count = block
    cipher = TokenCipher(key, length)

    assert cipher.mint_block(first_link, count) == [
        cipher.mint(first_link + n) for n in range(count)
    ]


@given(keys, blocks())
def test_decrypting_inverts_minting(key: bytes, block: tuple[int, int, int]) -> None:
    length, first_link, count = block
    cipher = TokenCipher(key, length)

    tokens = cipher.mint_block(first_link, count)

    assert [cipher.link_number(token) for token in tokens] == [
        first_link + n for n in range(count)
    ]


@given(keys, lengths, st.data())
def test_minting_inverts_decrypting_any_text_of_the_alphabet(
    key: bytes, length: int, data: st.DataObject
) -> None:
    token = data.draw(st.text(ALPHABET, min_size=length, max_size=length))
    cipher = TokenCipher(key, length)

    link_number = cipher.link_number(token)

    assert 0 <= link_number < domain_size(length)
    assert cipher.mint(link_number) == token


@given(keys, lengths, st.data())
def test_no_two_numbers_of_a_domain_share_a_token(
    key: bytes, length: int, data: st.DataObject
) -> None:
    link_numbers = st.integers(0, domain_size(length) - 1)
    numbers = data.draw(st.lists(link_numbers, unique=True, min_size=2))
    cipher = TokenCipher(key, length)

    assert len({cipher.mint(number) for number in numbers}) == len(numbers)


@every_length
def test_a_block_of_100_000_has_as_many_tokens_of_its_length(length: int) -> None:
    tokens = TokenCipher(KEY, length).mint_block(domain_size(length) - 100_000, 100_000)

    assert len(set(tokens)) == 100_000
    assert {len(token) for token in tokens} == {length}
    assert set("".join(tokens)) == set(ALPHABET)


@every_length
def test_the_first_and_the_last_number_of_a_domain_are_minted_as_plain_ff1_does(
    length: int,
) -> None:
    cipher = TokenCipher(KEY, length)

    for link_number in (0, 62 ** (length - length // 2) - 1, domain_size(length) - 1):
        assert cipher.mint(link_number) == by_plain_ff1(KEY, length, link_number)


# Taken from libffx, so that no change here can alter what a sent link means.
@pytest.mark.parametrize(
    ("length", "token"), [(6, "58vjhN"), (7, "lMkj6IP"), (8, "m34suolH")], ids=str
)
def test_a_token_already_sent_keeps_its_link_number(length: int, token: str) -> None:
    cipher = TokenCipher(KEY, length)

    assert cipher.link_number(token) == 123_456
    assert cipher.mint(123_456) == token


@every_length
@pytest.mark.parametrize(
    ("first_link", "count"),
    [(-1, 1), (-1, 50), (0, -1), (0, 62**9), (62**9, 0)],
    ids=["below", "block-from-below", "negative-count", "too-many", "beyond"],
)
def test_a_block_that_leaves_its_domain_is_refused(
    length: int, first_link: int, count: int
) -> None:
    with pytest.raises(ValueError, match=f"not all among 0 to {62**length - 1}"):
        TokenCipher(KEY, length).mint_block(first_link, count)


@every_length
@pytest.mark.parametrize("beyond", [0, 1, 62])
def test_a_number_beyond_its_domain_is_refused(length: int, beyond: int) -> None:
    cipher = TokenCipher(KEY, length)

    with pytest.raises(ValueError, match="not all among"):
        cipher.mint(62**length + beyond)
    with pytest.raises(ValueError, match="not all among"):
        cipher.mint_block(62**length + beyond - 49, 50)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("SAlhj", id="too-short"),
        pytest.param("SAlhjSSAl", id="too-long"),
        pytest.param("favicon.ico", id="a-file"),
        pytest.param("SAlhj.", id="full-stop"),
        pytest.param("SAlhj ", id="space"),
        pytest.param("SAl-jS", id="hyphen"),
        pytest.param("SAl_jSx", id="underscore"),
        pytest.param("SAlhjSx\n", id="line-feed"),
        pytest.param("\0\0\0\0\0\0", id="null"),
        pytest.param("SAlhjé", id="accent"),
        pytest.param("०१२३४५", id="devanagari-digits"),
        pytest.param("\uff33\uff21\uff4c\uff48\uff4a\uff33", id="full-width"),
        pytest.param("SAlhj\ud800", id="lone-surrogate"),
    ],
)
@every_length
def test_a_text_that_is_no_token_is_refused(length: int, text: str) -> None:
    with pytest.raises(InvalidTokenError, match="6 to 8 characters out of 0-9, A-Z and a-z"):
        TokenCipher(KEY, length).link_number(text)


@pytest.mark.parametrize(("length", "other"), [*permutations(TOKEN_LENGTHS, 2)])
def test_a_token_of_another_length_is_refused(length: int, other: int) -> None:
    token = TokenCipher(KEY, other).mint(0)

    with pytest.raises(InvalidTokenError):
        TokenCipher(KEY, length).link_number(token)


@given(lengths, st.data())
def test_one_foreign_character_anywhere_makes_a_text_no_token(
    length: int, data: st.DataObject
) -> None:
    text = data.draw(st.text(ALPHABET, min_size=length - 1, max_size=length - 1))
    foreign = data.draw(st.characters(exclude_characters=ALPHABET))
    place = data.draw(st.integers(0, length - 1))

    with pytest.raises(InvalidTokenError):
        TokenCipher(KEY, length).link_number(text[:place] + foreign + text[place:])


def test_one_cipher_serves_threads_at_once() -> None:
    cipher = TokenCipher(KEY, 6)
    expected = cipher.mint_block(0, 20_000)

    with ThreadPoolExecutor(4) as pool:
        minted = list(pool.map(lambda _: cipher.mint_block(0, 20_000), range(8)))
        read = list(pool.map(cipher.link_number, expected[:2_000]))

    assert all(tokens == expected for tokens in minted)
    assert read == list(range(2_000))


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"a token key has 32 octets, not {size}"):
        TokenCipher(bytes(size), 6)


@pytest.mark.parametrize("length", [0, 5, 9])
def test_a_length_that_no_token_has_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="6, 7 or 8 characters"):
        TokenCipher(KEY, length)
    with pytest.raises(ValueError, match="6, 7 or 8 characters"):
        domain_size(length)


@every_length
def test_no_repr_shows_the_key(length: int) -> None:
    cipher = TokenCipher(KEY, length)

    shown = repr(cipher) + repr(vars(cipher))

    assert repr(KEY)[2:-1] not in shown
    assert KEY.hex() not in shown
