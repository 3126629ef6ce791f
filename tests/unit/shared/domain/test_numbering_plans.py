import random  # noqa: TID251 -- fixed samples, nothing secret

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneNumber

from shared.domain.msisdn import ask_phonenumbers
from shared.domain.msisdn_patterns import calling_code_of
from shared.domain.number_rejections import RejectionReason
from shared.domain.numbering_plans import Reading, read_plain, short_plan

REGIONS = sorted(SUPPORTED_REGIONS)
DIGITS = st.text("0123456789", min_size=1, max_size=20)


def near(region: str, rng: random.Random) -> str:
    """Digits of which many begin as a region's numbers do, and are about as long."""
    kind = rng.randrange(phonenumbers.PhoneNumberType.VOICEMAIL + 1)
    example = phonenumbers.example_number_for_type(region, kind)
    if example is None or rng.random() < 0.2:
        return "".join(rng.choices("0123456789", k=rng.randint(1, 18)))
    digits = list(phonenumbers.national_significant_number(example))
    for _ in range(rng.choice((0, 1, 3))):
        digits[rng.randrange(len(digits))] = rng.choice("0123456789")
    national = "".join(digits) + rng.choice(("", "", "", "7", "42"))
    return national[: len(national) - rng.choice((0, 0, 0, 1, 3))] or "1"


def written(region: str, rng: random.Random) -> str:
    before = ("", "", "0", "1", "8", "011", str(calling_code_of(region)))
    return (rng.choice(before) + near(region, rng))[:20]


@pytest.mark.parametrize("region", REGIONS)
def test_at_home_it_reads_what_phonenumbers_reads(region: str) -> None:
    rng = random.Random(region)  # noqa: S311

    for _ in range(60):
        number = written(region, rng)
        said = read_plain(number, region)
        assert said in {ask_phonenumbers(number, region), None}, number


@pytest.mark.parametrize("calling_code", sorted(COUNTRY_CODE_TO_REGION_CODE))
def test_with_a_plus_it_reads_what_phonenumbers_reads(calling_code: int) -> None:
    rng = random.Random(calling_code)  # noqa: S311
    regions = COUNTRY_CODE_TO_REGION_CODE[calling_code]

    for _ in range(60):
        number = f"+{calling_code}{rng.choice(('', '', '0'))}{near(rng.choice(regions), rng)}"
        said = read_plain(number[:21], None)
        assert said in {ask_phonenumbers(number[:21], None), None}, number


@given(DIGITS, st.sampled_from(REGIONS))
def test_any_digits_are_read_as_phonenumbers_reads_them(digits: str, region: str) -> None:
    for number, home in ((digits, region), (f"+{digits}", None)):
        assert read_plain(number, home) in {ask_phonenumbers(number, home), None}


@given(DIGITS, st.sampled_from(REGIONS))
def test_short_numbers_are_those_of_phonenumbers(digits: str, region: str) -> None:
    number = digits[: 1 + len(digits) % 7]
    plan = short_plan(region)
    parsed = PhoneNumber(country_code=calling_code_of(region), national_number=int(number))

    assert bool(plan.emergency.match(number)) is phonenumbers.is_emergency_number(number, region)
    assert bool(plan.short.match(str(int(number)))) is (
        phonenumbers.is_valid_short_number_for_region(parsed, region)
    )


@pytest.mark.parametrize(
    ("number", "reading"),
    [
        pytest.param("5999999999", Reading(0, RejectionReason.UNALLOCATED), id="unallocated"),
        pytest.param("98765", Reading(0, RejectionReason.TOO_SHORT), id="too short"),
        pytest.param("98765432101", Reading(0, RejectionReason.TOO_LONG), id="too long"),
        pytest.param("2" * 20, Reading(0, RejectionReason.TOO_LONG), id="far too long"),
        pytest.param("1", Reading(0, RejectionReason.TOO_SHORT), id="one digit"),
        pytest.param("911", Reading(0, RejectionReason.TOO_SHORT), id="hardly more than a code"),
        pytest.param("2228403221", Reading(912228403221, RejectionReason.LANDLINE), id="landline"),
        pytest.param("18001234567", Reading(9118001234567, RejectionReason.NOT_MOBILE), id="free"),
        pytest.param("02228403221", Reading(912228403221, RejectionReason.LANDLINE), id="trunk"),
    ],
)
def test_what_is_often_wrong_is_never_left_to_phonenumbers(number: str, reading: Reading) -> None:
    assert read_plain(number, "IN") == reading
    assert ask_phonenumbers(number, "IN") == reading


def test_prefixes_that_are_rewritten_are_left_to_phonenumbers() -> None:
    assert read_plain("01123456789", "BR") is None
    assert read_plain("+5501123456789", None) is None
    assert read_plain("550115123456789", "BR") is None
    assert read_plain("011441632960001", "US") is None


def test_a_region_without_short_numbers_has_none() -> None:
    assert not any(pattern.match("112") for pattern in short_plan("001"))
