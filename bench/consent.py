"""What heeding a million opt-outs costs, against the same without any.

Sends of 100,000 and of one, and the claim on a window of 100 messages, of an account without
opt-outs and of one with a million, of whom none is among the recipients. Both take turns in one
run, so the ratio holds on a noisy machine. Must reach: a send within 1.5, a claim within 1.3.

    python -m bench.consent
"""

import asyncio
import json
import statistics
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import asyncpg
import httpx

from bench.send import TEXT, bench_account, numbers, running_api, seconds
from services.api.operations.create_account import create_account
from services.worker.storage.messages import claim_window
from shared.storage.engine import create_engine

OPT_OUTS = 1_000_000
BULK = 100_000
ROUNDS = {1: 60, BULK: 9}
CLAIM_ROUNDS = 200
WINDOW = 100
MUST_REACH = {"send": 1.5, "claim": 1.3}
# Every other number beside the recipients', and among them on both sides.
FILL = f"""
    INSERT INTO suppression (account_id, msisdn, source, author_kind)
    SELECT id, 919799500000 + n + CASE WHEN n >= 500000 THEN 100000 ELSE 0 END, 'file', 'cli'
    FROM account, generate_series(0, {OPT_OUTS - 1}) n WHERE name = 'with'
"""  # noqa: S608
FIND = """
    SELECT campaign.id, account.id FROM campaign JOIN account ON account.id = account_id
    WHERE message_count = $1 AND name = 'with' LIMIT 1
"""
Pair = tuple[float, float]


async def other_key(database_url: str) -> str:
    engine = create_engine(database_url, application="bench")
    made = await create_account(engine, "with", sender_ids=["BENCH"], region="IN", time_zone="UTC")
    await engine.dispose()
    database = await asyncpg.connect(database_url)
    await database.execute(FILL)
    await database.execute("VACUUM ANALYZE suppression")
    await database.close()
    return made.key.text


async def compared(
    without: Callable[[], Awaitable[object]], heeding: Callable[[], Awaitable[object]], rounds: int
) -> Pair:
    """Return the median seconds of both, which take turns."""
    times = [(await seconds(without), await seconds(heeding)) for _ in range(rounds)]
    return (
        statistics.median(first for first, _ in times),
        statistics.median(second for _, second in times),
    )


async def send_seconds(api_url: str, keys: tuple[str, str]) -> dict[int, Pair]:
    medians = {}
    async with httpx.AsyncClient(base_url=api_url, timeout=60) as client:
        for count, rounds in ROUNDS.items():
            body = {"mobile": ",".join(map(str, numbers(count))), "msg": TEXT, "trackLink": True}
            payload = json.dumps(body).encode()

            async def send(key: str, payload: bytes = payload) -> None:
                headers = {"content-type": "application/json", "apikey": key}
                response = await client.post("/send", content=payload, headers=headers)
                response.raise_for_status()

            medians[count] = await compared(partial(send, keys[0]), partial(send, keys[1]), rounds)
    return medians


async def claim_seconds(database_url: str) -> Pair:
    """Time claims on windows of the campaigns that were sent, each rolled back."""
    engine = create_engine(database_url, application="bench")
    database = await asyncpg.connect(database_url)
    (found,) = await database.fetch(FIND, BULK)
    campaign_id, account_id = found
    await database.execute("VACUUM ANALYZE message")
    await database.close()

    async def claim(opt_outs_of: int | None, turn: list[int]) -> None:
        first = turn[0] % (BULK // WINDOW) * WINDOW
        turn[0] += 1
        async with engine.connect() as connection:
            await claim_window(
                connection,
                campaign_id,
                range(first, first + WINDOW),
                lifetime=timedelta(minutes=1),
                opt_outs_of=opt_outs_of,
            )
            await connection.rollback()

    turns: tuple[list[int], list[int]] = [0], [500]
    pair = await compared(
        lambda: claim(None, turns[0]), lambda: claim(account_id, turns[1]), CLAIM_ROUNDS
    )
    await engine.dispose()
    return pair


async def measure(api_url: str, database_url: str, key: str) -> dict[str, Pair]:
    keys = key, await other_key(database_url)
    sends = await send_seconds(api_url, keys)
    found = {f"send to {count:,}": pair for count, pair in sends.items()}
    return found | {f"claim on {WINDOW}": await claim_seconds(database_url)}


def main() -> int:
    with bench_account() as (database_url, key), running_api(database_url) as api_url:
        found = asyncio.run(measure(api_url, database_url, key))
    print(f"{'':>16}{'without ms':>12}{'a million ms':>14}{'ratio':>8}")
    for name, (without, heeding) in found.items():
        print(f"{name:>16}{without * 1e3:>12.2f}{heeding * 1e3:>14.2f}{heeding / without:>8.2f}")
    ratios = {name: round(heeding / without, 2) for name, (without, heeding) in found.items()}
    holds = all(
        ratio <= MUST_REACH[name.partition(" ")[0]]
        for name, ratio in ratios.items()
        if name != "send to 1"
    )
    print(json.dumps({"benchmark": "consent", "heeding_to_not": ratios, "holds": holds}))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
