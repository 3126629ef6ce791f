"""Kill -9 of any process in the middle of a campaign loses nothing and counts nothing twice."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from services.cli.demo import PHONES
from tests.support.open_folders import open_temporary_folder
from tests.support.stack import Stack, running_stack, wait_until

# One stack for all of them.
pytestmark = pytest.mark.xdist_group("killed-processes")

RECIPIENTS = 2_000
# None of them ends like the sandbox's magic numbers, whose messages fail on purpose.
FIRST_MSISDN = 919_800_001_000
CLIENTS = 8
AGENT = next(iter(PHONES.values()))


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with (
        open_temporary_folder() as folder,
        # So that what a killed worker had under way is sent again 25 s later.
        running_stack(folder / "data", TXLINK_CARRIER_TIMEOUT_S="5") as stack,
    ):
        yield stack


def send(stack: Stack) -> str:
    mobiles = ",".join(str(FIRST_MSISDN + number) for number in range(RECIPIENTS))
    body = {"mobile": mobiles, "msg": "Sale: https://shop.example.com/sale", "trackLink": True}
    response = stack.api.post("/send", json=body)
    response.raise_for_status()
    return f"/campaigns/{response.json()['uuid']}"


def recipients(stack: Stack, path: str) -> Iterator[dict[str, object]]:
    cursor: dict[str, object] = {}
    while True:
        page = stack.get(f"{path}/recipients", limit=1_000, **cursor)
        yield from page["recipients"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def test_a_killed_worker_leaves_no_message_unsubmitted(stack: Stack) -> None:
    path = send(stack)
    wait_until(lambda: stack.get(path)["submitted"] > 0, "the first submitted message")

    stack.kill("services.worker")

    at_kill = stack.get(path)["submitted"]
    wait_until(lambda: stack.get(path)["submitted"] == RECIPIENTS, "all messages submitted")
    assert at_kill < RECIPIENTS
    statuses = Counter(recipient["status"] for recipient in recipients(stack, path))
    assert set(statuses) <= {"submitted", "delivered"}
    assert statuses.total() == RECIPIENTS


class Clickers:
    """Clients that follow each link until it is answered, and count what happened."""

    def __init__(self, stack: Stack, links: list[str]) -> None:
        self._stack = stack
        self._links = links
        # One for all threads: to make a client takes longer than a hundred clicks.
        self._client = httpx.Client(headers={"user-agent": AGENT}, timeout=5)
        self.answered = 0
        self.broken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def click(self, link: str) -> None:
        url = f"{self._stack.redirector_url}/{link.rpartition('/')[2]}"

        def is_answered() -> bool:
            try:
                response = self._client.get(url)
            except httpx.TransportError:
                with self._lock:
                    self.broken[link] += 1
                return False
            assert response.status_code == 302
            return True

        wait_until(is_answered, "an answer")
        with self._lock:
            self.answered += 1

    def click_all(self) -> None:
        with self._client, ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(self.click, self._links))


@pytest.mark.parametrize("module", ["services.redirector", "services.redirector.recorder"])
def test_a_killed_process_loses_no_click_and_counts_none_twice(stack: Stack, module: str) -> None:
    path = send(stack)
    links = [str(recipient["link"]) for recipient in recipients(stack, path)]
    clickers = Clickers(stack, links)
    running = threading.Thread(target=clickers.click_all)

    running.start()
    wait_until(lambda: clickers.answered > RECIPIENTS // 8, "an eighth of the clicks")
    stack.kill(module)
    killed_at = clickers.answered
    running.join()

    assert killed_at < RECIPIENTS
    assert clickers.answered == RECIPIENTS
    wait_until(lambda: stack.get(path)["unique_clickers"] == RECIPIENTS, "all clickers counted")
    clicks = {str(row["link"]): int(str(row["clicks"])) for row in recipients(stack, path)}
    # A request that broke with the process may have been journaled or not; every other is once.
    for link, count in clicks.items():
        assert 1 <= count <= 1 + clickers.broken[link]
    assert stack.get(path)["clicks"] == sum(clicks.values())
    assert len(clickers.broken) <= RECIPIENTS // 4
