"""The texts of the console as they stand in templates and code, for catalogues and their tests."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from services.api.console.languages import LOCALES, Language

CONSOLE = LOCALES.parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"

"""
OPTIONS = {
    "templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
}


def extracted() -> Catalog:
    """Return all texts, untranslated."""
    catalogue = Catalog(project="txlink", charset="utf-8")
    for path, _, message, _, context in extract_from_dir(
        str(CONSOLE), METHODS, OPTIONS, keywords={"_": None, "N_": None, "ngettext": (1, 2)}
    ):
        catalogue.add(message, locations=[(path, 0)], context=context)
    return catalogue


def translated(language: Language) -> Catalog:
    """Return the texts of a language."""
    with path_of(language).open("rb") as written:
        return read_po(written, locale=language)


def path_of(language: Language) -> Path:
    """Return where the texts of a language are kept."""
    return LOCALES / f"{language}.po"


def languages() -> Iterator[Language]:
    """Yield those that have a catalogue."""
    yield from (language for language in Language if language is not Language.ENGLISH)


def renew() -> None:
    """Bring every catalogue to the texts that there are; new ones are empty."""
    for language in languages():
        catalogue = translated(language)
        catalogue.update(extracted(), no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        keep(language, catalogue)


def keep(language: Language, catalogue: Catalog) -> None:
    """Write the texts of a language; dates and names of a header would change for nothing."""
    with path_of(language).open("wb") as written:
        written.write(HEADER.format(language=language, plurals=catalogue.plural_forms).encode())
        write_po(
            written, catalogue, omit_header=True, no_location=True, sort_output=True, width=99
        )


if __name__ == "__main__":
    renew()
