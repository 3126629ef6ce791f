"""Tokens: a link number, encrypted, in 6 to 8 base-62 characters.

FF1 (NIST SP 800-38G) with AES-256, radix 62 and an empty tweak. ``shared.domain.ff1`` says how;
here the same cipher is cut to what 6 to 8 characters need. ``shared.domain.base62`` has the
order of the characters.
"""

from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from shared.domain.base62 import NUMBERS, PAIRS, RADIX, to_text
from shared.domain.errors import InvalidTokenError
from shared.domain.ff1 import ROUNDS

TOKEN_LENGTHS = (6, 7, 8)
KEY_OCTETS = 32
PAIR_COUNT = len(PAIRS)

# Below this, numpy's cost a call outweighs what it saves.
SMALLEST_BATCH = 20

pack_block = Struct(">12sI").pack
unpack_y = Struct(">Q").unpack_from


class Batch(NamedTuple):
    """Link numbers to encrypt at once, and what the cipher knows beforehand.

    Attributes:
        chain: Octets 0 to 11 of the encrypted P of SP 800-38G, Algorithm 7.
        rounds: Octets 12 to 15 of it with the number of the round, and the modulus of the round.
    """

    first_link: int
    size: int
    length: int
    right_size: int
    chain: bytes
    rounds: Sequence[tuple[int, int]]


def domain_size(length: int) -> int:
    """Return how many tokens of a length there are.

    Args:
        length: Characters, one of ``TOKEN_LENGTHS``.

    Raises:
        ValueError: No token is of that length.
    """
    if length not in TOKEN_LENGTHS:
        raise ValueError(f"a token has 6, 7 or 8 characters, not {length}")
    size: int = RADIX**length
    return size


class TokenCipher:
    """The key of one token length; instances may be shared between threads.

    Args:
        key: AES-256 key, 32 octets; never shown again.
        length: Characters, one of ``TOKEN_LENGTHS``.

    Raises:
        ValueError: The key's length or the tokens' length is not one of ours.
    """

    def __init__(self, key: bytes, length: int) -> None:
        if len(key) != KEY_OCTETS:
            raise ValueError(f"a token key has {KEY_OCTETS} octets, not {len(key)}")
        self._domain_size = domain_size(length)
        self._length = length
        u = length // 2
        v = length - u
        self._right_size: int = RADIX**v
        self._tail_size: int = RADIX ** (length - 6)
        self._cipher = Cipher(AES(key), ECB())  # noqa: S305
        # FF1 wants CIPH_K of single blocks, and ECB keeps nothing between calls.
        self._encrypt_block = self._cipher.encryptor().update
        # SP 800-38G, Algorithm 7, with t = 0, b = 3 and d = 8 at all our lengths: P is one block
        # and the same for all; Q is one block of 12 zeros, the round and three octets of B.
        p = bytes((1, 2, 1, 0, 0, RADIX, ROUNDS, u, 0, 0, 0, length, 0, 0, 0, 0))
        encrypted_p = self._encrypt_block(p)
        self._chain = encrypted_p[:12]
        word = int.from_bytes(encrypted_p[12:], "big")
        self._rounds = [(word ^ i << 24, RADIX ** (v if i % 2 else u)) for i in range(ROUNDS)]
        self._rounds_back = self._rounds[::-1]

    def mint(self, link_number: int) -> str:
        """Encrypt a link number.

        Args:
            link_number: From 0 to ``domain_size(length) - 1``.

        Raises:
            ValueError: The link number is out of range.
        """
        self._check(link_number, 1)
        a, b = divmod(link_number, self._right_size)
        for word, modulus in self._rounds:
            block = self._encrypt_block(pack_block(self._chain, word ^ b))
            a, b = b, (a + unpack_y(block)[0]) % modulus
        return to_text(a * self._right_size + b, self._length)

    def mint_block(self, first_link: int, count: int) -> list[str]:
        """Encrypt contiguous link numbers, in their order.

        Args:
            first_link: The first, at least 0.
            count: How many, at least 0.

        Raises:
            ValueError: A link number would be out of range.
        """
        self._check(first_link, count)
        if count < SMALLEST_BATCH:
            return [self.mint(first_link + position) for position in range(count)]
        # It brings numpy, which takes long to import, and the redirector mints no batch.
        from shared.domain.token_batches import mint_batch  # noqa: PLC0415

        return mint_batch(
            # An encryptor of its own: over 2 KB, cryptography lets other threads run meanwhile,
            # and would refuse them the shared one.
            self._cipher.encryptor(),
            Batch(first_link, count, self._length, self._right_size, self._chain, self._rounds),
        )

    def link_number(self, token: str) -> int:
        """Decrypt a token.

        Args:
            token: Whatever was asked for; upper and lower case differ.

        Returns:
            From 0 to ``domain_size(length) - 1``; whether it was handed out is for the caller.

        Raises:
            InvalidTokenError: The text is of another length or has a character of no token.
        """
        # The redirector's hot path; guessed garbage comes this way too and must stay cheap.
        if len(token) != self._length:
            raise InvalidTokenError
        try:
            head = (NUMBERS[token[:2]] * PAIR_COUNT + NUMBERS[token[2:4]]) * PAIR_COUNT
            number = (head + NUMBERS[token[4:6]]) * self._tail_size + NUMBERS[token[6:]]
        except KeyError:
            raise InvalidTokenError from None
        encrypt_block, chain = self._encrypt_block, self._chain
        a, b = divmod(number, self._right_size)
        for word, modulus in self._rounds_back:
            block = encrypt_block(pack_block(chain, word ^ a))
            a, b = (b - unpack_y(block)[0]) % modulus, a
        return a * self._right_size + b

    def _check(self, first_link: int, count: int) -> None:
        if first_link < 0 or count < 0 or first_link + count > self._domain_size:
            raise ValueError(
                f"link numbers {first_link} to {first_link + count - 1} are not all "
                f"among 0 to {self._domain_size - 1}"
            )
