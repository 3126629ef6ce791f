"""Kill -9 of the embedded Postgres in mid-campaign: it is back in seconds, and nothing is lost."""

import os
import signal
from collections.abc import Iterator

import httpx
import pytest

from services.cli.demo import PHONES
from tests.support.open_folders import open_temporary_folder
from tests.support.stack import Json, Stack, running_stack, wait_until

RECIPIENTS = 500
# None of them ends like the sandbox's magic numbers, whose messages fail on purpose.
FIRST_MSISDN = 919_800_001_000
AGENT = next(iter(PHONES.values()))
BACK_WITHIN_S = 20.0


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with open_temporary_folder() as folder, running_stack(folder / "data") as stack:
        yield stack


def send(stack: Stack) -> httpx.Response:
    mobiles = ",".join(str(FIRST_MSISDN + number) for number in range(RECIPIENTS))
    body = {"mobile": mobiles, "msg": "Sale: https://shop.example.com/sale", "trackLink": True}
    return stack.api.post("/send", json=body)


def kill_postmaster(stack: Stack) -> None:
    pid_file = stack.data_dir / "postgres" / "cluster" / "postmaster.pid"
    os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGKILL)


def campaign(stack: Stack, sent: httpx.Response) -> Json:
    return stack.get(f"/campaigns/{sent.json()['uuid']}")


def test_a_killed_postgres_is_back_in_seconds_and_nothing_is_lost(stack: Stack) -> None:
    before = send(stack)
    before.raise_for_status()
    page = stack.get(f"/campaigns/{before.json()['uuid']}/recipients", limit=20)
    tokens = [row["link"].rpartition("/")[2] for row in page["recipients"]]
    headers = {"user-agent": AGENT}
    assert httpx.get(f"{stack.redirector_url}/{tokens[0]}", headers=headers).is_redirect

    kill_postmaster(stack)
    clicks = [
        httpx.get(f"{stack.redirector_url}/{token}", headers=headers) for token in tokens[1:]
    ]
    after: list[httpx.Response] = []

    def is_sending() -> bool:
        after[:] = [send(stack)]
        return after[0].is_success

    wait_until(is_sending, "a send", wait_s=BACK_WITHIN_S)

    assert all(click.is_redirect for click in clicks)
    wait_until(lambda: campaign(stack, before)["submitted"] == RECIPIENTS, "all before")
    wait_until(lambda: campaign(stack, after[0])["submitted"] == RECIPIENTS, "all after")
    wait_until(lambda: campaign(stack, before)["unique_clickers"] == len(tokens), "clickers")
    assert campaign(stack, before)["clicks"] == len(tokens)
    assert "supervisor | postgres exited with status 1; starting it again in 0.5 s" in stack.log
