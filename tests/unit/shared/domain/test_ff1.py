import math
import string

import ffx  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ff1 import FF1, MAX_RADIX, MIN_DOMAIN_SIZE

KEY_128 = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
KEY_192 = KEY_128 + bytes.fromhex("EF4359D8D580AA4F")
KEY_256 = KEY_192 + bytes.fromhex("7F036D6F04FC6A94")
NO_TWEAK = b""
TWEAK_10 = bytes.fromhex("39383736353433323130")
TWEAK_36 = bytes.fromhex("3737373770717273373737")
DIGITS = "0123456789"
TEXT_36 = "0123456789abcdefghi"
NUMERALS_36 = string.digits + string.ascii_lowercase
LARGEST_RADIX_ORACLE = ffx.FF1(KEY_256, alphabet="".join(map(chr, range(MAX_RADIX))))

# The samples that NIST publishes beside SP 800-38G ("FF1samples").
NIST_SAMPLES = [
    pytest.param(KEY_128, 10, NO_TWEAK, DIGITS, "2433477484", id="1-aes128-radix10"),
    pytest.param(KEY_128, 10, TWEAK_10, DIGITS, "6124200773", id="2-aes128-radix10-tweak"),
    pytest.param(KEY_128, 36, TWEAK_36, TEXT_36, "a9tv40mll9kdu509eum", id="3-aes128-radix36"),
    pytest.param(KEY_192, 10, NO_TWEAK, DIGITS, "2830668132", id="4-aes192-radix10"),
    pytest.param(KEY_192, 10, TWEAK_10, DIGITS, "2496655549", id="5-aes192-radix10-tweak"),
    pytest.param(KEY_192, 36, TWEAK_36, TEXT_36, "xbj3kv35jrawxv32ysr", id="6-aes192-radix36"),
    pytest.param(KEY_256, 10, NO_TWEAK, DIGITS, "6657667009", id="7-aes256-radix10"),
    pytest.param(KEY_256, 10, TWEAK_10, DIGITS, "1001623463", id="8-aes256-radix10-tweak"),
    pytest.param(KEY_256, 36, TWEAK_36, TEXT_36, "xs8a0azh2avyalyzuwd", id="9-aes256-radix36"),
]

keys = st.sampled_from((16, 24, 32)).flatmap(lambda size: st.binary(min_size=size, max_size=size))
tweaks = st.binary(max_size=40)


def numerals_of(text: str) -> list[int]:
    return [NUMERALS_36.index(character) for character in text]


def text_of(numerals: list[int]) -> str:
    return "".join(NUMERALS_36[numeral] for numeral in numerals)


@st.composite
def radix_and_numerals(draw: st.DrawFn, max_radix: int = MAX_RADIX) -> tuple[int, list[int]]:
    radix = draw(st.integers(2, max_radix))
    shortest = max(2, math.ceil(math.log(MIN_DOMAIN_SIZE, radix)))
    length = draw(st.integers(shortest, shortest + 40))
    return radix, draw(st.lists(st.integers(0, radix - 1), min_size=length, max_size=length))


@pytest.mark.parametrize(("key", "radix", "tweak", "plain", "encrypted"), NIST_SAMPLES)
def test_encrypting_a_nist_sample_gives_its_published_result(
    key: bytes, radix: int, tweak: bytes, plain: str, encrypted: str
) -> None:
    assert text_of(FF1(key, radix).encrypt(numerals_of(plain), tweak)) == encrypted


@pytest.mark.parametrize(("key", "radix", "tweak", "plain", "encrypted"), NIST_SAMPLES)
def test_decrypting_a_nist_sample_gives_its_plain_text(
    key: bytes, radix: int, tweak: bytes, plain: str, encrypted: str
) -> None:
    assert text_of(FF1(key, radix).decrypt(numerals_of(encrypted), tweak)) == plain


@given(keys, radix_and_numerals(), tweaks)
def test_decrypt_inverts_encrypt(
    key: bytes, radix_numerals: tuple[int, list[int]], tweak: bytes
) -> None:
    radix, numerals = radix_numerals
    cipher = FF1(key, radix)

    encrypted = cipher.encrypt(numerals, tweak)

    assert all(0 <= numeral < radix for numeral in encrypted)
    assert cipher.decrypt(encrypted, tweak) == numerals


@given(keys, radix_and_numerals(max_radix=36), tweaks)
def test_another_implementation_agrees(
    key: bytes, radix_numerals: tuple[int, list[int]], tweak: bytes
) -> None:
    radix, numerals = radix_numerals
    oracle = ffx.FF1(key, radix=radix)

    encrypted = text_of(FF1(key, radix).encrypt(numerals, tweak))

    assert encrypted == oracle.encrypt(text_of(numerals), tweak=tweak)


@given(st.lists(st.integers(0, MAX_RADIX - 1), min_size=2, max_size=12), tweaks)
def test_another_implementation_agrees_at_the_largest_radix(
    numerals: list[int], tweak: bytes
) -> None:
    text = "".join(map(chr, numerals))

    encrypted = FF1(KEY_256, MAX_RADIX).encrypt(numerals, tweak)

    assert "".join(map(chr, encrypted)) == LARGEST_RADIX_ORACLE.encrypt(text, tweak=tweak)


def test_another_tweak_gives_another_result() -> None:
    cipher = FF1(KEY_256, 10)

    assert cipher.encrypt([0] * 10, b"a") != cipher.encrypt([0] * 10, b"b")


@pytest.mark.parametrize("size", [0, 15, 31, 33, 64])
def test_a_key_that_is_no_aes_key_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"16, 24 or 32 octets, not {size}"):
        FF1(bytes(size), 10)


@pytest.mark.parametrize("radix", [-1, 0, 1, MAX_RADIX + 1])
def test_a_radix_out_of_range_is_refused(radix: int) -> None:
    with pytest.raises(ValueError, match="radix must be 2 to 65536"):
        FF1(KEY_256, radix)


@pytest.mark.parametrize(
    ("radix", "length"),
    [(10, 0), (10, 5), (2, 19), (62, 3), (MAX_RADIX, 1)],
    ids=["empty", "digits", "bits", "base-62", "single-numeral"],
)
def test_a_domain_below_a_million_is_refused(radix: int, length: int) -> None:
    with pytest.raises(ValueError, match="make a domain of less than 1,000,000"):
        FF1(KEY_256, radix).encrypt([0] * length)


@pytest.mark.parametrize(("radix", "length"), [(10, 6), (2, 20), (62, 4), (MAX_RADIX, 2)])
def test_the_smallest_allowed_domain_is_taken(radix: int, length: int) -> None:
    assert len(FF1(KEY_256, radix).encrypt([0] * length)) == length


@pytest.mark.parametrize("foreign", [-1, 10])
def test_a_numeral_out_of_range_is_refused(foreign: int) -> None:
    cipher = FF1(KEY_256, 10)

    with pytest.raises(ValueError, match="every numeral must be 0 to 9"):
        cipher.encrypt([1, 2, 3, 4, 5, foreign])
    with pytest.raises(ValueError, match="every numeral must be 0 to 9"):
        cipher.decrypt([1, 2, 3, 4, 5, foreign])
