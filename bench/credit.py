"""What charging costs a send: a prepaid and capped account against a post-paid one, in turns.

One real API process, called over HTTP. Alone, each send waits for no other; at once, many sends of
one account want the same two rows. Both kinds take turns in one run, so the ratio holds on a noisy
machine. Must reach: at most 1.5 times as long, alone and at once.

    python -m bench.credit
"""

import asyncio
import json
import statistics
import sys
from functools import partial

import httpx

from bench.send import bench_account, numbers, running_api, seconds
from services.api.operations.change_sending import SendingChanges, change_sending
from services.api.operations.create_account import create_account
from services.api.operations.manage_credit import add_credit
from shared.storage.engine import create_engine

ROUNDS = {1: 150, 100: 60}
AT_ONCE, AT_ONCE_ROUNDS = 16, 25
PLENTY = 10**9
MUST_REACH = 1.5
TEXT = "Sale ends tonight: https://shop.example.com/sale?city=Pune. Reply STOP to end"


async def charged_key(database_url: str) -> str:
    """Make an account that is prepaid and capped, and return a key of it."""
    engine = create_engine(database_url, application="bench")
    made = await create_account(
        engine, "charged", sender_ids=["BENCH"], region="IN", time_zone="UTC"
    )
    changes = SendingChanges(is_prepaid=True, daily_cap=str(PLENTY))
    await change_sending(engine, "charged", changes)
    await add_credit(engine, "charged", PLENTY, note="", is_correction=False)
    await engine.dispose()
    return made.key.text


async def measure(api_url: str, keys: dict[str, str]) -> dict[str, dict[str, float]]:
    """Return the median seconds of each kind of account, by what is sent."""
    found = {}
    async with httpx.AsyncClient(base_url=api_url, timeout=60) as client:

        async def send(kind: str, count: int) -> None:
            body = {"mobile": ",".join(map(str, numbers(count))), "msg": TEXT, "trackLink": True}
            response = await client.post("/send", json=body, headers={"apikey": keys[kind]})
            response.raise_for_status()

        async def burst(kind: str) -> None:
            await asyncio.gather(*(send(kind, 1) for _ in range(AT_ONCE)))

        for kind in keys:
            await burst(kind)
        for count, rounds in ROUNDS.items():
            times = [
                {kind: await seconds(partial(send, kind, count)) for kind in keys}
                for _ in range(rounds)
            ]
            found[f"{count} recipients"] = _medians(times)
        times = [
            {kind: await seconds(partial(burst, kind)) for kind in keys}
            for _ in range(AT_ONCE_ROUNDS)
        ]
        found[f"{AT_ONCE} sends at once"] = _medians(times)
    return found


def _medians(times: list[dict[str, float]]) -> dict[str, float]:
    return {kind: statistics.median(each[kind] for each in times) for kind in times[0]}


def main() -> int:
    with bench_account() as (database_url, key), running_api(database_url) as api_url:
        keys = {"post-paid": key, "charged": asyncio.run(charged_key(database_url))}
        found = asyncio.run(measure(api_url, keys))
    ratios = {name: each["charged"] / each["post-paid"] for name, each in found.items()}
    print(f"{'':>18}{'post-paid ms':>14}{'charged ms':>12}{'ratio':>8}")
    for name, each in found.items():
        free, charged = each["post-paid"] * 1e3, each["charged"] * 1e3
        print(f"{name:>18}{free:>14.2f}{charged:>12.2f}{ratios[name]:>8.2f}")
    holds = all(ratio <= MUST_REACH for ratio in ratios.values())
    told = {name: round(ratio, 2) for name, ratio in ratios.items()}
    print(
        json.dumps(
            {
                "benchmark": "credit",
                "charged_to_post_paid": told,
                "must_reach": MUST_REACH,
                "holds": holds,
            }
        )
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
