"""Numbers as base-62 texts of a fixed length.

The numeral 0 is the character "0"; then come the digits, the capitals and the small letters, as
in ASCII, so texts of one length sort as their numbers do. Work goes by pairs of characters.
"""

import string
from itertools import product

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RADIX = len(ALPHABET)
PAIRS = ["".join(pair) for pair in product(ALPHABET, repeat=2)]
# What a text of up to two characters counts; a foreign character is in no key.
NUMBERS = {
    "".join(text): number
    for length in range(3)
    for number, text in enumerate(product(ALPHABET, repeat=length))
}


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
