"""Reading a send out of XML, as old clients write it: ``<data>`` with one element a parameter.

``<sms>`` elements, one a message, hold ``<mobile>``, ``<msg>`` and what else their text needs.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from services.api.domain.errors import MalformedBodyError
from services.api.schemas.parameters import Repeated

ROOT = "data"
ROW = "sms"
_DEPTH_OF_PARAMETERS = 2
_DEPTH_OF_ROW_VALUES = 3


def parse_xml(body: bytes) -> dict[str, Any]:
    """Return the parameters by case-folded name; one that is repeated holds a list.

    ``sms`` always holds a list, of one object for each of its elements.

    Raises:
        MalformedBodyError: It is not XML, declares a document type or an encoding that is not
            read, or has another shape.
    """
    values: dict[str, Any] = {}
    try:
        for element in _parameters(body):
            name = element.tag.casefold()
            if name == ROW:
                values.setdefault(ROW, []).append(_row(element))
            else:
                _add(values, name, element.text or "")
    except ParseError as error:
        raise MalformedBodyError(f"it is not valid XML ({error})") from error
    except DefusedXmlException as error:
        raise MalformedBodyError("the XML may declare no document type") from error
    except (LookupError, ValueError) as error:
        # An encoding that Python lacks, or one that expat cannot be told of octet by octet.
        reason = "it must be UTF-8, UTF-16 or an encoding of one octet a character"
        raise MalformedBodyError(reason) from error
    return values


def _parameters(body: bytes) -> Iterable[Element]:
    """Yield the elements right below the root, each whole and then forgotten.

    Raises:
        MalformedBodyError: The root is another, or an element stands deeper than any may.
    """
    path: list[Element] = []
    for event, element in iterparse(BytesIO(body), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            path.append(element)
            _check_place(path)
            continue
        path.pop()
        if len(path) == 1:
            yield element
            path[0].clear()


def _check_place(path: list[Element]) -> None:
    if path[0].tag.casefold() != ROOT:
        raise MalformedBodyError(f"the XML's root must be <{ROOT}>, not <{path[0].tag[:40]}>")
    is_in_row = len(path) >= _DEPTH_OF_PARAMETERS and path[1].tag.casefold() == ROW
    if len(path) > (_DEPTH_OF_ROW_VALUES if is_in_row else _DEPTH_OF_PARAMETERS):
        raise MalformedBodyError(f"<{path[-2].tag[:40]}> must hold text only")


def _row(element: Element) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for child in element:
        _add(row, child.tag.casefold(), child.text or "")
    return row


def _add(values: dict[str, Any], name: str, value: str) -> None:
    if name not in values:
        values[name] = value
    elif isinstance(values[name], list):
        values[name].append(value)
    else:
        values[name] = Repeated([values[name], value])
