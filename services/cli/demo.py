"""The main job in a minute: send, deliver, click, report."""

import sys
from pathlib import Path
from typing import Any

import httpx

from services.cli.addresses import Addresses
from services.cli.demo_account import demo_key_path
from services.cli.demo_stack import own_stack, running_stack
from services.cli.sandbox_phone import draw
from services.cli.telling import say, wait_until

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
NEWEST = 200

# This machine's own, past any proxy of the environment.
CLIENT: dict[str, Any] = {"timeout": 10, "trust_env": False}

Json = dict[str, Any]


def demo(data_dir: Path, *, api_key: str | None) -> None:
    """Do the main job on a running stack, or on one started for it and stopped afterwards.

    Args:
        data_dir: Of the stack.
        api_key: For a running stack; None takes the demo account's.

    Raises:
        SystemExit: A step did not come to its end in time; it says which.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        if addresses := running_stack(data_dir):
            say(f"Using the txlink that runs at {addresses.api}")
            _play(addresses, api_key or _demo_key(data_dir))
            return
        with own_stack(data_dir) as started:
            _play(started, _demo_key(data_dir))
            say("Stopping what was started")
    except httpx.TransportError as error:
        sys.exit(f"txlink: it stopped answering in the middle of the demo ({error!r})")
    print("`make run` starts it all and keeps it up.")


def _demo_key(data_dir: Path) -> str:
    try:
        return demo_key_path(data_dir).read_text().strip()
    except FileNotFoundError:
        sys.exit(
            "txlink: what runs here is on a database of its own, which has no demo account: "
            "set TXLINK_API_KEY to a key of an account there"
        )


def _play(addresses: Addresses, key: str) -> None:
    with (
        httpx.Client(base_url=addresses.api, headers={"apikey": key}, **CLIENT) as api,
        httpx.Client(base_url=addresses.redirector, **CLIENT) as phone,
    ):
        for append_http in ("true", "false"):
            _play_campaign(api, phone, append_http=append_http)


def _play_campaign(api: httpx.Client, phone: httpx.Client, *, append_http: str) -> None:
    sent = _send(api, append_http)
    uuid = sent["uuid"]
    wait_until("delivery", lambda: _report(api, uuid)["delivered"] == len(NUMBERS))
    say(f"Delivered to {len(NUMBERS)} phones, each with a link of its own")
    recipients = api.get(f"/campaigns/{uuid}/recipients").json()["recipients"]
    print("\n\n".join(map(draw, _delivered(api, [row["link"] for row in recipients]))))
    for name, agent, recipient in zip(PHONES, PHONES.values(), recipients, strict=False):
        _click(phone, name, agent, recipient)
    wait_until("both clicks", lambda: _report(api, uuid)["unique_clickers"] == len(PHONES))
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
    say(f"GET /send with trackLink=true and appendHttp={append_http}")
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


def _delivered(api: httpx.Client, links: list[str]) -> list[Json]:
    """Return the texts with these links; others may be sending on the same stack."""
    page = api.get("/sandbox/messages", params={"limit": NEWEST}).json()
    messages: list[Json] = page["messages"]
    return [message for message in reversed(messages) if any(map(message["text"].count, links))]


def _click(phone: httpx.Client, name: str, agent: str, recipient: Json) -> None:
    """Follow a link as a phone would; the redirector here answers for the short domain."""
    token = recipient["link"].rpartition("/")[2]
    headers = {"user-agent": agent, "accept-language": "en-IN", "accept": "text/html"}
    response = phone.get(f"/{token}", headers=headers)
    where = response.headers.get("location", response.text[:80])
    print(f"\n+{recipient['mobile']} taps {recipient['link']} on {name}:")
    print(f"  {response.status_code} → {where}")


def _print_report(report: Json, visits: list[Json]) -> None:
    say(f"Report of {report['title']!r}")
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
