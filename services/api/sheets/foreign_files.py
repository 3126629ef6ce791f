"""Files that are no tables, whatever their names say, told by how they begin."""

import codecs
import re

# Each with what it is called to the sender.
_KINDS = (
    (re.compile(rb"%PDF-"), "a PDF"),
    (re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP", re.DOTALL), "an image"),
    (
        re.compile(rb"<(?:!doctype\s+html|html|head|body|table)\b", re.IGNORECASE),
        "a web page (HTML)",
    ),
    (re.compile(rb"<\?xml\b", re.IGNORECASE), "an XML file"),
    (re.compile(rb"\{\\rtf"), "a text of a word processor (RTF)"),
    (re.compile(rb"\x1f\x8b|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c"), "an archive"),
)
# Of a text in UTF-16 with Latin letters, every other octet.
_NUL_SHARE = 3


def foreign_kind(head: bytes) -> str | None:
    """Return what a file is, if it is surely no table; None if it may be one.

    Args:
        head: Its first octets.
    """
    beginning = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return next((kind for begins, kind in _KINDS if begins.match(beginning)), None)


def is_unmarked_utf_16(head: bytes) -> bool:
    """Tell whether these first octets are a text in UTF-16 without a byte order mark."""
    is_marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return not is_marked and head.count(0) * _NUL_SHARE > len(head)
