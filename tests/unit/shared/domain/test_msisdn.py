import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.msisdn import NumberRules, parse_msisdn
from shared.domain.number_rejections import InvalidMsisdnError, RejectionReason

INDIA = NumberRules("IN")


def rejection(text: str, rules: NumberRules = INDIA) -> RejectionReason:
    with pytest.raises(InvalidMsisdnError) as caught:
        parse_msisdn(text, rules)
    return caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("919876543210", id="E.164 digits"),
        pytest.param("+919876543210", id="plus"),
        pytest.param("00919876543210", id="00 for plus"),
        pytest.param(" 919876543210", id="blank for plus, from a form"),
        pytest.param("9876543210", id="national"),
        pytest.param("09876543210", id="trunk prefix"),
        pytest.param(" 09876543210", id="blank that was no plus"),
        pytest.param("+91 98765-43210", id="spaces and hyphens"),
        pytest.param("+91 (0) 98765.43210", id="bracketed trunk prefix and dots"),
        pytest.param("(+91) 98765\u201143210", id="bracketed code, non-breaking hyphen"),
        pytest.param("\u202a+91 98765\u00a043210\u202c", id="direction marks, non-breaking space"),
        pytest.param("\ufeff9876543210\u200b", id="byte order mark and zero-width space"),
        pytest.param("९८७६५४३२१०", id="Devanagari digits"),
        pytest.param(
            "\uff0b\uff19\uff11\uff19\uff18\uff17\uff16\uff15\uff14\uff13\uff12\uff11\uff10",
            id="full-width plus and digits",
        ),
        pytest.param("٩٨٧٦٥٤٣٢١٠", id="Arabic-Indic digits"),
        pytest.param("9876543210\n", id="line end"),
        pytest.param("919876543210.0", id="a float"),
        pytest.param("'919876543210", id="a spreadsheet's apostrophe"),
        pytest.param('="919876543210"', id="a spreadsheet's formula"),
        pytest.param('"9876543210"', id="quotes"),
        pytest.param("\u201c98765 43210\u201d", id="typographic quotes"),
        pytest.param("tel:+91-98765-43210", id="a tel: link"),
    ],
)
def test_every_way_to_write_a_number_is_the_same_number(text: str) -> None:
    assert parse_msisdn(text, INDIA) == 919876543210


