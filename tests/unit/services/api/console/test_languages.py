"""A visitor gets the language they chose, else the best they accept; every text is in each."""

import re

import pytest
from babel.messages.catalog import Message

from services.api.console.languages import Language, choose_language, texts_of
from tests.support.catalogues import extracted, translated

PLACES = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
# Words of Hindi for which another is used, so that one thing has one name: segment, sender ID,
# ID, second factor, empty, wrong, marketing, transactional.
GIVEN_UP = ("खंड", "प्रेषक ID", "आईडी", "कारक", "खाली", "गलत", "प्रचार", "लेन-देन")
LETTERS_OF_HINDI = r"[\u0900-\u097f]"


@pytest.mark.parametrize(
    ("chosen", "accepted", "expected"),
    [
        (None, "", "en"),
        (None, "hi", "hi"),
        (None, "hi-IN,hi;q=0.9,en;q=0.8", "hi"),
        (None, "en-IN,hi;q=0.9", "en"),
        (None, "fr,hi;q=0.3", "hi"),
        (None, "fr,de", "en"),
        (None, "hi;q=x,en;q=0.1", "en"),
        (None, "hi;q=0", "en"),
        (None, ",;;=,hi" + ",x" * 9_000, "hi"),
        ("en", "hi", "en"),
        ("hi", "", "hi"),
        ("../../etc/passwd", "hi", "hi"),
    ],
)
def test_a_language_is_chosen(chosen: str | None, accepted: str, expected: str) -> None:
    assert choose_language(chosen, accepted) == expected


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def test_every_text_is_in_hindi_with_the_places_that_it_has() -> None:
    hindi = translated(Language.HINDI)
    wanted = [message for message in extracted() if message.id]

    assert len(wanted) > 100
    for message in wanted:
        found = hindi.get(message.id)
        assert found is not None, message.id
        assert all(texts(found)), message.id
        assert not found.fuzzy, message.id
        original = message.id if isinstance(message.id, str) else message.id[1]
        for text in texts(found):
            assert set(PLACES.findall(text)) == set(PLACES.findall(original)), message.id


def test_no_text_is_kept_that_nothing_says_any_more() -> None:
    wanted = {str(message.id) for message in extracted()}

    assert {str(each.id) for each in translated(Language.HINDI) if each.id} <= wanted


def test_texts_are_told_in_their_language_and_number() -> None:
    hindi = texts_of(Language.HINDI)

    assert hindi.gettext("Sign in") == "साइन इन करें"
    assert hindi.ngettext("%(num)s segment", "%(num)s segments", 2) == "%(num)s सेगमेंट"
    assert texts_of(Language.ENGLISH).gettext("Sign in") == "Sign in"


@pytest.mark.parametrize("word", GIVEN_UP)
def test_one_thing_has_one_name_in_hindi(word: str) -> None:
    alone = re.compile(f"(?<!{LETTERS_OF_HINDI}){word}(?!{LETTERS_OF_HINDI})")

    found = [text for each in translated(Language.HINDI) for text in texts(each)]

    assert [text for text in found if alone.search(text)] == []
