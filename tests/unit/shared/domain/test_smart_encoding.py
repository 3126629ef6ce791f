import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.segments import Encoding, segment
from shared.domain.smart_encoding import plain_form, plain_text, to_gsm7


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        pytest.param("Today\u2019s \u201csale\u201d", 'Today\'s "sale"', id="quotes"),
        pytest.param("9\u201317 \u2014 daily", "9-17 - daily", id="dashes"),
        pytest.param("Wait\u2026", "Wait...", id="ellipsis"),
        pytest.param("Rs.\u00a0500\u2009off", "Rs. 500 off", id="spaces"),
        pytest.param("one\ttwo", "one two", id="tab"),
        pytest.param("one\u2028two", "one\ntwo", id="line separator"),
        pytest.param("of\u00adfer\u200b \ufeffnow", "offer now", id="invisible"),
        pytest.param("a\u200cb\u034f \u061cnow", "ab now", id="joiners and marks"),
        pytest.param("\u00a9\ufe0f \u2122\ufe0e", "(C) (TM)", id="a mark made an emoji or kept"),
        pytest.param("wait\u2025 a\u2024b", "wait.. a.b", id="dot leaders"),
        pytest.param("\u20b9500", "Rs.500", id="rupee"),
        pytest.param("\u00bd off\u2122", "1/2 off(TM)", id="fractions and marks"),
        pytest.param("\u2022 tea", "* tea", id="bullet"),
        pytest.param("`code`", "'code'", id="backtick"),
        pytest.param("cafe\u0301 mu\u0308de", "café müde", id="letter and accent become one"),
        pytest.param("\u201cनमस्ते\u201d\u2026", "\u201cनमस्ते\u201d\u2026", id="no gain, no change"),
        pytest.param("Sale\u2026 😀", "Sale\u2026 😀", id="an emoji needs UCS-2 anyway"),
        pytest.param(
            "\u201cfran\u00e7ais\u201d", "\u201cfran\u00e7ais\u201d", id="no letter changes"
        ),
        pytest.param("é ñ § £ € [x]", "é ñ § £ € [x]", id="GSM-7 stays"),
    ],
)
def test_typographic_characters_become_plain(text: str, plain: str) -> None:
    assert to_gsm7(text) == plain


def test_one_curly_apostrophe_no_longer_doubles_the_bill() -> None:
    text = "Today\u2019s OTP is 482913. Do not share it with anyone, not even bank staff. Team X"

    assert segment(text).count == 2
    assert segment(to_gsm7(text)).count == 1


def test_replacement_of_a_character_can_be_told() -> None:
    assert plain_form("\u2026") == "..."
    assert plain_form("\u200b") == ""
    assert plain_form("ç") is None


@given(text=st.text(st.characters(max_codepoint=0x3100), max_size=40))
def test_text_is_changed_only_into_gsm_and_once(text: str) -> None:
    plain = to_gsm7(text)

    assert to_gsm7(plain) == plain
    assert plain == text or segment(plain).encoding is Encoding.GSM_7


def test_what_has_a_plain_form_becomes_plain_beside_what_has_none() -> None:
    text = "\u201cSale\u201d \U0001f600 \u2013 today"

    assert to_gsm7(text) == text
    assert plain_text(text) == '"Sale" \U0001f600 - today'
