"""What a send of personal texts takes: time, and memory, which must not grow with its rows.

A real API process on an embedded Postgres, called over HTTP: an upload of 100,000 rows, each
with a link of its own, is read once and then sent; beside it, the same rows as JSON. Memory is
the resident set of the API process, sampled while it works, and held against 1,000 rows in the
same run. The peer for time is a committed COPY of the same messages and texts, already made.

    python -m bench.personal
"""

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import psutil

from bench.send import new_key, running_api
from bench.uploads import BULK, FIRST_MSISDN, MIB, SMALL, csv_of, upload
from services.api.storage.personal_texts import PersonalMessage, copy_personal_messages
from services.cli.migrating import migrate
from shared import embedded_postgres

ROUNDS = 3
TEXT = "Hi {Name}, your offer: https://shop.example.com/{City}/sale?customer={Code}. Reply STOP"
MAX_GROWTH_MIB = 64.0
SAMPLE_S = 0.01


@dataclass(frozen=True, slots=True)
class Sent:
    """What one send took."""

    seconds: float
    peak_mib: float


async def sample(process: psutil.Process, peaks: list[float]) -> None:
    while True:
        peaks.append(process.memory_info().rss / MIB)
        await asyncio.sleep(SAMPLE_S)


async def send(
    client: httpx.AsyncClient, process: psutil.Process, payload: dict[str, object], count: int
) -> Sent:
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
    return Sent(seconds, max(peaks))


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


async def measure(api_url: str, key: str) -> dict[str, dict[int, Sent]]:
    (process,) = (
        child for child in psutil.Process().children() if "services.api" in child.cmdline()
    )
    sent: dict[str, dict[int, Sent]] = {"upload": {}, "json": {}}
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


def best(rounds: list[Sent]) -> Sent:
    """Return the quickest time and the highest peak."""
    return Sent(min(one.seconds for one in rounds), max(one.peak_mib for one in rounds))


def main() -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_postgres.running(Path(folder) / "postgres") as server,
    ):
        database_url = server.url("postgres")
        migrate(database_url)
        key = asyncio.run(new_key(database_url))
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
