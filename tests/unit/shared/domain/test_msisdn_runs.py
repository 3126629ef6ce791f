import random  # noqa: TID251 -- fixed samples, nothing secret

import phonenumbers
import pytest
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
)

from shared.domain.msisdn_patterns import calling_code_of, international_run, national_run
from shared.domain.msisdn_runs import read_run

MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
TYPES = (
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.PAGER,
)
HOMES = ["IN", "US", "BB", "DE", "IT", "VA", "MX", "AR", "RU", "KZ", "GB", "GG", "CI", "SG", "AU"]


def asked(text: str, region: str | None) -> int | None:
    try:
        parsed = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed) or phonenumbers.number_type(parsed) not in MOBILE:
        return None
    return int(phonenumbers.format_number(parsed, PhoneNumberFormat.E164)[1:])


def examples(calling_code: int) -> list[str]:
    """National numbers that exist: one of each type and region of a calling code."""
    found = []
    for region in COUNTRY_CODE_TO_REGION_CODE[calling_code]:
        for kind in TYPES:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                found.append(phonenumbers.national_significant_number(number))
    return found


def mutated(national: str, rng: random.Random) -> str:
    """A neighbour of a number: other digits, and now and then one more or one less."""
    digits = list(national)
    for _ in range(rng.choice((0, 1, 1, 2, 6))):
        digits[rng.randrange(len(digits))] = str(rng.randrange(10))
    if rng.random() < 0.1:
        digits.insert(0, rng.choice("0123456789"))
    return "".join(digits[: len(digits) - (rng.random() < 0.1)])


def first(text: str, region: str) -> int | None:
    run = read_run(text, 0, region)
    return None if run is None else run.msisdns[0]


@pytest.mark.parametrize("calling_code", sorted(COUNTRY_CODE_TO_REGION_CODE))
def test_with_a_plus_it_agrees_with_phonenumbers_in_every_country(calling_code: int) -> None:
    rng = random.Random(calling_code)  # noqa: S311
    samples = examples(calling_code) or ["123456789"]

    for _ in range(40):
        text = f"+{calling_code}{mutated(rng.choice(samples), rng)}"
        said = first(text, "IN")
        right = asked(text, None)
        # Only what phonenumbers would first rewrite may be left to it.
        assert said in {right, None}, text
        assert said == right or str(right) != text[1:], text


@pytest.mark.parametrize("region", HOMES)
def test_bare_digits_are_read_as_phonenumbers_reads_them_at_home_or_with_a_plus(
    region: str,
) -> None:
    rng = random.Random(region)  # noqa: S311
    own = calling_code_of(region)
    codes = [own] * 10 + [1, 7, 34, 39, 44, 45, 49, 52, 54, 55, 61, 65, 91, 225, 971]

    for _ in range(200):
        code = rng.choice(codes)
        national = mutated(rng.choice(examples(code) or ["123456789"]), rng)
        written = (national, f"0{national}", f"1{national}", f"{code}{national}")
        text = rng.choice(written) if code == own else f"{code}{national}"
        said = first(text, region)
        if said is not None:
            assert said == (asked(text, region) or asked(f"+{text}", None)), text


@pytest.mark.parametrize(
    ("text", "region", "msisdn"),
    [
        pytest.param("919876543210", "IN", 919876543210, id="India with its code"),
        pytest.param("9876543210", "IN", 919876543210, id="India at home"),
        pytest.param("9123456789", "IN", 919123456789, id="ten digits that begin with 91"),
        pytest.param("09876543210", "IN", 919876543210, id="India with its trunk prefix"),
        pytest.param("12025550123", "US", 12025550123, id="trunk prefix is the calling code"),
        pytest.param("2025550123", "US", 12025550123, id="North America at home"),
        pytest.param("14165550123", "IN", 14165550123, id="Canada shares +1"),
        pytest.param("12462501234", "BB", 12462501234, id="Barbados shares +1"),
        pytest.param("79161234567", "RU", 79161234567, id="Russia"),
        pytest.param("77011234567", "IN", 77011234567, id="Kazakhstan shares +7"),
        pytest.param("447911123456", "IN", 447911123456, id="Britain"),
        pytest.param("447781123456", "IN", 447781123456, id="Guernsey shares +44"),
        pytest.param("393331234567", "IT", 393331234567, id="Italy"),
        pytest.param("525512345678", "IN", 525512345678, id="Mexico"),
        pytest.param("5491123456789", "IN", 5491123456789, id="Argentina with its mobile 9"),
        pytest.param("4915112345678", "DE", 4915112345678, id="Germany with its code"),
        pytest.param("2250701234567", "IN", 2250701234567, id="Ivory Coast keeps its nought"),
        pytest.param("0701234567", "CI", 2250701234567, id="Ivory Coast at home"),
        pytest.param(" 6598765432", "IN", 6598765432, id="blank for plus"),
    ],
)
def test_well_written_mobile_numbers_are_known_at_sight(
    text: str, region: str, msisdn: int
) -> None:
    assert first(text, region) == msisdn


@pytest.mark.parametrize(
    ("text", "region"),
    [
        pytest.param("6598765432", "IN", id="abroad, but as long as a mobile number at home"),
        pytest.param("390612345678", "IT", id="Italian landline"),
        pytest.param("448001111111", "GB", id="toll-free"),
        pytest.param("919876543210x1", "IN", id="something behind it"),
        pytest.param("+9109876543210", "IN", id="trunk prefix behind the code"),
        pytest.param("0919876543210", "IN", id="trunk prefix before the code"),
        pytest.param("01123456789", "IN", id="landline with its trunk prefix"),
        pytest.param("111523456789", "AR", id="digits that the region's prefixes may rewrite"),
        pytest.param("+999876543210", "IN", id="no such calling code"),
        pytest.param("x", "IN", id="no number"),
        pytest.param("११", "IN", id="digits that are not ASCII"),
    ],
)
def test_what_needs_thought_is_left_to_phonenumbers(text: str, region: str) -> None:
    assert read_run(text, 0, region) is None


def test_a_run_ends_at_the_first_number_written_otherwise() -> None:
    text = "919876543210,+919876543211,,919876543212,011 2345 6789,919876543213"

    run = read_run(text, 0, "IN")

    assert run is not None
    assert run.msisdns == [919876543210, 919876543211, 919876543212]
    assert text[run.end :].startswith("011")


def test_an_unknown_region_is_an_error_of_the_caller() -> None:
    with pytest.raises(LookupError, match="'XX'"):
        national_run("XX")


def test_a_calling_code_without_metadata_is_an_error_of_the_caller() -> None:
    with pytest.raises(KeyError):
        international_run(999, "IN")
