"""Parsing ``multipart/form-data`` strictly: what is cut off or unreadable must not be sent."""

from collections.abc import AsyncGenerator

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from typing_extensions import override

from services.api.domain.errors import MalformedBodyError

MAX_FIELDS = 100
MAX_FIELD_OCTETS = 1 << 20
UTF_8 = "utf-8"
# Some clients declare ISO-8859-1 of every field, whatever is in it (RFC 7578 §4.4, §4.5).
ENCODINGS = {
    "utf-8": UTF_8,
    "utf8": UTF_8,
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "iso-8859-1",
    "windows-1252": "windows-1252",
}


async def parse_form(headers: Headers, chunks: AsyncGenerator[bytes]) -> FormData:
    """Parse a form with at most one file.

    Raises:
        MalformedBodyError: It is no form, broke off, or holds text that cannot be decoded.
        DomainError: As the chunks raise it.
    """
    encoding = _declared(headers.get("content-type", "").encode("latin-1"), UTF_8)
    try:
        return await _StrictParser(headers, chunks, encoding).parse()
    except MultiPartException as error:
        raise MalformedBodyError(error.message) from error


class _StrictParser(MultiPartParser):
    """A parser that sees to it that the last boundary came, and that fields can be decoded.

    Without the last boundary a field that decides much, such as ``test``, may be missing.
    """

    def __init__(self, headers: Headers, chunks: AsyncGenerator[bytes], encoding: str) -> None:
        super().__init__(
            headers,
            self._whole(chunks),
            max_files=1,
            max_fields=MAX_FIELDS,
            max_part_size=MAX_FIELD_OCTETS,
        )
        self._encoding = encoding
        self._has_ended = False

    async def _whole(self, chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        octet_count = 0
        async for chunk in chunks:
            octet_count += len(chunk)
            yield chunk
        # Raised here, where the parser closes its files. A body of nothing is that of no form.
        if octet_count and not self._has_ended:
            raise MalformedBodyError("it broke off before the boundary that ends it")

    @override
    def on_part_end(self) -> None:
        part = self._current_part
        if part.file is not None:
            super().on_part_end()
            return
        declared = dict(part.item_headers).get(b"content-type", b"")
        encoding = _declared(declared, self._encoding)
        try:
            value = part.data.decode(encoding)
        except UnicodeDecodeError as error:
            raise MalformedBodyError(
                f"the text of its fields must be {encoding.upper()}"
            ) from error
        self.items.append((part.field_name, value))

    @override
    def on_end(self) -> None:
        self._has_ended = True


def _declared(content_type: bytes, default: str) -> str:
    """Return the encoding that a content type declares, the default if it declares none.

    Raises:
        MalformedBodyError: It is none that is read.
    """
    charset = parse_options_header(content_type)[1].get(b"charset")
    if charset is None:
        return default
    encoding = ENCODINGS.get(charset.decode("latin-1").lower())
    if encoding is None:
        raise MalformedBodyError("the text of its fields must be UTF-8")
    return encoding
