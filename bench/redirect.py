"""How many visitors a second one core redirects, against its limits and peers in the same run.

Each server has one core, and wrk, Postgres and the recorder have another; 64 keep-alive
connections with a phone's headers, rounds interleaved, medians. Needs nginx and wrk (Debian
packages nginx-light and wrk) and two cores.

    python -m bench.redirect
"""

import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import psutil
from sqlalchemy.schema import CreateTable

from bench.redirect_peers import LOCATION, Base
from bench.wrk import (
    CLIENT_CORE,
    CONNECTIONS,
    PHONE,
    SERVER_CORE,
    Load,
    Row,
    cpu_seconds,
    load,
    on_core,
    running,
    script,
)
from services.cli.addresses import free_ports
from services.cli.migrating import migrate
from shared import embedded_postgres
from shared.domain.tokens import TokenCipher
from shared.storage.engine import sqlalchemy_url
from tests.support.links import seed_campaign
from tests.support.sealing import SEALING

ROUNDS = 5
HOT_TOKENS = 100_000
FRESH_TOKENS = 120_000
COLD_BLOCKS = 60_000
EXACT_REQUESTS = 50_000
BURST = 1_000_000
QUIET_S = 2.0
# Fewer say nothing of the recorder's pace.
ENOUGH_CLICKS = 20_000
MUST_REACH = {
    "hot / bare": 1.3,
    "fresh / bare": 0.7,
    "hot / nginx": 0.4,
    "hot / nginx map": 0.5,
    "hot / textbook": 40.0,
    "bare p99 / hot p99": 1.0,
    "clicks a second": 20_000.0,
}
NGINX = """
worker_processes 1; daemon off; pid %(folder)s/nginx.pid; error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; server_tokens off;
  map_hash_max_size 262144; map_hash_bucket_size 128;
  map $uri $target { include %(folder)s/map; }
  client_body_temp_path %(folder)s/body; proxy_temp_path %(folder)s/proxy;
  fastcgi_temp_path %(folder)s/f; uwsgi_temp_path %(folder)s/u; scgi_temp_path %(folder)s/s;
  server { listen 127.0.0.1:%(plain)d; return 302 https://shop.example.com/diwali; }
  server {
    listen 127.0.0.1:%(map)d; access_log %(folder)s/access.log combined;
    location / { if ($target = "") { return 404; } return 302 $target; }
  }
}
"""
# Each with one recipient: a campaign of its own for every request.
ADD_COLD = """
WITH taken AS (
    UPDATE token_domain SET next = next + $1 WHERE length = 6 RETURNING next - $1 AS first_link
), made AS (
    INSERT INTO campaign (uuid, transaction_id, account_id, carrier, body_before, body_after,
        destination, link_prefix, token_length, first_link, message_count, encoding, segment_count)
    SELECT gen_random_uuid(), 2000000000 + n, (SELECT min(id) FROM account), 'sandbox', 'Visit ',
        ' now', $2, 'https://tx1.in/', 6, taken.first_link + n, 1, 'GSM-7', 1
    FROM taken, generate_series(0, $1::bigint - 1) AS n RETURNING id, first_link
), blocks AS (
    INSERT INTO link_block (token_length, first_link, link_count, campaign_id, location)
    SELECT 6, first_link, 1, id, $2 FROM made RETURNING first_link
)
SELECT min(first_link) FROM blocks
"""


