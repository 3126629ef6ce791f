import re

import pytest

from services.api.domain.link_shape import (
    HeaderShapeNeedsSenderIdError,
    LinkShape,
    can_stand_in_link,
    link_prefix,
    sample_link,
    shape_of,
)
from services.redirector.routes import TOKEN_PATH


@pytest.mark.parametrize(
    ("shape", "append_http", "prefix"),
    [
        pytest.param(LinkShape.TOKEN, True, "https://tx1.in/", id="token"),
        pytest.param(LinkShape.TOKEN, False, "tx1.in/", id="token, bare"),
        pytest.param(LinkShape.HEADER, True, "https://tx1.in/SAMRAT/", id="header"),
        pytest.param(LinkShape.HEADER, False, "tx1.in/SAMRAT/", id="header, bare"),
    ],
)
def test_link_begins_as_its_shape_says(shape: LinkShape, append_http: bool, prefix: str) -> None:  # noqa: FBT001
    built = link_prefix(shape, append_http=append_http, short_domain="tx1.in", sender_id="SAMRAT")

    assert built == prefix


@pytest.mark.parametrize("sender_id", ["A", "Ab1", "ABCDEFGHIJKLMNO", "123456"])
@pytest.mark.parametrize("shape", list(LinkShape))
def test_redirector_takes_the_path_of_every_shape(shape: LinkShape, sender_id: str) -> None:
    prefix = link_prefix(shape, append_http=True, short_domain="tx1.in", sender_id=sender_id)

    path = (prefix + "SAlhjS").removeprefix("https://tx1.in")

    match = TOKEN_PATH.fullmatch(path)
    assert match is not None
    assert match[1] == "SAlhjS"


@pytest.mark.parametrize(
    ("sender_id", "says"),
    [
        pytest.param("", "senderId is missing", id="none"),
        pytest.param("A-B", "senderId is 'A-B'", id="dash"),
        pytest.param("MY SHOP", "senderId is 'MY SHOP'", id="space"),
        pytest.param("+919876", "senderId is '+919876'", id="number with a plus"),
        pytest.param("दुकान", "senderId is 'दुकान'", id="not ASCII"),
        pytest.param("A" * 16, f"senderId is '{'A' * 16}'", id="16 characters"),
        pytest.param("A\n", "senderId is 'A\\n'", id="line feed"),
    ],
)
def test_header_shape_needs_a_sender_id_that_a_path_can_hold(sender_id: str, says: str) -> None:
    with pytest.raises(HeaderShapeNeedsSenderIdError, match=re.escape(says)) as refused:
        link_prefix(LinkShape.HEADER, append_http=True, short_domain="tx1.in", sender_id=sender_id)

    assert refused.value.field == "linkShape"


@pytest.mark.parametrize(
    ("token_length", "link"), [(6, "tx1.in/SAlhjS"), (7, "tx1.in/SAlhjSq"), (8, "tx1.in/SAlhjSq2")]
)
def test_a_sample_has_a_token_of_the_length_that_is_asked_for(
    token_length: int, link: str
) -> None:
    assert sample_link("tx1.in/", token_length=token_length) == link


def test_sender_ids_of_letters_and_digits_can_stand_in_a_link() -> None:
    can = {text: can_stand_in_link(text) for text in ("SAMRAT", "123456", "", "MY SHOP", "A-B")}

    assert [text for text, fits in can.items() if fits] == ["SAMRAT", "123456"]


def test_token_shape_needs_no_sender_id() -> None:
    prefix = link_prefix(LinkShape.TOKEN, append_http=True, short_domain="tx1.in", sender_id="")

    assert prefix == "https://tx1.in/"


@pytest.mark.parametrize("shape", LinkShape)
@pytest.mark.parametrize("append_http", [True, False])
@pytest.mark.parametrize("domain", ["tx1.in", "localhost:8001"])
def test_shape_can_be_told_from_the_prefix(
    shape: LinkShape, domain: str, *, append_http: bool
) -> None:
    prefix = link_prefix(shape, append_http=append_http, short_domain=domain, sender_id="SAMRAT")

    assert shape_of(prefix) is shape
