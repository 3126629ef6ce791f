"""An expat parser for parts of a workbook: no document type, text in one piece."""

from collections.abc import Callable
from xml.parsers import expat

from services.api.domain.sheet_errors import SheetError, SheetFault

OnStart = Callable[[str, dict[str, str]], None]
OnEnd = Callable[[str], None]
OnText = Callable[[str], None]
_BUFFER_OCTETS = 1 << 14


def prefix_of(root: str) -> str:
    """Return the namespace's prefix with its colon, which the elements share with their root."""
    prefix, colon, _ = root.rpartition(":")
    return prefix + colon


def xml_parser(on_start: OnStart, on_end: OnEnd, on_text: OnText) -> expat.XMLParserType:
    """Make a parser that calls back; it refuses entities, which no workbook has."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = _BUFFER_OCTETS
    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.CharacterDataHandler = on_text
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def _refuse(*declared: object) -> None:
    del declared
    raise SheetError(SheetFault.DAMAGED_WORKBOOK)