@pytest.mark.parametrize(
    ("text", "region", "msisdn"),
    [
        pytest.param("9123456789", "IN", 919123456789, id="ten digits beginning 91 are national"),
        pytest.param("6202712345", "IN", 916202712345, id="India's 6 series"),
        pytest.param("011 44 7911 123456", "US", 447911123456, id="dialled from America"),
        pytest.param("810 44 7911 123456", "RU", 447911123456, id="from Russia"),
        pytest.param("447911123456", "IN", 447911123456, id="abroad without plus"),
        pytest.param("4915112345678", "DE", 4915112345678, id="own code, area code's look-alike"),
        pytest.param("+39 333 123 4567", "IN", 393331234567, id="Italy"),
        pytest.param("011 15 2345-6789", "AR", 5491123456789, id="Argentina's 15 becomes 9"),
        pytest.param("+54 11 15 2345 6789", "IN", 5491123456789, id="the same from abroad"),
        pytest.param("+65 9876 5432", "IN", 6598765432, id="plus leaves no doubt"),
        pytest.param(" 6598765432", "IN", 6598765432, id="nor does its blank"),
        pytest.param("+225 07 01 23 45 67", "IN", 2250701234567, id="a nought that stays"),
    ],
)
def test_a_number_is_read_as_its_country_writes_it(text: str, region: str, msisdn: int) -> None:
    assert parse_msisdn(text, NumberRules(region)) == msisdn


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", RejectionReason.EMPTY, id="nothing"),
        pytest.param(" \t", RejectionReason.EMPTY, id="blank"),
        pytest.param("\u200b", RejectionReason.EMPTY, id="invisible"),
        pytest.param("987654321O0", RejectionReason.UNEXPECTED_CHARACTER, id="letter O"),
        pytest.param("9876543210 ext 5", RejectionReason.UNEXPECTED_CHARACTER, id="extension"),
        pytest.param("9876543210;ext=5", RejectionReason.UNEXPECTED_CHARACTER, id="RFC 3966"),
        pytest.param("9876543210#5", RejectionReason.UNEXPECTED_CHARACTER, id="hash"),
        pytest.param("9876543210/9876543211", RejectionReason.UNEXPECTED_CHARACTER, id="slash"),
        pytest.param("98765+43210", RejectionReason.UNEXPECTED_CHARACTER, id="plus inside"),
        pytest.param("+", RejectionReason.UNEXPECTED_CHARACTER, id="plus alone"),
        pytest.param("''", RejectionReason.EMPTY, id="quotes around nothing"),
        pytest.param("919876543210.5", RejectionReason.TOO_LONG, id="a fraction"),
        pytest.param("=919876543210", RejectionReason.UNEXPECTED_CHARACTER, id="a formula"),
        pytest.param("sms:9876543210", RejectionReason.UNEXPECTED_CHARACTER, id="an sms: link"),
        pytest.param("9.19877E+11", RejectionReason.UNEXPECTED_CHARACTER, id="a spreadsheet's"),
        pytest.param("98765432¹⁰", RejectionReason.UNEXPECTED_CHARACTER, id="superscripts"),
        pytest.param("88012345", RejectionReason.TOO_SHORT, id="eight digits"),
        pytest.param("9", RejectionReason.TOO_SHORT, id="one digit"),
        pytest.param("+9", RejectionReason.TOO_SHORT, id="one digit behind a plus"),
        pytest.param("0987654321012", RejectionReason.TOO_LONG, id="two digits too many"),
        pytest.param("9876543210 9876543211 9", RejectionReason.TOO_LONG, id="two numbers"),
        pytest.param("9" * 1_000_000, RejectionReason.TOO_LONG, id="a megabyte"),
        pytest.param("+919876543210123", RejectionReason.TOO_LONG, id="too long for India"),
        pytest.param("+999 12345678", RejectionReason.UNKNOWN_CALLING_CODE, id="no country"),
        pytest.param("+91 5999999999", RejectionReason.UNALLOCATED, id="no operator's"),
        pytest.param("011 2345 6789", RejectionReason.LANDLINE, id="Delhi"),
        pytest.param("+39 06 1234 5678", RejectionReason.LANDLINE, id="Rome"),
        pytest.param("6598765432", RejectionReason.LANDLINE, id="Singapore or an Indian landline"),
        pytest.param("4522123456", RejectionReason.LANDLINE, id="Denmark or Madurai"),
        pytest.param("1800 123 456 789", RejectionReason.NOT_MOBILE, id="toll-free"),
        pytest.param("112", RejectionReason.SHORT_CODE, id="emergency"),
        pytest.param("1909", RejectionReason.SHORT_CODE, id="short code"),
    ],
)
def test_what_no_sms_can_reach_is_turned_down_with_its_reason(
    text: str, reason: RejectionReason
) -> None:
    assert rejection(text) is reason


def test_landlines_are_taken_where_the_account_says_so() -> None:
    rules = NumberRules("IN", allow_landlines=True)

    assert parse_msisdn("011 2345 6789", rules) == 911123456789
    assert parse_msisdn("+39 06 1234 5678", rules) == 390612345678
    assert parse_msisdn("390612345678", NumberRules("DE", allow_landlines=True)) == 390612345678


def test_short_codes_are_taken_where_the_account_says_so_but_never_emergency_numbers() -> None:
    rules = NumberRules("IN", allow_short_codes=True)

    assert parse_msisdn("1909", rules) == 1909
    assert rejection("112", rules) is RejectionReason.SHORT_CODE


@pytest.mark.parametrize("reason", list(RejectionReason))
def test_every_reason_says_what_would_be_right(reason: RejectionReason) -> None:
    error = InvalidMsisdnError(reason)

    assert str(error) == reason.message
    assert reason.message.endswith(".")
    assert error.code == "invalid_msisdn"


@given(st.text(max_size=80))
def test_any_text_is_either_a_number_or_turned_down(text: str) -> None:
    try:
        msisdn = parse_msisdn(text, INDIA)
    except InvalidMsisdnError:
        return

    assert phonenumbers.is_valid_number(phonenumbers.parse(f"+{msisdn}"))


@given(
    st.from_regex(r"\+?[0-9]{5,15}", fullmatch=True),
    st.lists(st.sampled_from([" ", "-", ".", "(", ")", "\u200e", "\u00a0"]), max_size=5),
)
def test_formatting_never_changes_the_number(text: str, formatting: list[str]) -> None:
    def outcome(written: str) -> int | RejectionReason:
        try:
            return parse_msisdn(written, INDIA)
        except InvalidMsisdnError as error:
            return error.reason

    dressed = "".join(a + b for a, b in zip(text, [*formatting, *[""] * len(text)], strict=False))

    assert outcome(dressed) == outcome(text)