class Clicks:
    """The recorder, and what it has counted."""

    def __init__(self, database_url: str, data_dir: Path) -> None:
        self._database_url = database_url
        self._data_dir = data_dir
        self.per_s: list[float] = []
        self.per_cpu_s: list[float] = []

    def count(self) -> int:
        """Return the hits that are counted."""
        return asyncio.run(self._fetch("SELECT coalesce(sum(hit_count), 0) FROM campaign_clicks"))

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._database_url)
        await connection.execute(statement)
        await connection.close()

    async def _fetch(self, query: str) -> int:
        connection = await asyncpg.connect(self._database_url)
        value = int(await connection.fetchval(query))
        await connection.close()
        return value

    @contextmanager
    def recording(self) -> Iterator[psutil.Process]:
        """Run the recorder on the clients' core.

        Yields:
            Its process.
        """
        process = on_core(
            CLIENT_CORE,
            sys.executable,
            "-m",
            "services.redirector.recorder",
            DATABASE_URL=self._database_url,
            TXLINK_DATA_DIR=self._data_dir,
        )
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)

    def drain(self) -> None:
        """Record all that is journaled, and note how quickly that went."""
        points = [(time.monotonic(), self.count(), 0.0)]
        with self.recording() as process:
            while time.monotonic() - points[-1][0] < QUIET_S:
                time.sleep(0.1)
                now = self.count()
                if now != points[-1][1]:
                    points.append((time.monotonic(), now, cpu_seconds(process)))
        # From its first batch on: what comes before is the start of the process.
        (began, first, cpu), (ended, last, cpu_at_end) = (
            points[min(1, len(points) - 1)],
            points[-1],
        )
        # What Postgres has yet to write is to fall into nobody's round.
        asyncio.run(self._execute("CHECKPOINT"))
        if last - first > ENOUGH_CLICKS:
            self.per_s.append((last - first) / (ended - began))
            self.per_cpu_s.append((last - first) / (cpu_at_end - cpu))


