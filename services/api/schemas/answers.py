"""An answer in the form the client asked for: json, plain or xml."""

import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from starlette.responses import Response

PLAIN_SEPARATOR = " | "
# What XML 1.0 §2.2 lets no document hold.
_NOT_XML = dict.fromkeys(
    [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
)


def render(values: Mapping[str, Any], output: str, *, status: int = 200) -> Response:
    """Return a response that holds the values in the form asked for."""
    if output == "plain":
        line = PLAIN_SEPARATOR.join(_plain(value) for value in values.values())
        # Half of a surrogate pair, which an error may quote, has no UTF-8.
        return Response(
            line.encode("utf-8", "replace"), status, media_type="text/plain; charset=utf-8"
        )
    if output == "xml":
        root = ET.Element("response")
        for name, value in values.items():
            _add(root, name, value)
        document = ET.tostring(root, encoding="utf-8", xml_declaration=True)
        return Response(document, status, media_type="application/xml")
    body = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return Response(body.encode("utf-8", "replace"), status, media_type="application/json")


def _plain(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.splitlines())


def _add(parent: ET.Element, name: str, value: object) -> None:
    # Old clients' rows have spaces in their names, which no name in XML may (XML 1.0 §2.3).
    element = ET.SubElement(parent, name.replace(" ", "_"))
    if isinstance(value, Mapping):
        for inner_name, inner in value.items():
            _add(element, inner_name, inner)
    elif isinstance(value, list):
        for item in value:
            _add(element, "item", item)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = str(value).translate(_NOT_XML)
