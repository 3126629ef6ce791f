from dataclasses import replace

import pytest

from services.api.domain.preflight_characters import (
    ForcingCharacter,
    forcing_characters,
    if_replaced,
    is_other_script,
    unicode_warnings,
)
from shared.domain.segments import Encoding
from tests.support.dry_runs import a_dry_message, a_dry_run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "It\u2019s",
            [ForcingCharacter("\u2019", "U+2019", "RIGHT SINGLE QUOTATION MARK", "'")],
            id="quotation mark",
        ),
        pytest.param(
            "a\u200bb", [ForcingCharacter("\u200b", "U+200B", "ZERO WIDTH SPACE", "")], id="goes"
        ),
        pytest.param("🔥", [ForcingCharacter("🔥", "U+1F525", "FIRE", None)], id="emoji"),
        pytest.param(
            "a\tb", [ForcingCharacter("\t", "U+0009", "control character", " ")], id="tab"
        ),
        pytest.param(
            "\ue000",
            [ForcingCharacter("\ue000", "U+E000", "unnamed character", None)],
            id="private",
        ),
        pytest.param(
            "cafe\u0301",
            [ForcingCharacter("\u0301", "U+0301", "COMBINING ACUTE ACCENT", "é")],
            id="accent that has a letter of its own",
        ),
        pytest.param(
            "x\u0301",
            [ForcingCharacter("\u0301", "U+0301", "COMBINING ACUTE ACCENT", None)],
            id="accent without one",
        ),
        pytest.param(
            "\u0301",
            [ForcingCharacter("\u0301", "U+0301", "COMBINING ACUTE ACCENT", None)],
            id="accent alone",
        ),
        pytest.param(
            "a\u0301",
            [ForcingCharacter("\u0301", "U+0301", "COMBINING ACUTE ACCENT", None)],
            id="accent whose letter GSM-7 lacks too",
        ),
        pytest.param("Plain: €[x] ñ", [], id="all of GSM-7"),
    ],
)
def test_character_that_forces_ucs_2_is_named_with_its_plain_form(
    text: str, expected: list[ForcingCharacter]
) -> None:
    assert list(forcing_characters([text])) == expected


def test_characters_of_several_texts_are_listed_once_in_their_order() -> None:
    listed = forcing_characters(["“a”", "”…"])

    assert [each.character for each in listed] == ["“", "”", "…"]


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        pytest.param("It\u2019s here…", Encoding.GSM_7, 12, 1, id="one segment"),
        pytest.param("\u2019" * 161, Encoding.GSM_7, 161, 2, id="two segments"),
    ],
)
def test_text_with_its_characters_replaced_is_weighed(
    text: str, encoding: Encoding, units: int, count: int
) -> None:
    replaced = if_replaced(text)

    assert replaced is not None
    assert (replaced.encoding, replaced.units, replaced.count) == (encoding, units, count)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("plain", id="nothing to replace"),
        pytest.param("“🔥”", id="an emoji remains"),
        pytest.param("™" * 1000, id="too long when replaced"),
    ],
)
def test_text_that_replacing_does_not_help_has_no_other_form(text: str) -> None:
    assert if_replaced(text) is None


LONG = "x" * 100


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        pytest.param(
            f"{LONG} It\u2019s",
            None,
            "\u2019 (RIGHT SINGLE QUOTATION MARK) cannot go as GSM-7, so the message takes 2"
            " segments instead of 1. Send with smartEncoding=true to have them written as plain"
            " ones.",
            id="plain forms",
        ),
        pytest.param(
            f"{LONG} It\u2019s",
            Encoding.UCS_2,
            "\u2019 (RIGHT SINGLE QUOTATION MARK) cannot go as GSM-7, so the message takes 2"
            " segments instead of 1. Send with smartEncoding=true and msgType=dynamic to have them"
            " written as plain ones.",
            id="plain forms, msgType=unicode",
        ),
        pytest.param(
            f"{LONG} It\u2019s 🔥",
            None,
            "\u2019 (RIGHT SINGLE QUOTATION MARK), 🔥 (FIRE) cannot go as GSM-7, so the message"
            " takes 2 segments instead of 1. Replace them or leave them out.",
            id="an emoji among them",
        ),
        pytest.param(
            LONG,
            Encoding.UCS_2,
            "msgType=unicode takes 2 segments instead of 1, and no character needs it: send with"
            " msgType=dynamic.",
            id="msgType=unicode for nothing",
        ),
        pytest.param(
            f"{LONG} \u2018\u2019“”\u2013—…",
            None,
            "\u2018 (LEFT SINGLE QUOTATION MARK), \u2019 (RIGHT SINGLE QUOTATION MARK), “ (LEFT"
            " DOUBLE QUOTATION MARK), ” (RIGHT DOUBLE QUOTATION MARK), \u2013 (EN DASH) and 2 more"
            " cannot go as GSM-7, so the message takes 2 segments instead of 1. Send with"
            " smartEncoding=true to have them written as plain ones.",
            id="many",
        ),
    ],
)
def test_few_characters_that_cost_segments_are_warned_of(
    text: str, encoding: Encoding | None, message: str
) -> None:
    dry_message = a_dry_message(text, short_link=None, encoding=encoding)

    (warned,) = unicode_warnings(replace(a_dry_run(dry_message), encoding=encoding))

    assert (warned.code, warned.message) == ("unicode_costs_segments", message)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        pytest.param(LONG * 2, None, id="GSM-7"),
        pytest.param("It\u2019s here", None, id="one segment in any case"),
        pytest.param("आज ही पूरा ऑफर देखें, बस आपके लिए। " * 4, None, id="another script"),
        pytest.param("short", Encoding.UCS_2, id="msgType=unicode that costs nothing"),
        pytest.param("™" * 70 + "x" * 67, None, id="plain forms that are longer"),
    ],
)
def test_characters_that_cost_nothing_are_not_warned_of(
    text: str, encoding: Encoding | None
) -> None:
    dry_message = a_dry_message(text, short_link=None, encoding=encoding)

    assert list(unicode_warnings(replace(a_dry_run(dry_message), encoding=encoding))) == []


@pytest.mark.parametrize(
    ("text", "is_script"),
    [
        ("plain", False),
        ("\u201cquoted\u201d \u2013 \U0001f600", False),
        ("\u0161 \u010d \u017e", False),
        ("one Cyrillic \u0430", False),
        ("\u0928\u092e\u0938\u094d\u0924\u0947", True),
        ("".join(map(chr, range(0x2600, 0x260B))), True),
    ],
    ids=["none", "typographic", "Latin", "strayed", "Devanagari", "many signs"],
)
def test_a_text_in_another_script_is_told_from_one_with_a_few_costly_characters(
    text: str, *, is_script: bool
) -> None:
    assert is_other_script(forcing_characters([text])) is is_script
