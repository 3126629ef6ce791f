"""Tokens of many link numbers at once: the cipher of ``shared.domain.tokens``, by numpy."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shared.domain.base62 import PAIRS
from shared.domain.ff1 import BLOCK_OCTETS
from shared.domain.tokens import Batch

# numpy keeps a text as four octets a character, so a pair is one 64-bit word of memory.
PAIR_WORDS = np.array(PAIRS).view(np.uint64)


class Encryptor(Protocol):
    """AES of single blocks, one after the other."""

    def update_into(self, data: bytearray, buf: bytearray) -> int:
        """Encrypt blocks into a buffer with room for one octet less than a block more."""


def mint_batch(encryptor: Encryptor, batch: Batch) -> list[str]:
    """Encrypt contiguous link numbers, in their order."""
    last = batch.first_link + batch.size
    numbers = np.arange(batch.first_link, last, dtype=np.uint64)
    return to_texts(_encrypt(encryptor, batch, numbers), batch.length)


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


def _encrypt(
    encryptor: Encryptor, batch: Batch, numbers: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    blocks = bytearray((batch.chain + bytes(4)) * len(numbers))
    words: NDArray[np.uint32] = np.frombuffer(blocks, ">u4")[3::4]
    encrypted = bytearray(len(blocks) + BLOCK_OCTETS - 1)
    y: NDArray[np.uint64] = np.frombuffer(encrypted, ">u8", count=2 * len(numbers))[::2]
    right_size = np.uint64(batch.right_size)
    a, b = numbers // right_size, numbers % right_size
    for word, modulus in batch.rounds:
        words[:] = b ^ np.uint64(word)
        encryptor.update_into(blocks, encrypted)
        # Two remainders, since a + y could pass 64 bits.
        a, b = b, (a + y % np.uint64(modulus)) % np.uint64(modulus)
    return a * right_size + b
