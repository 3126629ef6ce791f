"""A scheduled send survives the end of the processes that were there when it was accepted."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from services.api.operations.create_account import create_account
from shared.storage.engine import create_engine
from tests.support.api_process import api_process
from tests.support.waiting import TIMEOUT_S, until
from tests.support.worker_process import worker_process

QUICK = {"sandbox_submit_delay_s": 0, "sandbox_delivery_delay_s": 0.1}
SLOW = {"sandbox_submit_delay_s": 0.2, "sandbox_delivery_delay_s": 0.1}
COUNT = 1_200
HAND_OVERS = "SELECT count(*), count(DISTINCT msisdn), min(received_at) FROM sandbox_message"
NUMBERS = [919800010010 + place for place in range(COUNT)]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def a_key(database_url: str) -> dict[str, str]:
    engine = create_engine(database_url, application="txlink tests")
    made = await create_account(
        engine, "acme", sender_ids=["ACMEIN"], region="IN", time_zone="Asia/Kolkata"
    )
    await engine.dispose()
    return {"apikey": made.key.text}


def send(api: httpx.Client, headers: dict[str, str], **parameters: str) -> str:
    """Send a tracked text to all, and return the campaign's uuid."""
    given = {
        "mobile": ",".join(map(str, NUMBERS)),
        "msg": "Sale: https://shop.example.com/sale",
        "trackLink": "true",
    }
    response = api.post("/send", data=given | parameters, headers=headers)
    assert response.status_code == 200, response.text
    return str(response.json()["uuid"])


def standing(api: httpx.Client, headers: dict[str, str], uuid: str) -> tuple[str, dict[str, int]]:
    """Return the state of a campaign and its messages by status."""
    report = api.get(f"/campaigns/{uuid}", headers=headers).json()
    return report["state"], {word: count for word, count in report["statuses"].items() if count}


async def test_send_scheduled_ahead_goes_out_at_its_time_once_though_all_was_restarted(
    database_url: str, database: asyncpg.Connection, tmp_path: Path
) -> None:
    headers = await a_key(database_url)
    with (
        api_process("python", database_url, tmp_path / "api.log") as api,
        worker_process(database_url, **QUICK) as worker,
    ):
        at = datetime.now(UTC) + timedelta(seconds=15)  # noqa: TID251
        # To the second, as senders write it.
        local = f"{at + timedelta(hours=5, minutes=30):%Y-%m-%d %H:%M:%S}"
        uuid = await asyncio.to_thread(send, api, headers, scheduleTime=local)
        assert standing(api, headers, uuid) == ("scheduled", {"queued": COUNT})
        worker.send_signal(signal.SIGKILL)
        worker.wait(TIMEOUT_S)
    assert await database.fetchval("SELECT count(*) FROM sandbox_message") == 0

    with (
        api_process("python", database_url, tmp_path / "api.log") as api,
        worker_process(database_url, **QUICK),
    ):

        async def is_delivered() -> bool:
            return standing(api, headers, uuid) == ("done", {"delivered": COUNT})

        await until(is_delivered)

    (hand_overs, recipients, first) = (await database.fetch(HAND_OVERS))[0]
    assert (hand_overs, recipients) == (COUNT, COUNT)
    assert first >= at.replace(microsecond=0)


async def test_campaign_is_paused_over_a_restart_then_resumed_and_cancelled(
    database_url: str, database: asyncpg.Connection, tmp_path: Path
) -> None:
    headers = await a_key(database_url)
    with api_process("python", database_url, tmp_path / "api.log") as api:
        with worker_process(database_url, worker_concurrency=2, **SLOW) as worker:
            uuid = await asyncio.to_thread(send, api, headers)

            async def is_sending() -> bool:
                return "submitted" in standing(api, headers, uuid)[1]

            await until(is_sending)
            api.post(f"/campaigns/{uuid}/pause", headers=headers).raise_for_status()
            worker.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(worker.wait, TIMEOUT_S) == 0
        state, paused = standing(api, headers, uuid)
        assert (state, "submitting" in paused) == ("paused", False)

        with worker_process(database_url, worker_concurrency=2, **SLOW):
            await asyncio.sleep(3)
            state, still = standing(api, headers, uuid)
            assert (state, still["queued"]) == ("paused", paused["queued"])
            api.post(f"/campaigns/{uuid}/resume", headers=headers).raise_for_status()

            async def has_gone_on() -> bool:
                return standing(api, headers, uuid)[1].get("queued", 0) < paused["queued"]

            await until(has_gone_on)
            api.post(f"/campaigns/{uuid}/cancel", headers=headers).raise_for_status()

            async def is_over() -> bool:
                return set(standing(api, headers, uuid)[1]) <= {"delivered", "cancelled"}

            await until(is_over)
        state, ended = standing(api, headers, uuid)

    (hand_overs, recipients, _) = (await database.fetch(HAND_OVERS))[0]
    assert state == "cancelled"
    assert hand_overs == recipients == ended["delivered"] < COUNT
    assert ended["cancelled"] == COUNT - recipients
