"""The main job through the real processes: send, deliver, click, report."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.cli.demo import PHONES
from tests.support.open_folders import open_temporary_folder
from tests.support.stack import REPOSITORY, Json, Stack, running_stack, wait_until

NUMBERS = ["919876543210", "919876543211", "919876543212"]
TEXT = (
    "Compare all school sites, https://www.yourkidschoolexample.com or enrol by visiting sign up "
    "page, https://www.yourkidschoolexample.com/signup/. Regards, your school"
)
DESTINATION = "https://www.yourkidschoolexample.com/signup/"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with open_temporary_folder() as folder, running_stack(folder / "data") as stack:
        yield stack


def delivered_campaign(stack: Stack, append_http: str) -> tuple[Json, list[str]]:
    """Send to three numbers and return the answer and what the sandbox delivered."""
    parameters = {"mobile": ",".join(NUMBERS), "msg": TEXT, "trackLink": "true"}
    answer = stack.get("/send", **parameters, appendHttp=append_http)
    wait_until(
        lambda: stack.get(f"/campaigns/{answer['uuid']}")["delivered"] == 3, "three deliveries"
    )
    messages = stack.get("/sandbox/messages", limit=3)["messages"]
    return answer, [message["text"] for message in messages]


@pytest.mark.parametrize(
    ("append_http", "link", "lengths"),
    [
        ("true", r"https://tx1\.in/[0-9A-Za-z]{6,8}", range(21, 24)),
        ("false", r"(?<!/)tx1\.in/[0-9A-Za-z]{6,8}", range(13, 16)),
    ],
)
def test_each_recipient_gets_a_short_link_of_their_own(
    stack: Stack, append_http: str, link: str, lengths: range
) -> None:
    _, texts = delivered_campaign(stack, append_http)

    links = [re.findall(link, text) for text in texts]
    assert all(len(found) == 1 and len(found[0]) in lengths for found in links)
    assert len({found[0] for found in links}) == 3
    for text, found in zip(texts, links, strict=True):
        assert text.replace(found[0], DESTINATION) == TEXT


def test_clicks_are_told_by_number_with_browser_system_device_address_and_time(
    stack: Stack,
) -> None:
    answer, _ = delivered_campaign(stack, "true")
    path = f"/campaigns/{answer['uuid']}"
    recipients = stack.get(f"{path}/recipients")["recipients"]

    for agent, recipient in zip(PHONES.values(), recipients, strict=False):
        token = recipient["link"].rpartition("/")[2]
        response = httpx.get(f"{stack.redirector_url}/{token}", headers={"user-agent": agent})
        assert response.status_code == 302
        assert response.headers["location"] == DESTINATION
        assert {"private", "no-store"} <= set(re.split(r",\s*", response.headers["cache-control"]))
    wait_until(lambda: stack.get(path)["clicks"] == 2, "two clicks")

    report = stack.get(path)
    assert (report["recipients"], report["delivered"]) == (3, 3)
    assert (report["unique_clickers"], report["click_through_rate"]) == (2, 0.6667)
    visits = {visit["mobile"]: visit for visit in stack.get(f"{path}/clicks")["clicks"]}
    android, iphone = (visits[number] for number in NUMBERS[:2])
    assert (android["browser"], android["os"], android["device_type"]) == (
        "Chrome Mobile",
        "Android",
        "mobile",
    )
    assert (iphone["browser"], iphone["os"], iphone["device"]) == (
        "Mobile Safari",
        "iOS",
        "iPhone",
    )
    assert {visit["ip"] for visit in visits.values()} == {"127.0.0.1"}
    assert all(visit["occurred_at"] for visit in visits.values())
    history = stack.get(f"/recipients/{NUMBERS[0]}")["messages"]
    assert [row["clicks"] for row in history if row["campaign_uuid"] == answer["uuid"]] == [1]


def test_the_demo_command_does_the_main_job_from_nothing(open_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", "demo", "--data-dir", str(open_folder / "data")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(set(re.findall(r"https://tx1\.in/[0-9A-Za-z]{6,8}\b", done.stdout))) == 3
    assert done.stdout.count("302 → " + DESTINATION) == 4
    assert done.stdout.count("clickers 2") == 2
    assert "Samsung SM-A546E (mobile)" in done.stdout
