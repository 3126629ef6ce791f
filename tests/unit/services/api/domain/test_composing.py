"""Texts as they are made of a send's text and a row's columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.composing import (
    ComposedText,
    Composer,
    PersonalRow,
    RowRefusedError,
    TextRules,
    compose,
)
from services.api.domain.link_errors import NoLinkError, OverlongTextError
from services.api.domain.placeholders import MissingColumnError
from shared.domain.errors import DomainError
from shared.domain.segments import Encoding, NotGsmError

LINK = "https://tx1.in/SAlhjS"
TRACKED = TextRules(sample_link=LINK, short_domains=frozenset({"tx1.in"}))
PLAIN = TextRules()


def row(number: int = 2, text: str | None = None, /, **values: str) -> PersonalRow:
    return PersonalRow(number, ["919876543210"], values, text)


def read(composed: ComposedText) -> str:
    return composed.with_link(LINK)


@pytest.mark.parametrize(
    ("rules", "text", "reads", "destination"),
    [
        pytest.param(PLAIN, "Hi https://a.in/x", "Hi https://a.in/x", None, id="not tracked"),
        pytest.param(TRACKED, "Hi https://a.in/x.", f"Hi {LINK}.", "https://a.in/x", id="tracked"),
        pytest.param(
            TextRules(is_smart=True), "“Sale” – now…", '"Sale" - now...', None, id="smart"
        ),
        pytest.param(
            TextRules(sample_link=LINK, is_smart=True),
            "“Hi” https://a.in/café – bye",
            f'"Hi" {LINK} - bye',
            "https://a.in/café",
            id="smart leaves the destination as it is",
        ),
        pytest.param(
            TextRules(sample_link=LINK, is_smart=True),
            "“Hi” https://a.in/x – bye ☃",
            f"“Hi” {LINK} – bye ☃",
            "https://a.in/x",
            id="smart changes nothing where it saves nothing",
        ),
        pytest.param(
            TextRules(is_smart=True, encoding=Encoding.UCS_2),
            "“Hi”",
            "“Hi”",
            None,
            id="smart leaves unicode alone",
        ),
    ],
)
def test_text_is_composed_by_the_rules(
    rules: TextRules, text: str, reads: str, destination: str | None
) -> None:
    composed = compose(text, rules)

    assert read(composed) == reads
    assert (composed.rewrite and composed.rewrite.destination) == destination
    assert composed.written == text


def test_length_is_that_of_the_text_with_its_short_link() -> None:
    composed = compose("Sale: https://a.in/" + "x" * 300, TRACKED)

    assert (composed.segmentation.units, composed.segmentation.count) == (6 + len(LINK), 1)


@pytest.mark.parametrize("text", ["", " \n "], ids=["empty", "blank"])
def test_blank_text_is_refused(text: str) -> None:
    with pytest.raises(DomainError, match="no text"):
        compose(text, PLAIN)


def test_overlong_text_is_refused_unread_with_and_without_a_link() -> None:
    for rules in (PLAIN, TRACKED):
        with pytest.raises(OverlongTextError):
            compose("a.in " * 100_000, rules)


def test_each_row_fills_the_text_with_its_own_columns() -> None:
    composer = Composer("Hi {name}, https://a.in/?id={id}", TRACKED)

    texts = [composer.compose(row(name=name, id=name)) for name in ("Asha", "R & D")]

    assert [read(composed) for composed in texts] == [f"Hi Asha, {LINK}", f"Hi R & D, {LINK}"]
    assert [composed.rewrite and composed.rewrite.location for composed in texts] == [
        "https://a.in/?id=Asha",
        "https://a.in/?id=R%20%26%20D",
    ]


def test_link_that_no_value_changes_leads_all_rows_to_one_place() -> None:
    composer = Composer("Hi {name}, see https://a.in/sale now, {name}", TRACKED)

    texts = [composer.compose(row(name=name)) for name in ("Asha", "Ravi")]

    assert [read(composed) for composed in texts] == [
        f"Hi Asha, see {LINK} now, Asha",
        f"Hi Ravi, see {LINK} now, Ravi",
    ]
    assert {composed.rewrite and composed.rewrite.location for composed in texts} == {
        "https://a.in/sale"
    }


def test_link_in_a_value_behind_it_is_the_last_one_and_is_tracked() -> None:
    composer = Composer("See https://a.in/sale or {shop}", TRACKED)

    composed = composer.compose(row(shop="https://b.in/x"))

    assert read(composed) == f"See https://a.in/sale or {LINK}"


def test_text_of_a_row_goes_as_it_is_braces_and_all() -> None:
    composed = Composer("Hi {name}", PLAIN).compose(row(2, "Code {abc}", name="Asha"))

    assert read(composed) == "Code {abc}"


@pytest.mark.parametrize(
    ("template", "values", "text", "error", "words"),
    [
        pytest.param(
            "Hi {name}",
            {"city": "Pune"},
            None,
            MissingColumnError,
            "Row 7 has no column 'name', which msg fills in as {name}; columns are: city",
            id="column missing",
        ),
        pytest.param(
            "Hi {name} https://a.in/?x={id} ok",
            {"name": "Asha"},
            None,
            MissingColumnError,
            "Row 7 has no column 'id'",
            id="column of the link missing",
        ),
        pytest.param(
            None, {}, None, RowRefusedError, "Row 7: There is no text", id="no text at all"
        ),
        pytest.param("{a}", {"a": " "}, None, RowRefusedError, "Row 7: There is no", id="blank"),
        pytest.param(
            "See {link}", {"link": "soon"}, None, RowRefusedError, "Row 7: ", id="no link"
        ),
        pytest.param(
            "Hi", {}, "See https://tx1.in/x", RowRefusedError, "Row 7: ", id="our own link"
        ),
    ],
)
def test_refusal_names_the_row(
    template: str | None,
    values: dict[str, str],
    text: str | None,
    error: type[DomainError],
    words: str,
) -> None:
    composer = Composer(template, TRACKED)

    with pytest.raises(error) as refused:
        composer.compose(row(7, text, **values))

    assert str(refused.value).startswith(words)
    assert refused.value.field == "msg"


def test_refusal_of_a_row_keeps_its_reason() -> None:
    with pytest.raises(RowRefusedError) as refused:
        Composer("{a}", TextRules(encoding=Encoding.GSM_7)).compose(row(a="😀"))

    assert isinstance(refused.value.reason, NotGsmError)
    assert refused.value.told_code == NotGsmError.code


def test_overlong_template_is_refused_before_any_row() -> None:
    with pytest.raises(OverlongTextError):
        Composer("{a}" * 100_000, PLAIN)


def test_row_that_grows_overlong_around_a_fixed_link_is_refused() -> None:
    composer = Composer("{a} https://a.in/x ok", TRACKED)

    with pytest.raises(RowRefusedError, match="Row 2: msg is"):
        composer.compose(row(a="x" * 100_000))


@given(name=st.text(max_size=40), tail=st.text(max_size=40))
def test_short_cut_of_a_fixed_link_composes_what_the_filled_text_says(
    name: str, tail: str
) -> None:
    template = "Dear {name}: https://a.in/x?y=1 and {tail}"

    fast = Composer(template, TRACKED).compose(row(name=name, tail=tail))
    slow = compose(f"Dear {name}: https://a.in/x?y=1 and {tail}", TRACKED)

    assert (read(fast), fast.rewrite and fast.rewrite.location) == (
        read(slow),
        slow.rewrite and slow.rewrite.location,
    )


def test_link_is_missed_where_there_is_none() -> None:
    with pytest.raises(NoLinkError):
        compose("Hi", TRACKED)


@pytest.mark.parametrize(
    ("template", "own", "filled"),
    [
        pytest.param("Hi {Name}", None, {"name": "Asha"}, id="what the text names"),
        pytest.param("Hi {Name}", "Hello", {}, id="a text of its own"),
        pytest.param(None, None, {}, id="no text"),
    ],
)
def test_values_that_fill_a_row_can_be_shown(
    template: str | None, own: str | None, filled: dict[str, str]
) -> None:
    composer = Composer(template, PLAIN)

    assert composer.filled_values(row(2, own, name="Asha", city="Pune")) == filled


@pytest.mark.parametrize("template", ["Hi {name}", "Hi", None])
def test_table_with_all_columns_is_enough(template: str | None) -> None:
    Composer(template, PLAIN).require(["Mobile", " NAME "])


def test_table_that_lacks_a_column_is_refused_before_any_row() -> None:
    with pytest.raises(MissingColumnError, match="Mobile, City"):
        Composer("Hi {name}", PLAIN).require(["Mobile", "City"])


@pytest.mark.parametrize(
    ("template", "one_row", "is_blank"),
    [
        ("Hi {name}", row(name=" "), True),
        ("Hi {name}", row(name="Asha", city=""), False),
        ("Hi {name}", row(2, "Own text", name=""), False),
        (None, row(2, "Own text", name=""), False),
    ],
    ids=["blank", "another column is", "row has its own text", "nothing to fill"],
)
def test_blank_is_what_fills_the_text_with_nothing(
    template: str | None, one_row: PersonalRow, *, is_blank: bool
) -> None:
    assert Composer(template, PLAIN).has_blank(one_row) is is_blank