async def exact(port: int, tokens: Sequence[str]) -> int:
    """Ask for each token once, over as many connections; return the 302s that came back."""

    async def ask(part: Sequence[str]) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answered = 0
        for token in part:
            writer.write(
                f"GET /{token} HTTP/1.1\r\nHost: tx1.in\r\nUser-Agent: {PHONE}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            answered += head.startswith(b"HTTP/1.1 302 ")
        writer.close()
        return answered

    parts = [tokens[start::CONNECTIONS] for start in range(CONNECTIONS)]
    return sum(await asyncio.gather(*map(ask, parts)))


async def bare_copy_s(database_url: str, count: int) -> float:
    """Time a committed COPY of hits that are stored already into a table like theirs."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE bench_hit (LIKE hit INCLUDING ALL)")
    rows = [tuple(row) for row in await connection.fetch("SELECT * FROM hit LIMIT $1", count)]
    columns = list((await connection.fetchrow("SELECT * FROM hit LIMIT 1") or {}).keys())
    started = time.perf_counter()
    await connection.copy_records_to_table("bench_hit", records=rows, columns=columns)
    seconds = time.perf_counter() - started
    await connection.execute("DROP TABLE bench_hit")
    await connection.close()
    return seconds * count / len(rows)


async def prepare(database_url: str, tokens: Sequence[str]) -> list[str]:
    """Make the textbook's tables and the cold blocks; return the cold tokens."""
    connection = await asyncpg.connect(database_url)
    for table in ("bench_short_url", "bench_click"):
        await connection.execute(
            str(CreateTable(Base.metadata.tables[table])).replace("INTEGER", "SERIAL")
        )
    await connection.copy_records_to_table(
        "bench_short_url", records=[(token, LOCATION) for token in tokens]
    )
    first = await connection.fetchval(ADD_COLD, COLD_BLOCKS, LOCATION)
    key = await connection.fetchval("SELECT key FROM token_domain WHERE length = 6")
    await connection.execute("ANALYZE")
    await connection.close()
    return TokenCipher(key, 6).mint_block(first, COLD_BLOCKS)


def slices(items: Sequence[str], count: int) -> list[Sequence[str]]:
    size = len(items) // count
    return [items[start * size : (start + 1) * size] for start in range(count)]


def measure(rows: Sequence[Row]) -> dict[str, list[Load]]:
    loads: dict[str, list[Load]] = defaultdict(list)
    for row in rows:
        if len(row.scripts) == 1:
            # What is asked for again and again is known by the first round that counts.
            load(row, row.scripts[0])
            row.after()
    for number in range(ROUNDS):
        for row in rows:
            with row.beside():
                loads[row.name].append(load(row, row.scripts[number % len(row.scripts)]))
            row.after()
    return loads


def medians(loads: dict[str, list[Load]]) -> dict[str, Load]:
    return {
        name: Load(
            requests=sum(each.requests for each in of),
            per_s=statistics.median(each.per_s for each in of),
            p50_ms=statistics.median(each.p50_ms for each in of),
            p99_ms=statistics.median(each.p99_ms for each in of),
            cpu_us=statistics.median(each.cpu_us for each in of),
            rss_mib=max(each.rss_mib for each in of),
            refused=sum(each.refused for each in of),
        )
        for name, of in loads.items()
    }


@dataclass(frozen=True, slots=True)
class Stack:
    """All servers, and what each is asked for."""

    rows: list[Row]
    clicks: Clicks
    port: int
    hot: Sequence[str]


@contextmanager
def stack(folder: Path, database_url: str) -> Iterator[Stack]:
    """Start every server.

    Yields:
        The servers, and what each is asked for.
    """
    campaign = asyncio.run(
        seed_campaign(database_url, recipient_count=HOT_TOKENS + ROUNDS * FRESH_TOKENS)
    )
    hot, fresh = campaign.tokens[:HOT_TOKENS], campaign.tokens[HOT_TOKENS:]
    cold = asyncio.run(prepare(database_url, hot))
    # All but one in ten thousand of them stand for nothing.
    guessed = [token[::-1] for token in hot]
    plain, mapped, bare, ours, other, book = free_ports(6)
    # Its map knows no case, so of some tokens it has one of two.
    mapped_tokens = {token.casefold(): token for token in hot}.values()
    (folder / "map").write_text("".join(f'"/{each}" {LOCATION};\n' for each in mapped_tokens))
    (folder / "nginx.conf").write_text(NGINX % {"folder": folder, "plain": plain, "map": mapped})
    clicks = Clicks(database_url, folder)
    with ExitStack() as servers:

        def server(port: int, path: str, *command: str, **options: object) -> psutil.Process:
            process = on_core(SERVER_CORE, *command, **options)
            return servers.enter_context(running(process, port, path))

        nginx = server(plain, "/", "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"))
        peers = [sys.executable, "-m", "bench.redirect_peers"]
        bare_process = server(bare, "/", *peers, "bare", str(bare))
        book_process = server(
            book, f"/{hot[0]}", *peers, "textbook", str(book), sqlalchemy_url(database_url)
        )

        def redirector(port: int) -> psutil.Process:
            return server(
                port,
                "/robots.txt",
                sys.executable,
                "-m",
                "services.redirector",
                **SEALING,
                DATABASE_URL=database_url,
                TXLINK_DATA_DIR=folder,
                TXLINK_REDIRECTOR_PORT=port,
            )

        # Tokens that are asked for once would take the places of those asked for again and again.
        again, once = (redirector(ours), ours), (redirector(other), other)

        def asking(name: str, targets: Sequence[str], parts: int = 1) -> list[Path]:
            return [
                script(folder, f"{name}{number}", part)
                for number, part in enumerate(slices(targets, parts))
            ]

        def ours_asked(
            name: str,
            of: tuple[psutil.Process, int],
            targets: Sequence[str],
            parts: int = 1,
        ) -> Row:
            return Row(name, *of, asking(name, targets, parts), clicks.drain)

        asked = asking("asked", paths(hot))
        rows = [
            Row("nginx return 302", nginx, plain, asked),
            Row("nginx map, log", nginx, mapped, asked),
            Row("bare ASGI", bare_process, bare, asked),
            ours_asked("hot", again, paths(hot)),
            replace(
                ours_asked("hot, recorder beside", again, paths(hot)), beside=clicks.recording
            ),
            ours_asked("fresh", once, paths(fresh), ROUNDS),
            ours_asked("cold blocks", once, paths(cold), ROUNDS),
            Row("guessed", *once, asking("guessed", paths(guessed))),
            ours_asked("slow lane", again, [f"{path}?a=1" for path in paths(hot)]),
            Row("textbook", book_process, book, asked),
        ]
        yield Stack(rows, clicks, ours, hot)


def paths(tokens: Sequence[str]) -> list[str]:
    return [f"/{token}" for token in tokens]


def cold_start_s(database_url: str, folder: Path, token: str) -> float:
    """Time from the start of a redirector to its first redirect."""
    (port,) = free_ports(1)
    started = time.monotonic()
    process = on_core(
        SERVER_CORE,
        sys.executable,
        "-m",
        "services.redirector",
        DATABASE_URL=database_url,
        **SEALING,
        TXLINK_DATA_DIR=folder,
        TXLINK_REDIRECTOR_PORT=port,
    )
    with running(process, port, f"/{token}", every_s=0.01):
        return time.monotonic() - started


