"""How long until a send is durably accepted, against a bare COPY of the same message rows.

A real API process on an embedded Postgres with its usual durability, called over HTTP. The bare
COPY is asyncpg's own, of the same rows into the same table, each committed; both take turns in
one run, so the ratio holds on a noisy machine. Must reach: 100,000 recipients within 5 COPYs.

    python -m bench.send
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx
import numpy as np

from services.api.domain.rewriting import plan_rewrite
from services.api.operations.create_account import create_account
from services.cli.addresses import free_ports
from services.cli.migrating import migrate
from shared import embedded_postgres
from shared.domain.msisdn import NumberRules
from shared.domain.recipients import parse_recipients
from shared.domain.sealing import make_key
from shared.domain.segments import segment
from shared.storage.engine import create_engine

BULK = 100_000
ROUNDS = {1: 40, 100: 40, BULK: 7}
MUST_REACH = 5.0
FIRST_MSISDN = 919_800_000_000
TEXT = "Sale ends tonight: https://shop.example.com/sale?city=Pune. Reply STOP to end"
LINK = "https://tx1.in/SAlhjS"
READY_WAIT_S = 30.0


@contextmanager
def running_api(database_url: str, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    (port,) = free_ports(1)
    environment = os.environ | {  # noqa: TID251
        "DATABASE_URL": database_url,
        "TXLINK_SECRET_KEYS": make_key(),
        "TXLINK_API_PORT": str(port),
    }
    environment |= settings or {}
    process = subprocess.Popen([sys.executable, "-m", "services.api"], env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + READY_WAIT_S
        while True:
            try:
                httpx.get(f"{url}/healthz", timeout=2).raise_for_status()
                break
            except httpx.HTTPError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def numbers(count: int) -> list[int]:
    return list(range(FIRST_MSISDN, FIRST_MSISDN + count))


async def seconds(work: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


async def measure(api_url: str, database_url: str, key: str) -> dict[int, tuple[float, float]]:
    """Return the median seconds of a send and of a bare COPY, by number of recipients."""
    raw = await asyncpg.connect(database_url)
    medians = {}
    async with httpx.AsyncClient(base_url=api_url, headers={"apikey": key}, timeout=60) as client:
        for count, rounds in ROUNDS.items():
            body = {"mobile": ",".join(map(str, numbers(count))), "msg": TEXT, "trackLink": True}
            payload = json.dumps(body).encode()
            headers = {"content-type": "application/json"}

            async def send(payload: bytes = payload, headers: dict[str, str] = headers) -> None:
                response = await client.post("/send", content=payload, headers=headers)
                response.raise_for_status()

            times = [(await seconds(send), await copy_seconds(raw, count)) for _ in range(rounds)]
            medians[count] = (
                statistics.median(sent for sent, _ in times),
                statistics.median(copied for _, copied in times),
            )
    await raw.close()
    return medians


async def copy_seconds(raw: asyncpg.Connection, count: int) -> float:
    """Time one committed COPY of message rows, already made, into the message table."""
    campaign_id = await raw.fetchval("SELECT next_campaign_id()")
    rows = [(campaign_id, position, msisdn) for position, msisdn in enumerate(numbers(count))]
    columns = ["campaign_id", "position", "msisdn"]
    return await seconds(
        lambda: raw.copy_records_to_table("message", records=rows, columns=columns)
    )


def cpu_by_step(count: int) -> dict[str, float]:
    """Return µs of this process's CPU a recipient, of each step that is ours."""
    mobiles = ",".join(map(str, numbers(count)))
    payload = json.dumps({"mobile": mobiles, "msg": TEXT, "trackLink": True})
    rules = NumberRules(default_region="IN")
    rewrite = plan_rewrite(TEXT, short_domains=frozenset({"tx1.in"}))
    steps: dict[str, Callable[[], object]] = {
        "read the JSON": lambda: json.loads(payload),
        "read the numbers": lambda: parse_recipients(mobiles, rules=rules, drop_duplicates=False),
        "find and plan the link": lambda: plan_rewrite(TEXT, short_domains=frozenset({"tx1.in"})),
        "count segments": lambda: segment(rewrite.with_link(LINK), keep_whole=LINK),
        "lay out the rows": lambda: np.array(numbers(count), dtype=">i8").tobytes(),
        "write the numbers back": lambda: ",".join(map(str, numbers(count))),
    }
    return {name: cpu_seconds(step) / count * 1e6 for name, step in steps.items()}


def cpu_seconds(step: Callable[[], object]) -> float:
    def once() -> float:
        started = time.process_time()
        step()
        return time.process_time() - started

    return min(once() for _ in range(5))


async def new_key(database_url: str) -> str:
    engine = create_engine(database_url, application="bench")
    made = await create_account(
        engine, "bench", sender_ids=["BENCH"], region="IN", time_zone="UTC"
    )
    await engine.dispose()
    return made.key.text


@contextmanager
def bench_account() -> Iterator[tuple[str, str]]:
    """Run a Postgres of its own with an account in it.

    Yields:
        The database's URL, and an API key of the account.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_postgres.running(Path(folder) / "postgres") as server,
    ):
        database_url = server.url("postgres")
        migrate(database_url)
        yield database_url, asyncio.run(new_key(database_url))


def main() -> int:
    with bench_account() as (database_url, key), running_api(database_url) as api_url:
        medians = asyncio.run(measure(api_url, database_url, key))
    print(f"{'recipients':>12}{'send ms':>12}{'bare COPY ms':>14}{'ratio':>8}")
    for count, (sent, copied) in medians.items():
        print(f"{count:>12,}{sent * 1e3:>12.1f}{copied * 1e3:>14.1f}{sent / copied:>8.2f}")
    steps = cpu_by_step(BULK)
    print(f"\nµs of CPU a recipient, of {BULK:,}:")
    for name, microseconds in steps.items():
        print(f"  {name:<24}{microseconds:8.3f}")
    ratios = {str(count): round(sent / copied, 2) for count, (sent, copied) in medians.items()}
    holds = medians[BULK][0] <= MUST_REACH * medians[BULK][1]
    print(
        json.dumps(
            {
                "benchmark": "send",
                "send_to_bare_copy": ratios,
                "cpu_us_a_recipient": {name: round(us, 3) for name, us in steps.items()},
                "must_reach": {"100000": MUST_REACH},
                "holds": holds,
            }
        )
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
