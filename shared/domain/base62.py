"""Numbers as base-62 texts of a fixed length, one by one or many at once.

The numeral 0 is the character "0"; then come the digits, the capitals and the small letters, as
in ASCII, so texts of one length sort as their numbers do. Work goes by pairs of characters.
"""

import string
from itertools import product

import numpy as np
from numpy.typing import NDArray

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RADIX = len(ALPHABET)
PAIRS = ["".join(pair) for pair in product(ALPHABET, repeat=2)]
# What a text of up to two characters counts; a foreign character is in no key.
NUMBERS = {
    "".join(text): number
    for length in range(3)
    for number, text in enumerate(product(ALPHABET, repeat=length))
}
# numpy keeps a text as four octets a character, so a pair is one 64-bit word of memory.
PAIR_WORDS = np.array(PAIRS).view(np.uint64)


def to_text(number: int, length: int) -> str:
    """Write a number in base 62.

    Args:
        number: From 0 to ``62**length - 1``.
        length: Characters; leading zeros are written.
    """
    text = ""
    rest = number
    while len(text) < length:
        rest, pair = divmod(rest, len(PAIRS))
        text = PAIRS[pair] + text
    return text[-length:]


def to_texts(numbers: NDArray[np.uint64], length: int) -> list[str]:
    """Write many numbers in base 62, in their order.

    Args:
        numbers: Each from 0 to ``62**length - 1``.
        length: Characters of each text, at least 1.
    """
    column_count = (length + 1) // 2
    words = np.empty((len(numbers), column_count), np.uint64)
    rest = numbers
    for column in reversed(range(column_count)):
        # Not divmod: numpy divides by a constant quickly, but takes remainders slowly.
        above = rest // np.uint64(len(PAIRS))
        words[:, column] = PAIR_WORDS[rest - above * np.uint64(len(PAIRS))]
        rest = above
    characters = np.ascontiguousarray(words.view(np.uint32)[:, -length:])
    texts: list[str] = characters.view(f"<U{length}").ravel().tolist()
    return texts
