"""XML bodies, as old clients write them."""

import contextlib
from encodings.aliases import aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.errors import MalformedBodyError
from services.api.schemas.xml_body import parse_xml


def test_elements_are_parameters_whatever_their_case() -> None:
    body = b"<Data><userId>asha</userId><MSG>Sale &amp; more</MSG><mobile/></Data>"

    assert parse_xml(body) == {"userid": "asha", "msg": "Sale & more", "mobile": ""}


def test_each_sms_is_a_row_of_its_own() -> None:
    body = (
        b"<data><sms><mobile>919876543210</mobile><msg>One</msg></sms>"
        b"<sms><mobile>919876543211</mobile><mobile>919876543212</mobile><name>Asha</name></sms>"
        b"</data>"
    )

    assert parse_xml(body) == {
        "sms": [
            {"mobile": "919876543210", "msg": "One"},
            {"mobile": ["919876543211", "919876543212"], "name": "Asha"},
        ]
    }


def test_single_sms_is_a_list_too() -> None:
    assert parse_xml(b"<data><sms><mobile>1</mobile></sms></data>") == {"sms": [{"mobile": "1"}]}


def test_repeated_parameter_is_a_list() -> None:
    body = b"<data><mobile>1</mobile><mobile>2</mobile><Mobile>3</Mobile></data>"

    assert parse_xml(body) == {"mobile": ["1", "2", "3"]}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-16"], ids=["utf-8", "utf-16 with byte order mark"]
)
def test_text_beyond_ascii_comes_through(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><data><msg>नमस्ते 😀</msg></data>'

    assert parse_xml(text.encode(encoding)) == {"msg": "नमस्ते 😀"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"<data><msg>Hi</data>", "not valid XML", id="unbalanced"),
        pytest.param(b"not xml", "not valid XML", id="no XML at all"),
        pytest.param(b"<data><msg>\xff</msg></data>", "not valid XML", id="not UTF-8"),
        pytest.param(b"<sms><mobile>1</mobile></sms>", "must be <data>", id="another root"),
        pytest.param(b"<data><msg><b>Hi</b></msg></data>", "<msg> must hold text", id="markup"),
        pytest.param(
            b"<data><sms><msg><b>Hi</b></msg></sms></data>", "<msg> must", id="markup in a row"
        ),
        pytest.param(b"<!DOCTYPE data><data/>", "document type", id="document type"),
        pytest.param(
            b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><data><msg>&b;</msg></data>',
            "document type",
            id="entities that multiply",
        ),
    ],
)
def test_other_xml_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(MalformedBodyError, match=reason):
        parse_xml(body)


def declaring(encoding: str) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?><data><msg>Hi</msg></data>'.encode()


@pytest.mark.parametrize("encoding", ["none-such", "shift_jis", "gb18030", "idna", "utf-7"])
def test_encoding_that_is_not_read_is_refused(encoding: str) -> None:
    with pytest.raises(MalformedBodyError, match="must be UTF-8, UTF-16 or an encoding of one"):
        parse_xml(declaring(encoding))


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252"])
def test_encoding_of_one_octet_a_character_is_honoured(encoding: str) -> None:
    body = declaring(encoding).replace(b"Hi", b"Caf\xe9")

    assert parse_xml(body) == {"msg": "Café"}


@pytest.mark.parametrize("encoding", sorted({*aliases, *aliases.values()}))
def test_no_encoding_that_python_knows_is_a_fault(encoding: str) -> None:
    with contextlib.suppress(MalformedBodyError):
        assert parse_xml(declaring(encoding)).keys() == {"msg"}


@given(st.binary(max_size=200).map(lambda noise: b"<data>" + noise))
def test_any_octets_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(MalformedBodyError):
        assert isinstance(parse_xml(body), dict)