def burst(stack: Stack, loads: dict[str, list[Load]]) -> tuple[int, float]:
    """Journal a million hits with the recorder off; return how many, and how long it lags.

    These are further rounds of the two whose slowest requests are compared, and the quietest
    ones: neither the recorder nor Postgres has been at work before them.
    """
    compared = [row for row in stack.rows if row.name in {"bare ASGI", "hot"}]
    before, journaled = stack.clicks.count(), 0
    while journaled < BURST:
        for row in compared:
            loads[row.name].append(load(row, row.scripts[0]))
        journaled += loads["hot"][-1].requests
    started = time.monotonic()
    stack.clicks.drain()
    return stack.clicks.count() - before, time.monotonic() - started - QUIET_S


def check_exactly(stack: Stack) -> tuple[int, int]:
    """Return 302s by the client's own count, and clicks recorded of them."""
    before = stack.clicks.count()
    answered = asyncio.run(exact(stack.port, stack.hot[:EXACT_REQUESTS]))
    stack.clicks.drain()
    return answered, stack.clicks.count() - before


def main() -> int:
    for needed in ("nginx", "wrk", "taskset"):
        if shutil.which(needed) is None:
            print(f"{needed} is needed: apt-get install nginx-light wrk util-linux")
            return 2
    # Postgres and all else that is not told otherwise.
    os.sched_setaffinity(0, {CLIENT_CORE})
    with (
        tempfile.TemporaryDirectory() as made,
        embedded_postgres.running(Path(made) / "postgres") as server,
    ):
        folder, database_url = Path(made), server.url("postgres")
        migrate(database_url)
        with stack(folder, database_url) as servers:
            rounds = measure(servers.rows)
            lag_count, lag_s = burst(servers, rounds)
            loads = medians(rounds)
            answered, recorded = check_exactly(servers)
            started_s = statistics.median(
                cold_start_s(database_url, folder / "cold", servers.hot[0]) for _ in range(ROUNDS)
            )
        copied_s = asyncio.run(bare_copy_s(database_url, BURST))
    print(f"{'':22}{'req/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}{'MiB':>7}{'of bare':>9}")
    for name, one in loads.items():
        print(
            f"{name:22}{one.per_s:>10,.0f}{one.p50_ms:>9.2f}{one.p99_ms:>9.2f}{one.cpu_us:>9.1f}"
            f"{one.rss_mib:>7.0f}{one.per_s / loads['bare ASGI'].per_s:>9.2f}"
        )
    per_s = statistics.median(servers.clicks.per_cpu_s)
    print(
        f"recorder: {per_s:,.0f} clicks a second of CPU, {per_s * copied_s / BURST:.3f} of a COPY"
    )
    print(f"burst of {lag_count:,}: recorded {lag_s:.1f} s later")
    print(f"first redirect {started_s:.2f} s after the start of a redirector")
    print(f"{answered:,} answered with 302, {recorded:,} clicks recorded")
    hot, bare = loads["hot"], loads["bare ASGI"]
    reached = {
        "hot / bare": hot.per_s / bare.per_s,
        "fresh / bare": loads["fresh"].per_s / bare.per_s,
        "hot / nginx": hot.per_s / loads["nginx return 302"].per_s,
        "hot / nginx map": hot.per_s / loads["nginx map, log"].per_s,
        "hot / textbook": hot.per_s / loads["textbook"].per_s,
        "bare p99 / hot p99": bare.p99_ms / hot.p99_ms,
        "clicks a second": per_s,
    }
    holds = all(reached[name] >= least for name, least in MUST_REACH.items())
    print(
        json.dumps(
            {
                "bench": "redirect",
                "reached": {name: round(value, 2) for name, value in reached.items()},
                "must_reach": MUST_REACH,
                "answered": answered,
                "recorded": recorded,
                "holds": holds and answered == recorded == EXACT_REQUESTS,
            }
        )
    )
    return 0 if holds and answered == recorded == EXACT_REQUESTS else 1


if __name__ == "__main__":
    sys.exit(main())
