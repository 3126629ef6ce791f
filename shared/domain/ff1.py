"""Format-preserving encryption: method FF1 of NIST SP 800-38G, for any radix and AES key.

This is the readable form, and the judge of the fast one in ``shared.domain.tokens``.
"""

from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

ROUNDS = 10
BLOCK_OCTETS = 16
KEY_OCTETS = (16, 24, 32)
MIN_RADIX = 2
MAX_RADIX = 2**16
MIN_LENGTH = 2
# SP 800-38G asks for 100; its Revision 1 for this, since small domains were broken.
MIN_DOMAIN_SIZE = 1_000_000


class FF1:
    """A key and a radix; instances may be shared between threads.

    Args:
        key: AES key of 16, 24 or 32 octets.
        radix: How many numerals there are, 2 to 65,536.

    Raises:
        ValueError: The key's length or the radix is out of range.
    """

    def __init__(self, key: bytes, radix: int) -> None:
        if len(key) not in KEY_OCTETS:
            raise ValueError(f"an AES key has 16, 24 or 32 octets, not {len(key)}")
        if not MIN_RADIX <= radix <= MAX_RADIX:
            raise ValueError(f"radix must be {MIN_RADIX} to {MAX_RADIX}, not {radix}")
        self._radix = radix
        # CIPH_K of one block: ECB keeps nothing between calls, so the key is scheduled once.
        self._encrypt_block = Cipher(AES(key), ECB()).encryptor().update  # noqa: S305

    def encrypt(self, numerals: Sequence[int], tweak: bytes = b"") -> list[int]:
        """Encrypt a numeral string (SP 800-38G, Algorithm 7).

        Args:
            numerals: Most significant first, each from 0 to ``radix - 1``.
            tweak: Any octets; needed again to decrypt.

        Returns:
            As many numerals as were given.

        Raises:
            ValueError: A numeral is out of range, or the domain ``radix ** len(numerals)`` is
                below ``MIN_DOMAIN_SIZE``.
        """
        a, b = self._halves(numerals)
        moduli = self._moduli(len(numerals))
        round_function = self._round_function(len(numerals), tweak)
        for i in range(ROUNDS):
            a, b = b, (a + round_function(i, b)) % moduli[i % 2]
        return self._join(a, b, len(numerals))

    def decrypt(self, numerals: Sequence[int], tweak: bytes = b"") -> list[int]:
        """Undo ``encrypt`` (SP 800-38G, Algorithm 8).

        Args:
            numerals: What ``encrypt`` returned.
            tweak: The octets given to ``encrypt``.

        Returns:
            As many numerals as were given.

        Raises:
            ValueError: As ``encrypt``.
        """
        a, b = self._halves(numerals)
        moduli = self._moduli(len(numerals))
        round_function = self._round_function(len(numerals), tweak)
        for i in reversed(range(ROUNDS)):
            a, b = (b - round_function(i, a)) % moduli[i % 2], a
        return self._join(a, b, len(numerals))

    def _halves(self, numerals: Sequence[int]) -> tuple[int, int]:
        if len(numerals) < MIN_LENGTH or self._radix ** len(numerals) < MIN_DOMAIN_SIZE:
            raise ValueError(
                f"{len(numerals)} numerals of radix {self._radix} make a domain "
                f"of less than {MIN_DOMAIN_SIZE:,}, or cannot be halved"
            )
        if not all(0 <= numeral < self._radix for numeral in numerals):
            raise ValueError(f"every numeral must be 0 to {self._radix - 1}")
        middle = len(numerals) // 2
        return self._num(numerals[:middle]), self._num(numerals[middle:])

    def _moduli(self, length: int) -> tuple[int, int]:
        u = length // 2
        return self._radix**u, self._radix ** (length - u)

    def _round_function(self, length: int, tweak: bytes) -> Callable[[int, int], int]:
        # Algorithm 7, steps 1 to 6.iv; the names are the standard's.
        u = length // 2
        b = ((self._radix ** (length - u) - 1).bit_length() + 7) // 8
        d = 4 * -(-b // 4) + 4
        p = (
            bytes((1, 2, 1))
            + self._radix.to_bytes(3, "big")
            + bytes((ROUNDS, u % 256))
            + length.to_bytes(4, "big")
            + len(tweak).to_bytes(4, "big")
        )
        padded_tweak = tweak + bytes((-len(tweak) - b - 1) % BLOCK_OCTETS)

        def y(i: int, half: int) -> int:
            q = padded_tweak + bytes((i,)) + half.to_bytes(b, "big")
            return int.from_bytes(self._expand(self._prf(p + q), d), "big")

        return y

    def _prf(self, octets: bytes) -> bytes:
        # Algorithm 6: the last block of a CBC encryption with a zero vector.
        chain = bytes(BLOCK_OCTETS)
        for start in range(0, len(octets), BLOCK_OCTETS):
            chain = self._encrypt_block(_xor(chain, octets[start : start + BLOCK_OCTETS]))
        return chain

    def _expand(self, r: bytes, octet_count: int) -> bytes:
        # Algorithm 7, step 6.iii.
        counters = range(1, -(-octet_count // BLOCK_OCTETS))
        more = (self._encrypt_block(_xor(r, j.to_bytes(BLOCK_OCTETS, "big"))) for j in counters)
        return b"".join((r, *more))[:octet_count]

    def _num(self, numerals: Sequence[int]) -> int:
        # Algorithm 1.
        number = 0
        for numeral in numerals:
            number = number * self._radix + numeral
        return number

    def _join(self, a: int, b: int, length: int) -> list[int]:
        # Algorithm 3 for each half, the least significant numeral first.
        u = length // 2
        numerals = []
        for number, width in ((b, length - u), (a, u)):
            rest = number
            for _ in range(width):
                rest, numeral = divmod(rest, self._radix)
                numerals.append(numeral)
        return numerals[::-1]


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
