"""The main job in a minute: send, deliver, click, report."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from services.cli.local_stack import Addresses, demo_key_path, free_ports, running_addresses
from services.cli.sandbox_phone import draw

NUMBERS = ("919876543210", "919876543211", "919876543212")
TEXT = (
    "Dear parent, compare all school sites, https://www.yourkidschoolexample.com or enrol by "
    "visiting sign up page, https://www.yourkidschoolexample.com/signup/. Regards, your school"
)
PHONES = {
    "an Android phone": (
        "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/124.0.0.0 Mobile Safari/537.36"
    ),
    "an iPhone": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
    ),
}
WAIT_S = 60.0
POLL_S = 0.2
STOP_WAIT_S = 60.0

Json = dict[str, Any]


def demo(data_dir: Path) -> None:
    """Do the main job on a running stack, or on one started for it and stopped afterwards.

    Raises:
        SystemExit: A step did not come to its end in time; it says which.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    addresses = running_addresses(data_dir)
    if addresses is not None:
        _say(f"Using the txlink that runs at {addresses.api}")
        _play(addresses, data_dir)
        return
    with _own_stack(data_dir) as started:
        _play(started, data_dir)
        _say("Stopping what was started")
    print("`make run` starts it all and keeps it up.")


@contextmanager
def _own_stack(data_dir: Path) -> Iterator[Addresses]:
    """Run `txlink run` as a child on free ports; its log goes to a file.

    Yields:
        Where it listens, once it answers.
    """
    log = data_dir / "demo.log"
    api_port, redirector_port = free_ports(2)
    _say(f"Starting Postgres, API, redirector, recorder and worker (log: {log})")
    argv = [sys.executable, "-m", "services.cli", "run", "--data-dir", str(data_dir)]
    argv += ["--api-port", str(api_port), "--redirector-port", str(redirector_port)]
    # The log shows the demo key, as `txlink run` does on a terminal: its owner alone may read it.
    log.unlink(missing_ok=True)
    log.touch(mode=0o600)
    with log.open("wb") as output:
        child = subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT)
    addresses = Addresses(f"http://127.0.0.1:{api_port}", f"http://127.0.0.1:{redirector_port}")
    try:
        for url in (addresses.api, addresses.redirector):
            _wait(f"{url} to answer; see {log}", partial(_is_up, url, child))
        yield addresses
    finally:
        child.terminate()
        child.wait(STOP_WAIT_S)


def _is_up(url: str, child: "subprocess.Popen[bytes]") -> bool:
    if child.poll() is not None:
        sys.exit("txlink: the processes could not be started; see the log")
    try:
        return httpx.get(f"{url}/healthz", timeout=2).is_success
    except httpx.TransportError:
        return False


def _play(addresses: Addresses, data_dir: Path) -> None:
    key = demo_key_path(data_dir).read_text().strip()
    with httpx.Client(base_url=addresses.api, headers={"apikey": key}, timeout=10) as api:
        for append_http in ("true", "false"):
            _play_campaign(api, addresses, append_http=append_http)


def _play_campaign(api: httpx.Client, addresses: Addresses, *, append_http: str) -> None:
    sent = _send(api, append_http)
    uuid = sent["uuid"]
    _wait("delivery", lambda: _report(api, uuid)["delivered"] == len(NUMBERS))
    _say(f"Delivered to {len(NUMBERS)} phones, each with a link of its own")
    recipients = api.get(f"/campaigns/{uuid}/recipients").json()["recipients"]
    messages = api.get("/sandbox/messages", params={"limit": len(NUMBERS)}).json()["messages"]
    print("\n\n".join(map(draw, reversed(messages))))
    for name, agent, recipient in zip(PHONES, PHONES.values(), recipients, strict=False):
        _click(addresses, name, agent, recipient)
    _wait("both clicks", lambda: _report(api, uuid)["unique_clickers"] == len(PHONES))
    visits = api.get(f"/campaigns/{uuid}/clicks").json()["clicks"]
    _print_report(_report(api, uuid), visits)


def _send(api: httpx.Client, append_http: str) -> Json:
    parameters = {
        "mobile": ",".join(NUMBERS),
        "msg": TEXT,
        "trackLink": "true",
        "appendHttp": append_http,
        "smartLinkTitle": "Sign-up" + ("" if append_http == "true" else ", without https://"),
    }
    _say(f"GET /send with trackLink=true and appendHttp={append_http}")
    response = api.get("/send", params=parameters)
    answer: Json = response.json()
    if response.is_error:
        sys.exit(f"txlink: /send was refused: {answer['reason']}")
    print(f"  accepted for {answer['recipients']} numbers, campaign {answer['uuid']}")
    print(f"  tracked: {answer['link']['destination']}")
    return answer


def _report(api: httpx.Client, uuid: str) -> Json:
    report: Json = api.get(f"/campaigns/{uuid}").json()
    return report


def _click(addresses: Addresses, name: str, agent: str, recipient: Json) -> None:
    """Follow a link as a phone would; the redirector here answers for the short domain."""
    token = recipient["link"].rpartition("/")[2]
    response = httpx.get(
        f"{addresses.redirector}/{token}",
        headers={"user-agent": agent, "accept-language": "en-IN", "accept": "text/html"},
        timeout=10,
    )
    where = response.headers.get("location", response.text[:80])
    print(f"\n+{recipient['mobile']} taps {recipient['link']} on {name}:")
    print(f"  {response.status_code} → {where}")


def _print_report(report: Json, visits: list[Json]) -> None:
    _say(f"Report of {report['title']!r}")
    rate = report["click_through_rate"]
    print(
        f"  recipients {report['recipients']}, delivered {report['delivered']}, "
        f"clicks {report['clicks']}, clickers {report['unique_clickers']}, "
        f"click-through rate {rate:.0%}"
    )
    for visit in visits:
        browser = f"{visit['browser']} {visit['browser_version'] or ''}".strip()
        system = f"{visit['os']} {visit['os_version'] or ''}".strip()
        device = f"{visit['device']} ({visit['device_type']})"
        print(
            f"  +{visit['mobile']}  {visit['occurred_at'][:19]}  {visit['ip']}  "
            f"{browser}  {system}  {device}"
        )


def _wait(what: str, ask: Callable[[], object]) -> None:
    """Ask again and again until the answer is true.

    Raises:
        SystemExit: It took too long.
    """
    deadline = time.monotonic() + WAIT_S
    while not ask():
        if time.monotonic() > deadline:
            sys.exit(f"txlink: waited {WAIT_S:.0f} s in vain for {what}")
        time.sleep(POLL_S)


def _say(text: str) -> None:
    print(f"\n── {text}", flush=True)
