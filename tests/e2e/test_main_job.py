"""The main job through the real processes: send, deliver, click, report."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from services.cli.addresses import Addresses, free_ports
from services.cli.announcing import running_addresses
from services.cli.demo import PHONES
from tests.support.open_folders import open_temporary_folder
from tests.support.stack import REPOSITORY, Json, Stack, running_stack, wait_until

# One stack for all of them.
pytestmark = pytest.mark.xdist_group("main-job")

NUMBERS = ["919876543210", "919876543211", "919876543212"]
TEXT = (
    "Compare all school sites, https://www.yourkidschoolexample.com or enrol by visiting sign up "
    "page, https://www.yourkidschoolexample.com/signup/. Regards, your school"
)
DESTINATION = "https://www.yourkidschoolexample.com/signup/"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with (
        open_temporary_folder() as folder,
        running_stack(folder / "data", from_nothing=True) as stack,
    ):
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


def test_each_recipient_of_personal_texts_reads_their_own_and_is_led_their_own_way(
    stack: Stack,
) -> None:
    names = {NUMBERS[0]: "Asha & co", NUMBERS[1]: "रवि"}
    rows = [{"mobile": mobile, "name": name} for mobile, name in names.items()]
    text = "Hi {name}: https://shop.example.com/?for={name}. Bye"
    response = stack.api.post("/send", json={"sms": rows, "msg": text, "trackLink": True})
    campaign = f"/campaigns/{response.json()['uuid']}"

    wait_until(lambda: stack.get(campaign)["delivered"] == 2, "two deliveries")

    reads = {m["mobile"]: m["text"] for m in stack.get("/sandbox/messages", limit=2)["messages"]}
    for recipient in stack.get(f"{campaign}/recipients")["recipients"]:
        name = names[recipient["mobile"]]
        assert reads[recipient["mobile"]] == f"Hi {name}: {recipient['link']}. Bye"
        token = recipient["link"].rpartition("/")[2]
        visit = httpx.get(f"{stack.redirector_url}/{token}")
        assert (visit.status_code, visit.headers["location"]) == (
            302,
            f"https://shop.example.com/?for={quote(name)}",
        )


def demo(data_dir: Path) -> str:
    """Run the demo, hold what it shows to what it promises, and return it."""
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", "demo", "--data-dir", str(data_dir)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(set(re.findall(r"https://tx1\.in/[0-9A-Za-z]{6,8}\b", done.stdout))) == 3
    assert len(set(re.findall(r"(?<!/)tx1\.in/[0-9A-Za-z]{6,8}\b", done.stdout))) == 3
    assert done.stdout.count("302 → " + DESTINATION) == 4
    assert done.stdout.count("clickers 2") == 2
    assert done.stdout.count("Chrome Mobile 124.0.0.0  Android 14  Samsung SM-A546E (mobile)") == 2
    assert done.stdout.count("Mobile Safari 17.4  iOS 17.4  iPhone (mobile)") == 2
    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d  127\.0\.0\.1  ", done.stdout)
    return done.stdout


def test_the_demo_command_does_the_main_job_from_nothing(open_folder: Path) -> None:
    shown = demo(open_folder / "data")

    assert "Starting Postgres, API, redirector, recorder and worker" in shown
    assert not (open_folder / "data" / "postgres" / "cluster" / "postmaster.pid").exists()


def test_the_demo_command_uses_a_stack_that_runs_and_leaves_it_running(stack: Stack) -> None:
    processes = set(stack.supervisor.children(recursive=True))
    campaigns = stack.get("/campaigns")["campaigns"]

    shown = demo(stack.data_dir)

    assert f"Using the txlink that runs at {stack.api.base_url}" in shown
    assert "Starting" not in shown
    assert set(stack.supervisor.children(recursive=True)) == processes
    assert len(stack.get("/campaigns")["campaigns"]) == len(campaigns) + 2


def refused_run(data_dir: Path, *, api_port: int, redirector_port: int) -> str:
    """Run everything where it can't be, and return what is said of it."""
    argv = [sys.executable, "-m", "services.cli", "run", "--data-dir", str(data_dir)]
    argv += ["--api-port", str(api_port), "--redirector-port", str(redirector_port)]
    done = subprocess.run(
        argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_a_second_run_with_a_folder_is_refused_and_the_first_goes_on(stack: Stack) -> None:
    api_port, redirector_port = free_ports(2)

    said = refused_run(stack.data_dir, api_port=api_port, redirector_port=redirector_port)

    url = str(stack.api.base_url)
    assert said == (
        f"txlink: already running with {stack.data_dir} at {url}: "
        "stop it with Ctrl-C there, or choose another --data-dir\n"
    )
    assert running_addresses(stack.data_dir) == Addresses(url, stack.redirector_url)
    assert stack.get("/healthz")


@pytest.mark.parametrize("name", ["api", "redirector"])
def test_a_run_on_a_busy_port_is_refused_before_anything_is_started(
    stack: Stack, open_folder: Path, name: str
) -> None:
    (free,) = free_ports(1)
    busy = httpx.URL(stack.redirector_url).port or 0
    ports = {"api_port": free, "redirector_port": free, f"{name}_port": busy}

    said = refused_run(open_folder / "data", **ports)

    assert said == (
        f"txlink: port {busy} can't be used (Address already in use): "
        f"choose another with --{name}-port, or stop what listens there\n"
    )
    assert not (open_folder / "data" / "postgres").exists()


def test_one_port_for_both_services_is_refused(open_folder: Path) -> None:
    (port,) = free_ports(1)

    said = refused_run(open_folder / "data", api_port=port, redirector_port=port)

    assert said == f"txlink: API and redirector can't share port {port}: give each its own\n"


def test_a_run_that_is_ended_while_it_starts_leaves_no_postgres(open_folder: Path) -> None:
    api_port, redirector_port = free_ports(2)
    data_dir = open_folder / "data"
    postmaster = data_dir / "postgres" / "cluster" / "postmaster.pid"
    argv = [sys.executable, "-m", "services.cli", "run", "--data-dir", str(data_dir)]
    argv += ["--api-port", str(api_port), "--redirector-port", str(redirector_port)]

    with subprocess.Popen(argv, cwd=REPOSITORY) as run:
        wait_until(postmaster.exists, "Postgres")
        run.terminate()
        code = run.wait(60)

    assert code == 130
    assert not postmaster.exists()
