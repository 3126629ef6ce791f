"""Read 100,000 recipients, against phonenumbers asked of each; and hostile lists, for growth.

``python -m bench.numbers`` prints a table, then one JSON line, and ends with 1 if a ratio does
not hold.
"""

import json
import random  # noqa: TID251 -- the same numbers every time
import sys
import time
from collections.abc import Callable
from functools import partial

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from shared.domain.msisdn import NumberRules
from shared.domain.recipients import Recipients, parse_recipients

COUNT = 100_000
ASKED_COUNT = 2_000
ROUNDS = 5
HOSTILE_LENGTH = 1_000_000
MIN_RATIO = 15.0
MAX_CANONICAL_MS = 100.0
# Four times the text in four times the time, and room for a noisy machine; a square law is 16.
MAX_GROWTH = 8.0
INDIA = NumberRules("IN")
FORMS: dict[str, Callable[[str], str]] = {
    "canonical": lambda digits: digits,
    "plus": lambda digits: f"+{digits}",
    "national": lambda digits: digits[2:],
    "trunk prefix": lambda digits: f"0{digits[2:]}",
}
HOSTILE = {
    "one digit string": "9",
    "commas": ",",
    "Unicode digits": "९",
    "blanks and commas": " ,",
    "blanks": " ",
    "refused numbers": "5999999999,",
    "long refused numbers": "1" * 30 + ",",
}


def best_s(work: Callable[[], object]) -> float:
    """Time a piece of work in CPU seconds: the best of some rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def read(text: str) -> Recipients:
    """Do what a send request does with its numbers."""
    return parse_recipients(text, rules=INDIA, drop_duplicates=True)


def ask(numbers: list[str]) -> list[int]:
    """Do the same by the book, with phonenumbers for each."""
    found: dict[int, None] = {}
    for number in numbers:
        parsed = phonenumbers.parse(number, "IN")
        if (
            phonenumbers.is_valid_number(parsed)
            and phonenumbers.number_type(parsed) == PhoneNumberType.MOBILE
        ):
            e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
            found[int(e164[1:])] = None
    return list(found)


def growth(unit: str) -> float:
    """Tell how many times longer a hostile text of four times the length takes."""
    whole = (unit * (HOSTILE_LENGTH // len(unit) + 1))[:HOSTILE_LENGTH]
    quarter = whole[: HOSTILE_LENGTH // 4]
    start = time.process_time()
    read(quarter)
    middle = time.process_time()
    read(whole)
    # Below some milliseconds the clock and the allocator are what is measured.
    return (time.process_time() - middle) / max(middle - start, 0.005)


def main() -> int:
    """Run the benchmark.

    Returns:
        The exit code: 1 where a ratio does not hold.
    """
    rng = random.Random(1)  # noqa: S311
    digits = [f"9198{rng.randrange(10**8):08d}" for _ in range(COUNT)]
    holds = {}
    ratios = {}
    for form, write in FORMS.items():
        numbers = [write(number) for number in digits]
        assert read(",".join(numbers[:ASKED_COUNT])).msisdns == ask(numbers[:ASKED_COUNT])
        asked_us = best_s(partial(ask, numbers[:ASKED_COUNT])) / ASKED_COUNT * 1e6
        text = ",".join(numbers)
        read_s = best_s(partial(read, text))
        ratios[form] = round(asked_us * COUNT / 1e6 / read_s, 1)
        holds[form] = ratios[form] >= MIN_RATIO
        if form == "canonical":
            holds["canonical_ms"] = read_s * 1e3 <= MAX_CANONICAL_MS
        print(
            f"{form:22} {read_s * 1e3:7.1f} CPU ms for {COUNT:,}   "
            f"phonenumbers {asked_us:5.1f} us each   x {ratios[form]}"
        )
    growths = {}
    for name, unit in HOSTILE.items():
        growths[name] = round(growth(unit), 1)
        holds[name] = growths[name] <= MAX_GROWTH
        print(f"{name:22} grows x {growths[name]} from 250 kB to 1 MB")
    print(
        json.dumps(
            {
                "bench": "numbers",
                "ratios": ratios,
                "growth": growths,
                "holds": all(holds.values()),
                "failed": [name for name, held in holds.items() if not held],
            }
        )
    )
    return 0 if all(holds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
