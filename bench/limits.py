"""What rate limits cost: throughput of sends and of a report with limits, against without.

Two API processes on one embedded Postgres, one with all six limits and one with none, take turns
in rounds of the same calls, so the ratio holds on a noisy machine. The limits are so high that
none is reached, but so low that counts are told to the database all the time. Then two processes
with one limit get three times as much as it lets pass. Must reach: 0.95 of the throughput, and
no more calls let pass than docs/limits.md says.

    python -m bench.limits
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

import httpx

from bench.send import bench_account, running_api

ROUNDS = 12
CALLS = 40
AT_ONCE = 8
MUST_REACH = 0.95
LIMIT = 300
HOLDERS = ("ADDRESS", "ACCOUNT", "KEY")
SEND = {"mobile": "919800000000", "msg": "Sale: https://shop.example.com/", "trackLink": "true"}
PATHS: Mapping[str, tuple[str, dict[str, str]]] = {
    "send": ("/send", SEND),
    "report": ("/campaigns", {"limit": "10"}),
}


def limits(per_minute: int) -> dict[str, str]:
    """Return all six settings with one value."""
    return {
        f"TXLINK_{kind}_PER_MINUTE_PER_{holder}": str(per_minute)
        for kind in ("CALLS", "SENDS")
        for holder in HOLDERS
    }


async def calls_per_s(client: httpx.AsyncClient, path: str, params: Mapping[str, str]) -> float:
    """Call a path in a round, and return the throughput."""
    waiting = iter(range(CALLS))

    async def caller() -> None:
        for _ in waiting:
            (await client.get(path, params=dict(params))).raise_for_status()

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
    return CALLS / (time.perf_counter() - started)


async def ratios(with_limits: str, without: str, key: str) -> dict[str, float]:
    """Return the median of throughput with limits to without, by kind of call."""
    headers = {"apikey": key}
    async with (
        httpx.AsyncClient(base_url=with_limits, headers=headers, timeout=60) as limited,
        httpx.AsyncClient(base_url=without, headers=headers, timeout=60) as free,
    ):
        found = {}
        for name, (path, params) in PATHS.items():
            rounds = []
            for number in range(ROUNDS + 2):
                pair = [limited, free]
                # Whoever comes second finds warmer caches.
                order = pair if number % 2 else pair[::-1]
                told = {client: await calls_per_s(client, path, params) for client in order}
                rounds.append((told[limited], told[free]))
            counted = rounds[2:]
            found[name] = statistics.median(one / other for one, other in counted)
            print(
                f"{name}: {statistics.median(one for one, _ in counted):.0f} calls/s with limits, "
                f"{statistics.median(other for _, other in counted):.0f} without: "
                f"{found[name]:.3f}"
            )
        return found


async def let_pass(urls: list[str], key: str) -> int:
    """Send processes three times a limit in a burst; return how many calls passed too many."""
    calls = iter(range(3 * LIMIT))
    passed = 0

    async def caller(client: httpx.AsyncClient) -> None:
        nonlocal passed
        for _ in calls:
            passed += (await client.get("/campaigns")).status_code == httpx.codes.OK

    started = time.perf_counter()
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=url, headers={"apikey": key}, timeout=60)
            )
            for url in urls
        ]
        await asyncio.gather(*(caller(clients[each % len(urls)]) for each in range(2 * AT_ONCE)))
    refilled = LIMIT * (time.perf_counter() - started) / 60
    most = LIMIT + LIMIT // 20 * (len(urls) - 1) + refilled + 1
    print(f"burst of {3 * LIMIT}: {passed} passed; limit {LIMIT}, at most {most:.0f}")
    return int(passed - most)


def main() -> int:
    with bench_account() as (database_url, key):
        with (
            running_api(database_url, limits(60_000)) as limited,
            running_api(database_url, limits(0)) as free,
        ):
            found = asyncio.run(ratios(limited, free, key))
        with (
            running_api(database_url, limits(LIMIT)) as one,
            running_api(database_url, limits(LIMIT)) as two,
        ):
            too_many = asyncio.run(let_pass([one, two], key))
    holds = min(found.values()) >= MUST_REACH and too_many <= 0
    print(
        json.dumps(
            {
                "benchmark": "limits",
                "with_to_without": {name: round(ratio, 3) for name, ratio in found.items()},
                "must_reach": MUST_REACH,
                "holds": holds,
            }
        )
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
