"""A form is read whole and rightly, or refused: what it lost could decide whether it is sent."""

from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers, UploadFile

from services.api.domain.errors import MalformedBodyError
from services.api.schemas.form_parser import parse_form

KIND = "multipart/form-data; boundary=b"
FIELDS = [("msg", "Hi"), ("mobile", "919876543210"), ("test", "1")]
FILE = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nPhone\r\n'


def part(name: str, value: bytes, kind: str = "text/plain") -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b--\r\n"


WHOLE = form(FILE.encode(), *(part(name, value.encode()) for name, value in FIELDS))


async def parse(body: bytes, kind: str = KIND, *, chunk_octets: int = 7) -> list[tuple[str, str]]:
    async def chunks() -> AsyncGenerator[bytes]:
        for start in range(0, len(body), chunk_octets):
            yield body[start : start + chunk_octets]

    parsed = await parse_form(Headers({"content-type": kind}), chunks())
    fields = [
        (name, value.filename or "" if isinstance(value, UploadFile) else value)
        for name, value in parsed.multi_items()
    ]
    await parsed.close()
    return fields


async def test_whole_form_is_read() -> None:
    assert await parse(WHOLE) == [("file", "a.csv"), *FIELDS]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        pytest.param(WHOLE.removesuffix(b"\r\n"), 4, id="no line end behind the last boundary"),
        pytest.param(WHOLE + b"What follows means nothing", 4, id="more behind it"),
        pytest.param(b"--b--\r\n", 0, id="no part"),
        pytest.param(b"", 0, id="nothing at all"),
    ],
)
async def test_form_may_end_as_forms_do(body: bytes, fields: int) -> None:
    assert len(await parse(body)) == fields


@given(
    end=st.integers(1, len(WHOLE.removesuffix(b"\r\n")) - 1),
    chunk_octets=st.integers(1, len(WHOLE)),
)
async def test_form_that_breaks_off_anywhere_is_refused(end: int, chunk_octets: int) -> None:
    with pytest.raises(MalformedBodyError):
        await parse(WHOLE[:end], chunk_octets=chunk_octets)


@pytest.mark.parametrize(
    ("octets", "part_kind", "kind"),
    [
        pytest.param("Café 🔥".encode(), "text/plain", KIND, id="nothing declared"),
        pytest.param(
            "Café 🔥".encode(), "text/plain; charset=UTF-8", KIND, id="UTF-8 of the part"
        ),
        pytest.param(
            "Café 🔥".encode(), "text/plain", f"{KIND}; charset=utf-8", id="UTF-8 of the form"
        ),
        pytest.param(b"Caf\xe9", "text/plain; charset=ISO-8859-1", KIND, id="Latin-1 of the part"),
        pytest.param(
            b"Caf\xe9", "text/plain", f"{KIND}; charset=windows-1252", id="1252 of the form"
        ),
        pytest.param(
            "Café".encode(),
            "text/plain; charset=utf-8",
            f"{KIND}; charset=iso-8859-1",
            id="the part's before the form's",
        ),
    ],
)
async def test_text_of_a_field_is_decoded_as_declared(
    octets: bytes, part_kind: str, kind: str
) -> None:
    ((name, text),) = await parse(form(part("msg", octets, part_kind)), kind)

    assert (name, text.removesuffix(" 🔥")) == ("msg", "Café")


@pytest.mark.parametrize(
    ("octets", "part_kind", "kind", "wanted"),
    [
        pytest.param(b"Caf\xe9", "text/plain", KIND, "UTF-8", id="Latin-1 undeclared"),
        pytest.param(b"Caf\xe9", "text/plain; charset=us-ascii", KIND, "ASCII", id="not ASCII"),
        pytest.param(
            b"Hi", "text/plain", f"{KIND}; charset=utf-16", "UTF-8", id="UTF-16 of the form"
        ),
        pytest.param(b"H\0", "text/plain; charset=utf-16", KIND, "UTF-8", id="UTF-16 of the part"),
        pytest.param(b"Hi", "text/plain; charset=\xa0", KIND, "UTF-8", id="no name at all"),
    ],
)
async def test_text_of_another_encoding_is_refused(
    octets: bytes, part_kind: str, kind: str, wanted: str
) -> None:
    with pytest.raises(MalformedBodyError, match=f"must be {wanted}"):
        await parse(form(part("msg", octets, part_kind)), kind)


@pytest.mark.parametrize("kind", ["multipart/form-data", f"{KIND}x"], ids=["none", "another"])
async def test_form_without_its_boundary_is_refused(kind: str) -> None:
    with pytest.raises(MalformedBodyError):
        await parse(WHOLE, kind)
