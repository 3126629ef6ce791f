from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.segments import (
    MAX_SEGMENTS,
    Encoding,
    NotGsmError,
    TextTooLongError,
    non_gsm_characters,
    room_in,
    segment,
)

GSM = Encoding.GSM_7
UCS = Encoding.UCS_2
FAMILY = "👩\u200d👩\u200d👧\u200d👦"
LINK = "https://tx1.in/SAlhjS"


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        pytest.param("", GSM, 0, 1, id="an empty text is one segment"),
        pytest.param("a" * 160, GSM, 160, 1, id="160 septets travel alone"),
        pytest.param("a" * 161, GSM, 161, 2, id="161 septets need two"),
        pytest.param("a" * 306, GSM, 306, 2, id="two full parts of 153"),
        pytest.param("a" * 307, GSM, 307, 3, id="one more than two full parts"),
        pytest.param("[" * 153, GSM, 306, 3, id="an escape pair does not straddle an odd size"),
        pytest.param("^" * 80, GSM, 160, 1, id="80 escaped characters fill one message"),
        pytest.param("a" * 159 + "€", GSM, 161, 2, id="the euro sign weighs two"),
        pytest.param("@" * 160, GSM, 160, 1, id="the at sign is septet 0 and an ordinary one"),
        pytest.param("é" * 160, GSM, 160, 1, id="accents of the basic table weigh one"),
        pytest.param("¡Hola! ¿Ñandu? §5", GSM, 17, 1, id="Spanish marks are in the basic table"),
        pytest.param("ÇA VA", GSM, 5, 1, id="capital C cedilla is septet 9"),
        pytest.param("ça va", UCS, 5, 1, id="small c cedilla is not GSM, as TS 23.038 prints it"),
        pytest.param("a" * 100 + "\r\n" + "b" * 59, GSM, 161, 2, id="CR and LF weigh one each"),
        pytest.param("Today\u2019s OTP is 4829" + "x" * 52, UCS, 71, 2, id="a curly apostrophe"),
        pytest.param("Rs.\u00a0500 off", UCS, 11, 1, id="a no-break space is not GSM"),
        pytest.param("o\u0308" * 36, UCS, 72, 2, id="combining marks count and are not composed"),
        pytest.param("[" * 68 + "😀", UCS, 70, 1, id="brackets weigh one in UCS-2"),
        pytest.param("😎" * 36, UCS, 72, 2, id="an emoji weighs two"),
        pytest.param("आ" * 70, UCS, 70, 1, id="70 units travel alone"),
        pytest.param("आ" * 71, UCS, 71, 2, id="71 units need two parts of 67"),
        pytest.param("a" * 66 + "😀" + "b" * 66, UCS, 134, 3, id="a torn emoji costs a segment"),
        pytest.param("नमस्ते 😀", UCS, 9, 1, id="Hindi with an emoji"),
        pytest.param("tab\there", UCS, 8, 1, id="a tab is not GSM"),
        pytest.param("`", UCS, 1, 1, id="a backtick is not GSM"),
        pytest.param("page\fbreak", GSM, 11, 1, id="a form feed is escaped"),
    ],
)
def test_text_is_weighed_and_counted(
    text: str, encoding: Encoding, units: int, count: int
) -> None:
    cut = segment(text)

    assert (cut.encoding, cut.units, cut.count) == (encoding, units, count)


def test_parts_are_filled_to_their_size() -> None:
    cut = segment("a" * 153 + "b" * 153 + "c")

    assert cut.parts == ("a" * 153, "b" * 153, "c")


def test_cluster_moves_whole_into_the_next_part() -> None:
    cut = segment("a" * 60 + FAMILY + "b" * 30)

    assert cut.parts == ("a" * 60, FAMILY + "b" * 30)


def test_cluster_is_torn_when_keeping_it_would_bill_one_more() -> None:
    cut = segment("a" * 60 + FAMILY + "b" * 61)

    assert cut.count == 2
    assert cut.parts[0] == "a" * 60 + "👩\u200d👩\u200d"[:6]


def test_cluster_longer_than_a_part_is_torn() -> None:
    cut = segment("o" + "\u0308" * 100)

    assert [len(part) for part in cut.parts] == [67, 34]


def test_line_break_of_two_characters_stays_together() -> None:
    cut = segment("a" * 152 + "\r\n" + "b" * 20)

    assert cut.parts == ("a" * 152, "\r\n" + "b" * 20)


def test_short_link_moves_whole_into_the_next_part() -> None:
    cut = segment("a" * 140 + LINK + "b" * 30, keep_whole=LINK)

    assert cut.parts == ("a" * 140, LINK + "b" * 30)


