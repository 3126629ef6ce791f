"""How a request's parameters are read, whatever form they come in."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request

from services.api.domain.errors import (
    BodyTimeoutError,
    BodyTooLargeError,
    InvalidBooleanError,
    InvalidValueError,
    MalformedBodyError,
    MalformedQueryError,
    MissingFieldError,
    RepeatedParameterError,
    UnknownParameterError,
    UnknownValueError,
    UnsupportedBodyError,
)
from services.api.schemas.parameters import Parameters
from services.api.schemas.reading import FORM, RequestReader
from services.api.schemas.send_parameters import SEND_PARAMETERS

LIMIT = 1_000
TIMEOUT_S = 60.0


def a_request(
    *, method: str = "GET", query: str = "", body: bytes = b"", content_type: str = FORM
) -> Request:
    chunks = [body[start : start + 100] for start in range(0, len(body), 100)] or [b""]

    async def messages() -> AsyncIterator[dict[str, Any]]:
        for number, chunk in enumerate(chunks, 1):
            yield {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}

    incoming = messages()
    scope = {
        "type": "http",
        "method": method,
        "path": "/send",
        "query_string": query.encode(),
        "headers": [(b"content-type", content_type.encode())],
    }
    return Request(scope, receive=lambda: anext(incoming))


async def read(
    *, method: str = "GET", query: str = "", body: bytes = b"", content_type: str = FORM
) -> Parameters:
    request = a_request(method=method, query=query, body=body, content_type=content_type)
    return await RequestReader(request, timeout_s=TIMEOUT_S).read_whole(LIMIT)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        pytest.param(
            "msg=B%26B%20offer%3A%20https%3A%2F%2Fpay.example.com%2F%3Fa%3D1%26b%3D2%2B3",
            "B&B offer: https://pay.example.com/?a=1&b=2+3",
            id="a query within the text stays whole",
        ),
        pytest.param(
            "msg=50%25%20off+now%20%E0%A4%86%E0%A4%9C", "50% off now आज", id="decoded once"
        ),
        pytest.param("MSG=Hi", "Hi", id="name in capitals"),
        pytest.param("msg=", "", id="blank"),
        pytest.param("msg=%F0%9F%94%A5", "🔥", id="emoji"),
    ],
)
async def test_a_query_is_decoded_once(query: str, text: str) -> None:
    assert (await read(query=query)).text("msg") == text


async def test_a_plus_in_a_query_is_a_blank() -> None:
    assert (await read(query="mobile=+919876543210")).texts("mobile") == " 919876543210"


async def test_repeated_names_are_a_list() -> None:
    parameters = await read(query="mobile=1&mobile=2&Mobile=3")

    assert parameters.texts("mobile") == ["1", "2", "3"]


@pytest.mark.parametrize("name", ["trackLink", "tracklink", "TRACKLINK", "TrackLink"])
async def test_names_are_matched_in_any_case(name: str) -> None:
    assert (await read(query=f"{name}=true")).boolean("trackLink")


async def test_form_and_json_say_the_same() -> None:
    form = await read(method="POST", body=b"mobile=1%2C2&trackLink=true&msg=a+b")
    json = await read(
        method="POST",
        body=b'{"Mobile":"1,2","trackLink":true,"msg":"a b"}',
        content_type="application/json; charset=utf-8",
    )

    for parameters in (form, json):
        assert parameters.texts("mobile") == "1,2"
        assert parameters.boolean("trackLink")
        assert parameters.text("msg") == "a b"


async def test_the_body_counts_where_the_query_says_something_else() -> None:
    parameters = await read(method="POST", query="msg=query&senderId=A", body=b"msg=body")

    assert (parameters.text("msg"), parameters.text("senderId")) == ("body", "A")


async def test_json_may_hold_numbers_as_a_list_of_digits() -> None:
    parameters = await read(
        method="POST", body=b'{"mobile":[919876543210,"1"]}', content_type="application/json"
    )

    assert parameters.texts("mobile") == ["919876543210", "1"]


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        pytest.param(b"{", "application/json", MalformedBodyError, id="broken JSON"),
        pytest.param(b"[1]", "application/json", MalformedBodyError, id="JSON list"),
        pytest.param(b"[" * 900, "application/json", MalformedBodyError, id="deep JSON"),
        pytest.param(b'{"a":"\xff"}', "application/json", MalformedBodyError, id="not UTF-8"),
        pytest.param(b"msg=%ff", FORM, MalformedBodyError, id="percent-encoded Latin-1"),
        pytest.param(b"msg=\xff", FORM, MalformedBodyError, id="raw Latin-1"),
        pytest.param(b"<data>", "application/xml", MalformedBodyError, id="broken XML"),
        pytest.param(b"a,b", "text/csv", UnsupportedBodyError, id="CSV"),
        pytest.param(b"a=" + b"x" * LIMIT, FORM, BodyTooLargeError, id="too large"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    body: bytes, content_type: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await read(method="POST", body=body, content_type=content_type)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param("msg=%ff", "percent-encoded text must be UTF-8", id="Latin-1"),
        pytest.param("a=&" * 1_001, "more than 1000 parameters", id="too many"),
    ],
)
async def test_a_query_that_cannot_be_read_is_refused_as_a_query(query: str, reason: str) -> None:
    with pytest.raises(
        MalformedQueryError, match=f"query could not be read: .*{reason}"
    ) as caught:
        await read(query=query)

    assert caught.value.field == "query"


async def test_a_form_of_more_than_a_thousand_parameters_is_refused() -> None:
    with pytest.raises(MalformedBodyError, match="more than 1000 parameters"):
        await RequestReader(
            a_request(method="POST", body=b"a=&" * 1_001), timeout_s=TIMEOUT_S
        ).read_whole(1 << 20)


@pytest.mark.parametrize(
    ("query", "body", "content_type"),
    [
        pytest.param("msg=a&msg=b", b"", FORM, id="query"),
        pytest.param("msg=a&MSG=b", b"", FORM, id="query, another case"),
        pytest.param("", b"msg=a&mobile=1&Msg=b", FORM, id="form"),
        pytest.param("", b'{"msg":"a","msg":"b"}', "application/json", id="JSON"),
        pytest.param("", b'{"msg":"a","MSG":"b"}', "application/json", id="JSON, another case"),
        pytest.param("", b'{"sms":[{"msg":"a","msg":"b"}]}', "application/json", id="nested"),
    ],
)
async def test_what_came_more_than_once_is_refused_by_name(
    query: str, body: bytes, content_type: str
) -> None:
    with pytest.raises(RepeatedParameterError, match=r"(?i)^msg came more than once") as caught:
        (await read(method="POST", query=query, body=body, content_type=content_type)).text("msg")

    assert str(caught.value.field).casefold() == "msg"


async def test_near_the_beginning_of_a_form_a_login_is_found_before_the_rest_is_read() -> None:
    form = b"userId=asha&password=a%20b&msg=" + b"x" * 100_000 + b"&mobile=1"
    reader = RequestReader(
        a_request(method="POST", query="senderId=A", body=form), timeout_s=TIMEOUT_S
    )

    early = await reader.read_early()

    assert not reader.is_whole
    assert [early.text(name) for name in ("userId", "password", "senderId")] == [
        "asha",
        "a b",
        "A",
    ]
    assert "msg" not in early
    assert (await reader.read_whole(1 << 20)).text("mobile") == "1"
    assert reader.is_whole


async def test_of_a_short_form_all_is_found_early() -> None:
    reader = RequestReader(
        a_request(method="POST", body=b"userId=asha&password=a"), timeout_s=TIMEOUT_S
    )

    assert (await reader.read_early()).text("password") == "a"


async def test_of_json_nothing_is_read_early() -> None:
    body = b'{"userId":"asha","password":"a"}'
    reader = RequestReader(
        a_request(method="POST", body=body, content_type="application/json"), timeout_s=TIMEOUT_S
    )

    assert "userId" not in await reader.read_early()


async def test_a_body_that_does_not_come_in_time_is_refused() -> None:
    async def nothing() -> dict[str, Any]:
        await asyncio.sleep(60)
        raise AssertionError

    request = Request({**a_request(method="POST").scope}, receive=nothing)

    with pytest.raises(BodyTimeoutError):
        await RequestReader(request, timeout_s=0.05).read_whole(LIMIT)


async def test_a_body_that_breaks_off_is_refused() -> None:
    async def hang_up() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    request = Request(a_request(method="POST").scope, receive=hang_up)

    with pytest.raises(MalformedBodyError, match="it broke off"):
        await RequestReader(request, timeout_s=TIMEOUT_S).read_whole(LIMIT)


async def test_a_large_body_is_read_as_a_small_one_is() -> None:
    body = b'{"mobile":[' + b",".join([b"919876543210"] * 10_000) + b"]}"
    request = a_request(method="POST", body=body, content_type="application/json")

    assert (
        len(
            (await RequestReader(request, timeout_s=TIMEOUT_S).read_whole(1 << 20)).texts("mobile")
        )
        == 10_000
    )


@pytest.mark.parametrize("value", ["true", "TRUE", "True", "1"])
def test_what_is_true(value: str) -> None:
    assert Parameters({"test": value}).boolean("test")


@pytest.mark.parametrize("value", ["false", "FALSE", "0"])
def test_what_is_false(value: str) -> None:
    assert not Parameters({"test": value}).boolean("test", default=True)


@pytest.mark.parametrize("value", ["yes", "on", "2", "tru", "truefalse", "-1"])
def test_a_boolean_that_is_neither_is_named(value: str) -> None:
    with pytest.raises(InvalidBooleanError, match="trackLink must be true or false") as caught:
        Parameters({"tracklink": value}).boolean("trackLink")

    assert caught.value.field == "trackLink"


@pytest.mark.parametrize("value", ["", "  ", None])
def test_a_blank_boolean_takes_the_default(value: str | None) -> None:
    assert Parameters({"appendHttp": value}).boolean("appendHttp", default=True)


def test_a_word_of_a_list_is_matched_in_any_case() -> None:
    assert Parameters({"msgType": "UNICODE"}).choice("msgType", ["text", "unicode"], "text") == (
        "unicode"
    )


def test_a_word_outside_the_list_names_what_is_allowed() -> None:
    with pytest.raises(UnknownValueError, match="msgType must be one of text, unicode"):
        Parameters({"msgtype": "voice"}).choice("msgType", ["text", "unicode"], "text")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("a\0b", id="NUL"),
        pytest.param("\ud83d", id="half of a surrogate pair"),
        pytest.param(["a"], id="list"),
        pytest.param({"a": 1}, id="object"),
    ],
)
def test_a_text_that_no_message_can_hold_is_refused(value: object) -> None:
    with pytest.raises(InvalidValueError, match="msg"):
        Parameters({"msg": value}).text("msg")


@pytest.mark.parametrize("value", [[["1"]], [True], [None], [{"a": 1}]])
def test_a_list_of_numbers_holds_texts(value: object) -> None:
    with pytest.raises(InvalidValueError, match="mobile must be a list of texts"):
        Parameters({"mobile": value}).texts("mobile")


@pytest.mark.parametrize("value", [91987654321.5, [91987654321.5]], ids=["number", "list"])
def test_a_number_with_a_fraction_is_no_mobile(value: object) -> None:
    with pytest.raises(InvalidValueError, match="mobile must be whole numbers"):
        Parameters({"mobile": value}).texts("mobile")


@pytest.mark.parametrize("value", ["", " ", None])
def test_a_word_that_may_be_left_out_may_be_blank(value: str | None) -> None:
    assert Parameters({"linkShape": value}).optional_choice("linkShape", ["token"]) is None


def test_blank_where_a_text_must_be_is_missing() -> None:
    with pytest.raises(MissingFieldError, match="msg is missing"):
        Parameters({"msg": " \n"}).required_text("msg", "the text")


@pytest.mark.parametrize("value", ["12a", "१२", "-1", "1.5", "1" * 31])
def test_digits_are_ascii_digits(value: str) -> None:
    with pytest.raises(
        InvalidValueError, match=r"dltEntityId must be (digits only|at most 30 digits)"
    ):
        Parameters({"dltEntityId": value}).digits("dltEntityId")


def test_a_misspelt_name_is_refused_with_the_one_meant() -> None:
    with pytest.raises(UnknownParameterError, match="did you mean trackLink"):
        Parameters({"trackLnk": "true"}).refuse_unknown(SEND_PARAMETERS)


def test_a_name_is_told_as_it_was_written() -> None:
    with pytest.raises(UnknownParameterError, match="'trackLnk' is not") as caught:
        Parameters({"trackLnk": "true"}).refuse_unknown(SEND_PARAMETERS)

    assert caught.value.field == "trackLnk"


def test_a_name_of_megabytes_is_compared_with_none() -> None:
    with pytest.raises(UnknownParameterError, match=r"is not a parameter of this call$"):
        Parameters({"trackLink" * 1_000_000: "true"}).refuse_unknown(SEND_PARAMETERS)


def test_a_name_like_no_other_is_refused() -> None:
    with pytest.raises(UnknownParameterError, match="'zzzzzzzz' is not a parameter"):
        Parameters({"zzzzzzzz": "1"}).refuse_unknown(SEND_PARAMETERS)
