import string
from collections.abc import Mapping
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.domain.column_names import column_key
from services.api.domain.placeholders import MissingColumnError, Template

ROW: Mapping[str, str] = MappingProxyType(
    {
        "name": "Asha Rao",
        "first name": "Asha",
        "city": "Pune",
        "नाम": "आशा",
        "order.no": "A-17",
        "_x": "x",
        "a" * 64: "64",
    }
)


def filled(text: str) -> str:
    return Template.parse(text).fill(ROW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Hi {name}, {{city}}", "Hi Asha Rao, Pune", id="one brace or two"),
        pytest.param("{NAME}{Name}{nAmE}", "Asha Rao" * 3, id="any case, glued"),
        pytest.param("{ name } {{\tname\xa0}}", "Asha Rao Asha Rao", id="blanks around"),
        pytest.param("{First Name}", "Asha", id="a space inside"),
        pytest.param("नमस्ते {नाम}", "नमस्ते आशा", id="another script, with vowel signs"),
        pytest.param("{order.no}{_x}", "A-17x", id="dot, dash, underscore"),
        pytest.param("{" + "a" * 64 + "}", "64", id="64 characters"),
        pytest.param("{{{name}}}", "{Asha Rao}", id="three braces"),
        pytest.param("{{name}", "{Asha Rao", id="two open, one closed"),
        pytest.param("100% {name} %s", "100% Asha Rao %s", id="percent signs"),
    ],
)
def test_placeholder_is_filled(text: str, expected: str) -> None:
    assert filled(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("{} {{}} { }", id="empty"),
        pytest.param("{1} {1st}", id="a digit first"),
        pytest.param("{-a} {.a}", id="a mark first"),
        pytest.param("{a,b} {a:1} {a/b}", id="other characters"),
        pytest.param("{" + "a" * 65 + "}", id="65 characters"),
        pytest.param("{first\nname}", id="a line feed"),
        pytest.param("{name", id="not closed"),
        pytest.param("name}", id="not opened"),
        pytest.param("$otp$ [name] <name> %name%", id="other marks"),
    ],
)
def test_other_braces_are_text(text: str) -> None:
    template = Template.parse(text)

    assert template.names == ()
    assert template.fill({}) == text


def test_names_are_in_order_each_once_and_without_case() -> None:
    assert Template.parse("{City} {name} {{CITY}} { Straße }").names == ("city", "name", "strasse")


@pytest.mark.parametrize(
    ("written", "key"),
    [
        pytest.param(" First Name\t", "first name", id="blanks and case"),
        pytest.param("Prénom", "prénom", id="composed"),
        pytest.param("Pre\u0301nom", "prénom", id="decomposed"),
    ],
)
def test_column_is_compared_without_case_blanks_and_composition(written: str, key: str) -> None:
    assert column_key(written) == key


def test_value_is_never_read_as_a_placeholder() -> None:
    assert Template.parse("{a}{b}").fill({"a": "{b}", "b": "{a}"}) == "{b}{a}"


def test_missing_column_is_named_with_its_row_and_what_there_is() -> None:
    with pytest.raises(MissingColumnError) as missing:
        Template.parse("{city} {{ Name }}").fill({"mobile": "9", "city": "Pune"})

    in_row = missing.value.in_row(17, ["mobile", "city"])
    assert (in_row.code, in_row.field, in_row.column) == ("missing_column", "msg", "Name")
    assert str(in_row) == (
        "Row 17 has no column 'Name', which msg fills in as {{ Name }}; columns are: mobile, city"
    )


@pytest.mark.parametrize(
    ("columns", "listed"),
    [
        pytest.param([], "columns are: none", id="none"),
        pytest.param([f"c{n}" for n in range(23)], ", c19 and 3 more", id="many"),
        pytest.param(["x" * 500], f"columns are: {'x' * 64}", id="a long one"),
    ],
)
def test_table_without_a_column_is_refused_before_its_rows(
    columns: list[str], listed: str
) -> None:
    with pytest.raises(MissingColumnError, match="There is no column 'name'") as missing:
        Template.parse("Hi {name}").require(columns)

    assert str(missing.value).endswith(listed)


def test_table_with_all_columns_is_taken_however_they_are_written() -> None:
    template = Template.parse("Hi {name} of {City}")

    template.require([" NAME ", "city", "mobile"])

    assert template.fill({"name": "A", "city": "B"}) == "Hi A of B"


WORDS = st.text(st.characters(exclude_characters="{}"), max_size=20)
NAMES = st.sampled_from(["a", "B c", "नाम", "_1"])
VALUES = st.text(max_size=12)


@given(text=st.text(st.sampled_from("{}ab 1_.\n" + string.ascii_letters), max_size=60))
def test_text_without_placeholders_fills_to_itself(text: str) -> None:
    template = Template.parse(text)

    assert template.names or template.fill({}) == text


@given(
    pieces=st.lists(st.tuples(WORDS, NAMES), max_size=5),
    last=WORDS,
    value=st.text(string.ascii_letters + string.digits, max_size=5),
)
@settings(deadline=None)
def test_filling_leaves_the_senders_words_untouched(
    pieces: list[tuple[str, str]], last: str, value: str
) -> None:
    template = Template.parse("".join(f"{words}{{{name}}}" for words, name in pieces) + last)

    text = template.fill(dict.fromkeys(template.names, value))

    assert text == "".join(f"{words}{value}" for words, _ in pieces) + last


@given(text=st.text(), values=st.dictionaries(NAMES.map(column_key), VALUES))
def test_any_text_is_filled_when_its_columns_are_there_and_else_refused(
    text: str, values: dict[str, str]
) -> None:
    template = Template.parse(text + "{a}{B c}")

    if set(template.names) <= values.keys():
        assert template.fill(values).endswith(values["a"] + values["b c"])
    else:
        with pytest.raises(MissingColumnError) as missing:
            template.fill(values)
        assert column_key(missing.value.column) not in values
