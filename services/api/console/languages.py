"""The languages of the console, and which one a visitor gets."""

import gettext
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES: Final = Path(__file__).parent / "locales"
# A header longer than that is nobody's list of languages.
MAX_HEADER: Final = 500


class Language(StrEnum):
    """The languages, by their codes."""

    ENGLISH = "en"
    HINDI = "hi"


# Each in itself, for those who read no other.
NAMES: Final[Mapping[Language, str]] = {Language.ENGLISH: "English", Language.HINDI: "हिन्दी"}


@cache
def texts_of(language: Language) -> gettext.NullTranslations:
    """Return the texts of a language; those of English are what stands in the code."""
    if language is Language.ENGLISH:
        return gettext.NullTranslations()
    with (LOCALES / f"{language}.po").open("rb") as written:
        catalogue = read_po(written, locale=language)
    packed = BytesIO()
    write_mo(packed, catalogue)
    packed.seek(0)
    return gettext.GNUTranslations(packed)


def choose_language(chosen: str | None, accepted: str) -> Language:
    """Return the language that a visitor chose, else the first that they accept.

    Args:
        chosen: A code, if they did.
        accepted: The header ``Accept-Language``.
    """
    if chosen in set(Language):
        return Language(chosen)
    best, best_weight = Language.ENGLISH, 0.0
    for code, weight in _accepted(accepted[:MAX_HEADER]):
        if code in set(Language) and weight > best_weight:
            best, best_weight = Language(code), weight
    return best


def _accepted(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weight = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        yield tag.strip().casefold().partition("-")[0], weight
