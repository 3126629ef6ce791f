"""The rows of a send with texts of each recipient's own."""

import pytest

from services.api.domain.errors import InvalidValueError
from services.api.schemas.personal_rows import to_personal_rows


def test_row_has_its_numbers_its_text_and_its_columns() -> None:
    rows = to_personal_rows(
        [
            {"mobile": "919876543210", "msg": "Hi Asha"},
            {"Mobile": ["919876543211", 919876543212], " Name ": "Ravi", "Due": 42.5, "x": None},
        ]
    )

    assert [(row.number, row.mobiles, row.text) for row in rows] == [
        (1, ["919876543210"], "Hi Asha"),
        (2, ["919876543211", "919876543212"], None),
    ]
    assert rows[1].values == {
        "name": "Ravi",
        "due": "42.5",
        "mobile": "919876543211,919876543212",
    }


@pytest.mark.parametrize(
    ("sms", "words"),
    [
        pytest.param("919876543210", "sms must be a list of objects", id="text"),
        pytest.param(["919876543210"], "sms must be a list of objects", id="list of texts"),
        pytest.param([], "sms is empty", id="empty list"),
        pytest.param([{"msg": "Hi"}], "row 1 has no mobile", id="no number"),
        pytest.param([{"mobile": []}], "row 1 has no mobile", id="empty list of numbers"),
        pytest.param(
            [{"mobile": "1"}, {"mobile": "1", "due": {"a": 1}}],
            "row 2, column 'due' must be a text or a number",
            id="nested value",
        ),
        pytest.param(
            [{"mobile": "1", "vip": True}],
            "row 1, column 'vip' must be a text or a number",
            id="true or false",
        ),
        pytest.param([{"mobile": "1", "name": "a\0"}], "row 1, column 'name' holds NUL", id="NUL"),
        pytest.param(
            [{"mobile": "1", "name": "\ud800"}], "row 1, column 'name' holds", id="surrogate"
        ),
        pytest.param(
            [{"mobile": 919876543210.5}],
            "row 1, column 'mobile' must be a whole number",
            id="number with a fraction",
        ),
        pytest.param(
            [{"mobile": "1", "Name": "a", "name ": "b"}],
            "row 1 has two columns called 'name '",
            id="column twice",
        ),
        pytest.param(
            [{"mobile": "1", "MOBILE": "2"}],
            "row 1 has two columns called 'MOBILE'",
            id="number twice",
        ),
    ],
)
def test_wrong_row_is_named(sms: object, words: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        to_personal_rows(sms)

    assert words in str(refused.value)
    assert refused.value.field == "sms"
