"""Write typographic characters as plain ones, so that a text can go as GSM-7."""

import unicodedata

from shared.domain.segments import non_gsm_characters

# One for one in meaning, and nothing that changes a letter: a name or a word in another script
# stays what it is and costs UCS-2. Quotes, dashes, dots and spaces come from word processors.
_PLAIN = {
    '"': "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u275d\u275e\u301d\u301e\uff02",
    "'": "\u2018\u2019\u201a\u201b\u2039\u203a\u2032\u02b9\u02bb\u02bc\u275b\u275c\uff07`\u00b4",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d",
    ".": "\u2024",
    "..": "\u2025",
    "...": "\u2026",
    "*": "\u2022\u2023\u2043\u25cf\u00b7\u2219",
    "/": "\u2044\u2215",
    ",": "\uff0c",
    # Every space that is not the space, a tab among them; a line separator ends a line.
    " ": "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
    "\u205f\u3000",
    "\n": "\u000b\u0085\u2028\u2029",
    # Invisible: zero-width spaces and joiners, byte order mark, soft hyphen, direction marks, and
    # what makes an emoji of a trade mark or keeps it from becoming one.
    "": "\u200b\u200c\u200d\u2060\ufeff\u034f\u180e\u00ad\u061c\u200e\u200f\u202a\u202b\u202c"
    "\u202d\u202e\u2066\u2067\u2068\u2069\ufe0e\ufe0f",
    "1/4": "\u00bc",
    "1/2": "\u00bd",
    "3/4": "\u00be",
    "(C)": "\u00a9",
    "(R)": "\u00ae",
    "(TM)": "\u2122",
    "Rs.": "\u20b9\u20a8",
}
_TABLE = str.maketrans({char: plain for plain, chars in _PLAIN.items() for char in chars})


def to_gsm7(text: str) -> str:
    """Replace typographic characters if GSM-7 can then hold the text.

    Quotes, dashes, bullets, ellipsis, spaces, fractions, trade marks and the rupee sign become
    plain, invisible marks go, and a letter followed by its accent becomes one character. A text
    with other letters or emoji goes as UCS-2 in any case, so it stays wholly as it is.
    """
    plain = plain_text(text)
    return text if non_gsm_characters(plain) else plain


def plain_text(text: str) -> str:
    """Write as plain whatever has a plain form; what has none stays, and may still cost UCS-2."""
    return unicodedata.normalize("NFC", text).translate(_TABLE)


def plain_form(char: str) -> str | None:
    """Return what ``to_gsm7`` has in place of one character, None if nothing."""
    plain = char.translate(_TABLE)
    return None if plain == char else plain
