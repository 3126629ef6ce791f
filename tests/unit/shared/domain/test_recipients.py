import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.msisdn import NumberRules, parse_msisdn
from shared.domain.number_rejections import RejectionReason
from shared.domain.recipients import Recipients, RejectedNumber, parse_recipients

INDIA = NumberRules("IN")
FIRST, SECOND = 919876543210, 918123456789


def recipients_of(mobiles: str | list[str]) -> Recipients:
    return parse_recipients(mobiles, rules=INDIA, drop_duplicates=True)


def test_one_person_in_three_forms_gets_one_sms() -> None:
    found = recipients_of("9876543210,+91 98765 43210\n09876543210\n8123456789, ,")

    assert found == Recipients([FIRST, SECOND], [], duplicate_count=2)


def test_duplicates_are_kept_in_place_but_counted_when_not_to_be_dropped() -> None:
    found = parse_recipients(
        "9876543210,8123456789,+919876543210", rules=INDIA, drop_duplicates=False
    )

    assert found == Recipients([FIRST, SECOND, FIRST], [], duplicate_count=1)


@pytest.mark.parametrize(
    "separator",
    [
        ",",
        ", ",
        ";",
        "|",
        " | ",
        " ",
        "\u00a0",
        "\n",
        "\r\n",
        "\t",
        "\u2028",
        "\uff0c",
        "\uff1b",
        "、",
        "،",
        "؛",
        "।",
        ",,\n ,",
    ],
    ids=ascii,
)
def test_numbers_may_be_separated_by(separator: str) -> None:
    assert recipients_of(f"9876543210{separator}8123456789").msisdns == [FIRST, SECOND]


@pytest.mark.parametrize("blank", ["", " ", ",", " , ;\n\t ", "\u3000"], ids=ascii)
def test_blanks_are_nobody(blank: str) -> None:
    assert recipients_of(blank) == Recipients([], [], duplicate_count=0)


def test_texts_of_a_list_are_read_like_one_text() -> None:
    assert recipients_of(["9876543210", "", "8123456789;9876543210"]) == Recipients(
        [FIRST, SECOND], [], duplicate_count=1
    )


def test_blanks_are_pluses_throughout_when_the_text_begins_with_one() -> None:
    assert recipients_of(" 6598765432, 6591234567").msisdns == [6598765432, 6591234567]


def test_a_blank_behind_a_comma_is_only_a_blank() -> None:
    found = recipients_of("9876543210, 6598765432")

    assert found.rejected == [RejectedNumber("6598765432", RejectionReason.LANDLINE)]


@pytest.mark.parametrize(
    "mobiles",
    [
        "+91 98765 43210 +91 81234 56789",
        "919876543210 08123456789",
        " 919876543210 918123456789",
        '"9876543210", "8123456789"',
    ],
)
def test_blanks_separate_what_is_no_number_otherwise(mobiles: str) -> None:
    assert recipients_of(mobiles) == Recipients([FIRST, SECOND], [], duplicate_count=0)


@pytest.mark.parametrize(
    "mobiles",
    ["9876543210 8123456789 5", "98765 43210 81234 56789", "9876543210 5999999999", "1909 1909"],
)
def test_blanks_separate_nothing_where_one_piece_is_no_number(mobiles: str) -> None:
    rules = NumberRules("IN", allow_short_codes=True)

    found = parse_recipients(mobiles, rules=rules, drop_duplicates=True)

    assert found.msisdns == []
    assert [number.raw for number in found.rejected] == [mobiles]


def test_the_good_numbers_go_on_and_the_bad_come_back_in_order_with_their_reasons() -> None:
    found = recipients_of("12ab, 9876543210, 011 2345 6789, 919876543211, 88012345")

    assert found.msisdns == [FIRST, 919876543211]
    assert found.rejected == [
        RejectedNumber("12ab", RejectionReason.UNEXPECTED_CHARACTER),
        RejectedNumber("011 2345 6789", RejectionReason.LANDLINE),
        RejectedNumber("88012345", RejectionReason.TOO_SHORT),
    ]


def test_no_number_gets_into_a_log_by_its_repr() -> None:
    shown = repr(recipients_of("9876543210, 011 2345 6789"))

    assert "876543" not in shown
    assert "2345" not in shown
    assert "landline" in shown


def test_a_megabyte_of_digits_comes_back_as_one_short_quote() -> None:
    assert recipients_of("९" * 1_000_000).rejected == [
        RejectedNumber("९" * 64, RejectionReason.TOO_LONG)
    ]


@given(
    st.lists(
        st.one_of(
            st.from_regex(r"(\+?91|0)?[6-9][0-9]{9}", fullmatch=True),
            st.from_regex(r"\+?(1|44|65|971)[0-9]{8,10}", fullmatch=True),
        ),
        max_size=8,
    )
)
def test_a_list_is_read_like_its_numbers_one_by_one(numbers: list[str]) -> None:
    found = parse_recipients(",".join(numbers), rules=INDIA, drop_duplicates=False)

    rejected = {number.raw for number in found.rejected}
    good = [number for number in numbers if number not in rejected]
    assert found.msisdns == [parse_msisdn(number, INDIA) for number in good]


@given(st.text(alphabet="0123456789+ ,;\n.-x९،", max_size=200))
def test_every_part_of_any_text_is_accounted_for(text: str) -> None:
    kept = parse_recipients(text, rules=INDIA, drop_duplicates=False)
    dropped = recipients_of(text)

    assert dropped.rejected == kept.rejected
    assert len(dropped.msisdns) + dropped.duplicate_count == len(kept.msisdns)
    assert dropped.msisdns == list(dict.fromkeys(kept.msisdns))
