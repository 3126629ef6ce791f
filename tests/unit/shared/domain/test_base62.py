import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.base62 import ALPHABET, NUMBERS, to_text
from shared.domain.token_batches import to_texts


def test_the_alphabet_is_the_62_ascii_letters_and_digits_in_ascii_order() -> None:
    assert sorted({*ALPHABET}) == list(ALPHABET)
    assert len(ALPHABET) == 62
    assert ALPHABET.isascii()
    assert ALPHABET.isalnum()


@pytest.mark.parametrize(
    ("number", "length", "text"),
    [
        pytest.param(0, 6, "000000", id="zero"),
        pytest.param(9, 7, "0000009", id="last-digit"),
        pytest.param(10, 6, "00000A", id="first-capital"),
        pytest.param(35, 6, "00000Z", id="last-capital"),
        pytest.param(36, 6, "00000a", id="first-small-letter"),
        pytest.param(61, 6, "00000z", id="last-numeral"),
        pytest.param(62, 6, "000010", id="carry"),
        pytest.param(62**6 - 1, 6, "zzzzzz", id="last-of-6"),
        pytest.param(62**7 - 1, 7, "zzzzzzz", id="last-of-7"),
        pytest.param(62**8 - 1, 8, "zzzzzzzz", id="last-of-8"),
    ],
)
def test_a_number_is_written_with_its_leading_zeros(number: int, length: int, text: str) -> None:
    assert to_text(number, length) == text
    assert to_texts(np.array([number], np.uint64), length) == [text]


@given(st.data(), st.integers(1, 10))
def test_many_numbers_are_written_as_each_alone(data: st.DataObject, length: int) -> None:
    numbers = data.draw(st.lists(st.integers(0, 62**length - 1), max_size=50))

    texts = to_texts(np.array(numbers, np.uint64), length)

    assert texts == [to_text(number, length) for number in numbers]


@given(st.lists(st.integers(0, 62**7 - 1), unique=True))
def test_texts_sort_as_their_numbers_do(numbers: list[int]) -> None:
    texts = [to_text(number, 7) for number in numbers]

    assert sorted(texts) == [to_text(number, 7) for number in sorted(numbers)]


def test_texts_of_up_to_two_characters_are_read_as_they_are_written() -> None:
    assert NUMBERS[""] == 0
    assert len(NUMBERS) == 1 + 62 + 62**2
    assert all(to_text(number, len(text)) == text for text, number in NUMBERS.items() if text)
