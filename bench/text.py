"""Find, rewrite and count, against a bare regular expression's search; and hostile texts.

``python -m bench.text`` prints a table, then one JSON line, and ends with 1 if a ratio does
not hold.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from services.api.domain.link_finding import find_links
from services.api.domain.rewriting import plan_rewrite
from shared.domain.segments import TextTooLongError, segment

REPEATS = 400
ROUNDS = 7
SHORT_LINK = "https://tx1.in/SAlhjS"
OURS = frozenset({"tx1.in"})
# What one writes who only wants the last thing that looks like a URL; it answers wrongly on most
# of the cases in tests/unit/services/api/domain/test_link_finding.py.
BARE_SEARCH = re.compile(
    r"(?:https?://|www\.)\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/\S*)?", re.IGNORECASE
)
MAX_TIMES_THE_SEARCH = 25.0
HOSTILE_LENGTH = 100_000
# Four times the text in four times the time, and room for a noisy machine; a square law is 16.
MAX_GROWTH = 8.0

MESSAGES = {
    "one segment": "Diwali sale ends tonight: https://shop.example.com/diwali. Reply STOP to end",
    "no scheme": "Hi Asha, Rs.500 off at shop.co.in/x?c=DIWALI today only. T&C apply.",
    "two links": (
        "Dear customer, see our new range at https://www.mydomain.com/shoppingproduct.html. To buy"
        " this offer Visit https://mydomain.com/special_offer.html to get 20% off on your first"
        " order. Valid till 30.11.2026, T&C apply. Regards, Team MyDomain"
    ),
    "long link": (
        "Hi Asha, 20% off ends tonight: https://shop.example.com/campaign/summer?utm_source=sms"
        "&utm_medium=promo&utm_campaign=summer-2026&coupon=SAVE20&city=Pune&uid=77812345"
    ),
    "Hindi": "पूरा ऑफर यहाँ देखें https://shop.example.com/offer। आज ही, बस आपके लिए 🔥",
}
HOSTILE = {
    "dots": ".",
    "brackets": "(",
    "a.b.c.": "a.b.c.",
    "link, then brackets": "([",
    "schemes": "http://",
    "schemes with a host": "https://a.in",
    "links": "https://a.in/a ",
    "bare hosts": "a.co.in/x ",
    "bare hosts in a row": "a.in?c=,",
    "unknown hosts in a row": "a.b?c=,",
    "ellipses": "a.in...",
    "at signs": "a@",
    "scripts in turn": "a\u0431",
    "combining marks": "\u0301",
    "joiners": "क\u200d",
    "emoji": "🔥",
    "links with brackets": "https://a.com/(/",
    "links with stars": "https://a.com/*",
    "quotes": "'https://a.in/a'b ",
    "stars": "https://a.in/a* ",
    "hyphens": "-",
    "line breaks": "\r\n",
}


def best_s(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Time a piece of work in CPU seconds: the best of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def prepare(text: str) -> int:
    """Do what a send request does with its text; return the segments."""
    rewrite = plan_rewrite(text, short_domains=OURS)
    return segment(rewrite.with_link(SHORT_LINK), keep_whole=SHORT_LINK).count


def search(text: str) -> str:
    """Find the last thing that looks like a URL."""
    found: list[str] = BARE_SEARCH.findall(text)
    return found[-1]


def repeated(work: Callable[[str], object], text: str) -> Callable[[], None]:
    """Return a call that does a piece of work on a text many times."""

    def run() -> None:
        for _ in range(REPEATS):
            work(text)

    return run


def take(texts: list[str]) -> None:
    """Find and count in texts that may be too long to send."""
    for text in texts:
        find_links(text)
        with suppress(TextTooLongError):
            segment(text)


def growth(unit: str) -> float:
    """Tell how many times longer a hostile text of four times the length takes."""
    # Half of them meet a reader inside a link, half outside of one.
    texts = [
        prefix + (unit * (HOSTILE_LENGTH // len(unit) + 1))[: HOSTILE_LENGTH // part]
        for part in (4, 1)
        for prefix in ("https://a.in/", "")
    ]
    quarter = best_s(partial(take, texts[:2]), rounds=3)
    whole = best_s(partial(take, texts[2:]), rounds=3)
    # Below a millisecond the clock and the allocator are what is measured.
    return whole / max(quarter, 0.001)


def main() -> int:
    """Run the benchmark.

    Returns:
        The exit code: 1 where a ratio does not hold.
    """
    ratios = {}
    print(f"{'message':24}{'messages/s':>12}{'us':>8}{'bare search us':>16}{'ratio':>8}")
    for name, text in MESSAGES.items():
        prepared_us = best_s(repeated(prepare, text)) / REPEATS * 1e6
        searched_us = best_s(repeated(search, text)) / REPEATS * 1e6
        ratios[name] = round(prepared_us / searched_us, 1)
        print(
            f"{name:24}{1e6 / prepared_us:12,.0f}{prepared_us:8.1f}{searched_us:16.1f}"
            f"{ratios[name]:8.1f}"
        )
    growths = {name: round(growth(unit), 1) for name, unit in HOSTILE.items()}
    for name, grown in growths.items():
        print(f"{name:24}grows x {grown} from 25 kB to 100 kB")
    holds = {
        "times_the_search": max(ratios.values()) <= MAX_TIMES_THE_SEARCH,
        "linear": max(growths.values()) <= MAX_GROWTH,
    }
    print(
        json.dumps(
            {
                "bench": "text",
                "ratios": ratios,
                "max_ratio": MAX_TIMES_THE_SEARCH,
                "worst_growth": max(growths.values()),
                "max_growth": MAX_GROWTH,
                "holds": all(holds.values()),
            }
        )
    )
    return 0 if all(holds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
