"""Codes are those of RFC 6238, of a step before or behind, and never twice."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from services.api.domain.second_factors import (
    SEED_OCTETS,
    find_step,
    make_recovery_codes,
    make_seed,
    otpauth_url,
    recovery_digest,
    seed_text,
)

# RFC 6238, appendix B, SHA-1: time and the last six of its eight digits.
SEED = b"12345678901234567890"
SAMPLES = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
STEP = timedelta(seconds=30)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), SAMPLES)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    now = at(seconds)

    assert find_step(SEED, code, now=now, last_step=None) == seconds // 30
    assert find_step(SEED, f" {code[:3]} {code[3:]}", now=now, last_step=None) == seconds // 30


@pytest.mark.parametrize(("seconds", "code"), SAMPLES[1:])
@pytest.mark.parametrize("steps", [-1, 1])
def test_a_clock_may_be_one_step_off(seconds: int, code: str, steps: int) -> None:
    now = at(seconds)

    assert find_step(SEED, code, now=now + steps * STEP, last_step=None) == seconds // 30
    assert find_step(SEED, code, now=now + 2 * steps * STEP, last_step=None) is None


@pytest.mark.parametrize("later", [0, 1])
def test_a_step_is_not_taken_again_nor_one_before_it(later: int) -> None:
    seconds, code = SAMPLES[3]

    assert find_step(SEED, code, now=at(seconds), last_step=seconds // 30 + later) is None
    assert find_step(SEED, code, now=at(seconds), last_step=seconds // 30 - 1) is not None


@pytest.mark.parametrize("code", ["", "005925", "5924", "00592\uff14", "\ud83d", "005924005924"])
def test_what_is_no_code_is_none(code: str) -> None:
    assert find_step(SEED, code, now=at(1234567890), last_step=None) is None


def test_a_seed_is_random_and_told_as_authenticators_read_it() -> None:
    seed, other = make_seed(), make_seed()
    url = urlsplit(otpauth_url(seed, "asha@acme"))

    assert seed != other
    assert len(seed) == SEED_OCTETS
    assert (url.scheme, url.netloc, url.path) == ("otpauth", "totp", "/txlink:asha%40acme")
    assert parse_qs(url.query) == {"secret": [seed_text(seed)], "issuer": ["txlink"]}


def test_recovery_codes_are_ten_and_known_however_they_are_typed() -> None:
    codes = make_recovery_codes()

    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"(?:[a-z2-7]{4}-){3}[a-z2-7]{4}", code) for code in codes)
    typed = codes[0].upper().replace("-", " ")
    assert recovery_digest(typed) == recovery_digest(codes[0]) != recovery_digest(codes[1])
