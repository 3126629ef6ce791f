"""Time minting and reading tokens, against plain FF1, libffx and bare AES in the same run.

Run ``python -m bench.tokens``. The last line is JSON; the exit code is 1 if a limit is broken.
"""

import json
import sys
from collections.abc import Callable
from time import process_time

import ffx  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from shared.domain.base62 import ALPHABET, RADIX
from shared.domain.ff1 import BLOCK_OCTETS, FF1, ROUNDS
from shared.domain.tokens import TokenCipher

KEY = bytes(range(32))
LENGTH = 6
FIRST_LINK = 1_234_567
BLOCK = 100_000
SMALL_BLOCK = 100
SINGLES = 1_000
REPEATS = 7

# Contender against reference: how many times as fast it must at least be. A limit below 1
# allows for what is done besides AES: arithmetic, and writing or reading text.
MUST_REACH = {
    ("mint_block 100,000", "mint plain FF1"): 20.0,
    ("mint_block 100,000", "mint libffx"): 20.0,
    ("mint_block 100,000", "mint bare AES, batch"): 1 / 25,
    ("mint_block 100", "mint plain FF1"): 8.0,
    ("read TokenCipher", "read plain FF1"): 3.0,
    ("read TokenCipher", "read libffx"): 3.0,
    ("read TokenCipher", "read bare AES, single"): 1 / 6,
}

plain = FF1(KEY, RADIX)
libffx = ffx.FF1(KEY, alphabet=ALPHABET)
cipher = TokenCipher(KEY, LENGTH)
aes = Cipher(AES(KEY), ECB())  # noqa: S305
encrypt_block = aes.encryptor().update
numerals_by_character = {character: numeral for numeral, character in enumerate(ALPHABET)}
link_numbers = range(FIRST_LINK, FIRST_LINK + SINGLES)
tokens = cipher.mint_block(FIRST_LINK, SINGLES)


def to_numerals(number: int) -> list[int]:
    return [number // RADIX**place % RADIX for place in reversed(range(LENGTH))]


plain_texts = ["".join(ALPHABET[n] for n in to_numerals(number)) for number in link_numbers]


def mint_small_blocks() -> list[list[str]]:
    return [cipher.mint_block(number, SMALL_BLOCK) for number in link_numbers[::SMALL_BLOCK]]


def mint_plain() -> list[str]:
    return [
        "".join([ALPHABET[numeral] for numeral in plain.encrypt(to_numerals(number))])
        for number in link_numbers
    ]


def read_plain() -> list[int]:
    numbers = []
    for token in tokens:
        number = 0
        for numeral in plain.decrypt([numerals_by_character[character] for character in token]):
            number = number * RADIX + numeral
        numbers.append(number)
    return numbers


def mint_libffx() -> list[str]:
    return [libffx.encrypt(text) for text in plain_texts]


def read_libffx() -> list[str]:
    return [libffx.decrypt(token) for token in tokens]


def read_tokens() -> list[int]:
    return [cipher.link_number(token) for token in tokens]


def batch_of_bare_aes() -> None:
    blocks = bytes(BLOCK * BLOCK_OCTETS)
    encrypted = bytearray(len(blocks) + BLOCK_OCTETS - 1)
    encryptor = aes.encryptor()
    for _ in range(ROUNDS):
        encryptor.update_into(blocks, encrypted)


def singles_of_bare_aes() -> None:
    block = bytes(BLOCK_OCTETS)
    for _ in range(SINGLES):
        for _ in range(ROUNDS):
            encrypt_block(block)


# Each with how many tokens one call is worth.
CONTENDERS: dict[str, tuple[Callable[[], object], int]] = {
    "mint_block 100,000": (lambda: cipher.mint_block(FIRST_LINK, BLOCK), BLOCK),
    "mint_block 100": (mint_small_blocks, SINGLES),
    "mint plain FF1": (mint_plain, SINGLES),
    "mint libffx": (mint_libffx, SINGLES),
    "mint bare AES, batch": (batch_of_bare_aes, BLOCK),
    "read TokenCipher": (read_tokens, SINGLES),
    "read plain FF1": (read_plain, SINGLES),
    "read libffx": (read_libffx, SINGLES),
    "read bare AES, single": (singles_of_bare_aes, SINGLES),
}


def time_all() -> dict[str, float]:
    """Return each contender's best CPU seconds a token; taking turns lets noise meet all alike."""
    best = dict.fromkeys(CONTENDERS, float("inf"))
    for _ in range(REPEATS):
        for name, (call, token_count) in CONTENDERS.items():
            start = process_time()
            call()
            best[name] = min(best[name], (process_time() - start) / token_count)
    return best


def main() -> int:
    assert mint_plain() == mint_libffx() == tokens
    assert read_plain() == read_tokens() == list(link_numbers)
    assert read_libffx() == plain_texts

    seconds = time_all()
    ratios = {pair: seconds[pair[1]] / seconds[pair[0]] for pair in MUST_REACH}
    holds = all(ratios[pair] >= limit for pair, limit in MUST_REACH.items())

    print(f"{'':24}{'us a token':>12}{'tokens/s':>14}")
    for name, duration_s in seconds.items():
        print(f"{name:24}{duration_s * 1e6:12.3f}{1 / duration_s:14,.0f}")
    print()
    for (contender, reference), limit in MUST_REACH.items():
        ratio = ratios[contender, reference]
        print(f"{contender} / {reference}: {ratio:.3g} times as fast, must reach {limit:.3g}")
    named = {f"{a} / {b}": round(ratio, 3) for (a, b), ratio in ratios.items()}
    print(json.dumps({"bench": "tokens", "ratios": named, "holds": holds}))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
