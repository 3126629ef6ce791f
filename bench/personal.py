"""What a send of personal texts takes: time, and memory, which must not grow with its rows.

A real API process on an embedded Postgres, called over HTTP: an upload of 100,000 rows, each
with a link of its own, is read once and then sent; beside it, the same rows as JSON. Memory is
the resident set of the API process and its children, sampled while they work, and held against
1,000 rows in the same run. The peer for time is a committed COPY of the same messages and texts,
already made.

    python -m bench.personal
"""

import asyncio
import json
import sys
import time

import asyncpg
import httpx
import psutil

from bench.send import bench_account, running_api
from bench.uploads import (
    BULK,
    FIRST_MSISDN,
    SMALL,
    Taken,
    api_process,
    csv_of,
    sample,
    upload,
)
from services.api.storage.personal_texts import PersonalMessage, copy_personal_messages

ROUNDS = 3
TEXT = "Hi {Name}, your offer: https://shop.example.com/{City}/sale?customer={Code}. Reply STOP"
MAX_GROWTH_MIB = 64.0


async def send(
    client: httpx.AsyncClient, process: psutil.Process, payload: dict[str, object], count: int
) -> Taken:
    content = json.dumps(payload | {"msg": TEXT, "trackLink": True}).encode()
    peaks: list[float] = []
    sampling = asyncio.create_task(sample(process, peaks))
    started = time.perf_counter()
    response = await client.post(
        "/send", content=content, headers={"content-type": "application/json"}
    )
    seconds = time.perf_counter() - started
    sampling.cancel()
    answer = response.raise_for_status().json()
    assert answer["recipients"] == count, answer["recipients"]
    return Taken(seconds, max(peaks))


def json_rows(count: int) -> list[dict[str, object]]:
    return [
        {"mobile": str(FIRST_MSISDN + n), "Name": f"Customer {n}", "City": "Pune", "Code": n}
        for n in range(count)
    ]


async def copy_seconds(database_url: str, count: int) -> float:
    """Time one committed COPY of the same messages and texts."""
    raw = await asyncpg.connect(database_url)
    messages = [
        PersonalMessage(
            msisdn=FIRST_MSISDN + n,
            body_before=f"Hi Customer {n}, your offer: ",
            body_after=". Reply STOP",
            destination=f"https://shop.example.com/Pune/sale?customer={n}",
            location=f"https://shop.example.com/Pune/sale?customer={n}",
            encoding="GSM-7",
            segment_count=1,
        )
        for n in range(count)
    ]
    campaign_id = await raw.fetchval("SELECT next_campaign_id()")
    started = time.perf_counter()
    async with raw.transaction():
        await copy_personal_messages(raw, campaign_id, messages, first_position=0)
    seconds = time.perf_counter() - started
    await raw.close()
    return seconds


async def measure(api_url: str, key: str) -> dict[str, dict[int, Taken]]:
    process = api_process()
    sent: dict[str, dict[int, Taken]] = {"upload": {}, "json": {}}
    async with httpx.AsyncClient(base_url=api_url, headers={"apikey": key}, timeout=300) as client:
        for count in (SMALL, BULK):
            await upload(client, process, csv_of(count), "text/csv", count)
            listed = (await client.get("/uploads")).raise_for_status().json()
            payload = {"upload": listed["uploads"][0]["id"]}
            # The first pays for what the process imports and connects to.
            rounds = [await send(client, process, payload, count) for _ in range(ROUNDS)]
            sent["upload"][count] = best(rounds)
        for count in (SMALL, BULK):
            sent["json"][count] = await send(client, process, {"sms": json_rows(count)}, count)
    return sent


def best(rounds: list[Taken]) -> Taken:
    """Return the quickest time and the highest peak."""
    return Taken(min(one.seconds for one in rounds), max(one.peak_mib for one in rounds))


def main() -> int:
    with bench_account() as (database_url, key):
        with running_api(database_url) as api_url:
            sent = asyncio.run(measure(api_url, key))
        copied_s = asyncio.run(copy_seconds(database_url, BULK))
    print(f"{'':8}{'messages':>10}{'s':>9}{'a second':>10}{'COPYs':>8}{'peak MiB':>10}")
    for name, by in sent.items():
        for count, one in by.items():
            copies = one.seconds / copied_s if count == BULK else float("nan")
            print(
                f"{name:8}{count:>10,}{one.seconds:>9.2f}{count / one.seconds:>10,.0f}"
                f"{copies:>8.1f}{one.peak_mib:>10.1f}"
            )
    print(f"{'COPY':8}{BULK:>10,}{copied_s:>9.2f}{BULK / copied_s:>10,.0f}")
    growth = sent["upload"][BULK].peak_mib - sent["upload"][SMALL].peak_mib
    holds = growth <= MAX_GROWTH_MIB
    print(
        json.dumps(
            {
                "bench": "personal",
                "messages_per_s": {
                    name: round(BULK / by[BULK].seconds) for name, by in sent.items()
                },
                "send_to_copy": {
                    name: round(by[BULK].seconds / copied_s, 1) for name, by in sent.items()
                },
                "upload_grown_mib": round(growth, 1),
                "max_grown_mib": MAX_GROWTH_MIB,
                "holds": holds,
            }
        )
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