def test_only_the_last_occurrence_of_the_link_is_kept_whole() -> None:
    cut = segment("a" * 140 + LINK + "b" * 130 + LINK + "c", keep_whole=LINK)

    assert cut.parts[0] == "a" * 140 + LINK[:13]
    assert cut.parts[-1] == LINK + "c"


def test_short_link_is_torn_when_keeping_it_would_bill_one_more() -> None:
    cut = segment("a" * 140 + LINK + "b" * 145, keep_whole=LINK)

    assert cut.count == 2
    assert cut.parts[0] == "a" * 140 + LINK[:13]


def test_link_goes_before_a_cluster_when_only_one_can_stay_whole() -> None:
    text = "я" * 60 + LINK + "я" * 39 + FAMILY + "я" * 62

    cut = segment(text, keep_whole=LINK)

    assert cut.count == 3
    assert any(LINK in part for part in cut.parts)
    assert not any(FAMILY in part for part in cut.parts)


def test_link_absent_from_the_text_changes_nothing() -> None:
    assert segment("a" * 200, keep_whole=LINK) == segment("a" * 200)


def test_ucs_2_can_be_forced_on_plain_text() -> None:
    cut = segment("a" * 71 + "[", encoding=UCS)

    assert (cut.encoding, cut.units, cut.count) == (UCS, 72, 2)


def test_forced_gsm_names_the_characters_it_lacks() -> None:
    with pytest.raises(NotGsmError, match=r"\(U\+2019\), .*\(U\+2013\)\. ") as refused:
        segment("It\u2019s 5\u20136, it\u2019s", encoding=GSM)

    assert refused.value.characters == ("\u2019", "\u2013")


def test_forced_gsm_names_ten_characters_and_counts_the_rest() -> None:
    with pytest.raises(NotGsmError, match=" and 2 more"):
        segment("абвгдежзийкл", encoding=GSM)


def test_characters_forcing_ucs_2_are_listed_once_in_order() -> None:
    assert non_gsm_characters("हा\u2013हा [ok] €") == ("ह", "ा", "\u2013")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" * (153 * MAX_SEGMENTS), id="plain"),
        pytest.param("आ" * (67 * MAX_SEGMENTS), id="unicode"),
    ],
)
def test_longest_message_is_taken_and_a_longer_one_refused(text: str) -> None:
    assert segment(text).count == MAX_SEGMENTS
    with pytest.raises(TextTooLongError, match="too long"):
        segment(text + text[0])


def test_text_that_only_escapes_make_too_long_is_refused() -> None:
    with pytest.raises(TextTooLongError):
        segment("[" * (153 * MAX_SEGMENTS // 2))


PIECES = st.sampled_from([*"ab[€{é \n", "\r\n", "आ", "न्", "😀", "o\u0308", FAMILY, "🇮🇳", LINK])
TEXTS = st.lists(PIECES, max_size=160).map("".join)
# Some texts run past the limit; those have a test of their own.
examples = partial(settings, max_examples=200, deadline=None)


def weight(part: str, encoding: Encoding) -> int:
    if encoding is GSM:
        return sum(2 if char in "\f^{}\\[~]|€" else 1 for char in part)
    return len(part.encode("utf-16-be")) // 2


@given(text=TEXTS)
@examples()
def test_parts_joined_are_the_text_and_obey_their_limits(text: str) -> None:
    try:
        cut = segment(text, keep_whole=LINK)
    except TextTooLongError:
        return
    limit = {GSM: (160, 153), UCS: (70, 67)}[cut.encoding][cut.count > 1]

    assert "".join(cut.parts) == text
    assert all(weight(part, cut.encoding) <= limit for part in cut.parts)
    assert sum(weight(part, cut.encoding) for part in cut.parts) == cut.units


@given(text=TEXTS)
@examples()
def test_keeping_things_whole_never_bills_more_than_filling_each_part(text: str) -> None:
    try:
        cut = segment(text, keep_whole=LINK)
    except TextTooLongError:
        return
    size = {GSM: 153, UCS: 67}[cut.encoding]
    filled = 1
    room = size
    for char in text:
        if weight(char, cut.encoding) > room:
            filled, room = filled + 1, size
        room -= weight(char, cut.encoding)

    assert cut.count == (1 if cut.units <= {GSM: 160, UCS: 70}[cut.encoding] else filled)


@pytest.mark.parametrize(
    ("encoding", "unit"), [(Encoding.GSM_7, "a"), (Encoding.UCS_2, "\u0915")], ids=["gsm", "ucs"]
)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_room_of_some_segments_is_what_fills_them(
    encoding: Encoding, unit: str, count: int
) -> None:
    room = room_in(encoding, count)

    assert segment(unit * room).count == count
    assert segment(unit * (room + 1)).count == count + 1
