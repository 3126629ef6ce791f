"""What groups and their columns may be called, and what contacts keep."""

import pytest

from services.api.domain.contact_groups import (
    MAX_COLUMNS,
    ContactColumns,
    checked_name,
    folded_name,
    is_storable,
    kept_values,
    to_uuid,
)
from services.api.domain.errors import InvalidValueError

AN_ID = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"


def test_a_name_has_single_blanks_and_is_compared_without_case() -> None:
    assert checked_name("  Old\t customers ") == "Old customers"
    assert folded_name(" OLD  customers") == folded_name("Old Customers")
    # Composed and decomposed.
    assert folded_name("Caf\u00e9") == folded_name("Cafe\u0301")


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a,b", "a\u0007", "\ud800", AN_ID])
def test_a_name_that_a_send_could_not_give_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueError, match="name must"):
        checked_name(name)


def test_an_id_is_told_from_a_name() -> None:
    assert str(to_uuid(AN_ID)) == AN_ID
    assert to_uuid("Customers") is None


def test_columns_keep_their_first_spelling_and_their_order() -> None:
    columns = ContactColumns(["Name"])

    assert [columns.add(" NAME "), columns.add("City"), columns.add("city")] == [
        "Name",
        "City",
        "City",
    ]
    assert columns.names == ["Name", "City"]


@pytest.mark.parametrize("name", ["", "x" * 101, "a\u0007", "Mobile", "PHONE "])
def test_a_column_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueError, match="columns must"):
        ContactColumns().add(name)


def test_a_group_has_so_many_columns_and_no_more() -> None:
    columns = ContactColumns(f"c{place}" for place in range(MAX_COLUMNS))

    assert columns.add("C0") == "c0"
    with pytest.raises(InvalidValueError, match=f"at most {MAX_COLUMNS}"):
        columns.add("one more")


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (["Asha", " "], {"Name": "Asha"}),
        (["", "x" * 1_000], {"City": "x" * 1_000}),
        (["", "x" * 1_001], None),
    ],
    ids=["blank", "longest", "too long"],
)
def test_a_contact_keeps_what_is_not_blank(values: list[str], kept: dict[str, str] | None) -> None:
    assert kept_values(["Name", "City"], values) == kept


def test_control_characters_are_storable_only_where_they_are_allowed() -> None:
    assert is_storable("नमस्ते\u200d")
    assert not is_storable("a\nb")
    assert is_storable("a\nb", allowed="\n")
