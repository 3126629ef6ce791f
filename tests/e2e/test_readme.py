"""The README's tour, and docs/sending.md, word for word as somebody would paste them."""

import json
import re
import subprocess
import sys

import pytest

from services.api.schemas.send_answers import SendAnswer
from tests.support.open_folders import open_temporary_folder
from tests.support.stack import REPOSITORY, Stack, running_stack, wait_until

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOUR = "A tour of two minutes"
CLI = ".venv/bin/txlink"


def tour() -> str:
    """Return all that the tour asks to paste."""
    _, _, rest = (REPOSITORY / "README.md").read_text().partition(f"\n## {TOUR}\n")
    return "".join(BLOCK.findall(rest.partition("\n## ")[0]))


def at(stack: Stack, script: str) -> str:
    """Return a script with the places of a running stack instead of those of `make run`."""
    places = {
        ".venv/bin/txlink sandbox": (
            f"{sys.executable} -m services.cli sandbox --url {stack.api.base_url} "
            f"--data-dir {stack.data_dir}"
        ),
        ".data/": f"{stack.data_dir}/",
        "localhost:8000": f"{stack.api.base_url.host}:{stack.api.base_url.port}",
        "localhost:8001": stack.redirector_url.removeprefix("http://"),
    }
    for place, here in places.items():
        assert place in script
        script = script.replace(place, here)
    return script


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_tour_does_what_it_says_when_pasted(shell: str) -> None:
    with open_temporary_folder() as folder, running_stack(folder / "data") as stack:
        done = subprocess.run(
            [shell, "-eu"],
            cwd=REPOSITORY,
            input=at(stack, tour()),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        [campaign] = stack.get("/campaigns")["campaigns"]
        path = f"/campaigns/{campaign['uuid']}"
        wait_until(lambda: stack.get(path)["clicks"] == 1, "the click")

    assert done.returncode == 0, done.stderr
    assert '"status":"success"' in done.stdout
    assert "302 Found\n" in done.stdout.replace("\r", "")
    assert "location: https://example.com/sale\n" in done.stdout.replace("\r", "")
    assert done.stdout.count("│ Sale ends tonight: https://tx1.in/") == 2
    # The reports on the campaign, on its recipients, on its clicks and on a number.
    *_, campaigns, recipients, clicks, number = done.stdout.splitlines()
    assert '"unique_clickers":1' in campaigns
    assert recipients.count('"link":"https://tx1.in/') == 2
    assert '"browser":"Chrome Mobile"' in clicks
    assert '"campaign_uuid":' in number


def commands() -> set[str]:
    """Return the commands that there are."""
    shown = subprocess.run(
        [sys.executable, "-m", "services.cli", "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"^    ([a-z][a-z-]+)", shown.stdout, re.MULTILINE))


def test_sends_of_every_kind_do_what_is_written_when_pasted() -> None:
    script = "".join(BLOCK.findall((REPOSITORY / "docs/sending.md").read_text()))
    with open_temporary_folder() as folder, running_stack(folder / "data") as stack:
        for command in ("account-set", "sender-id-set"):
            here = f"{sys.executable} -m services.cli {command} --data-dir {stack.data_dir}"
            assert f"{CLI} {command}" in script
            script = script.replace(f"{CLI} {command}", here)
        address = f"{stack.api.base_url.host}:{stack.api.base_url.port}"
        script = script.replace(".data/", f"{stack.data_dir}/").replace("localhost:8000", address)
        done = subprocess.run(
            ["/bin/sh", "-eu"],
            cwd=folder,
            input=script,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        campaigns = stack.get("/campaigns")["campaigns"]

    assert done.returncode == 0, done.stderr
    assert CLI not in script
    # Commands tell what holds now, in lines that are no JSON.
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    dry_run, of_rows, of_file, upload, of_upload, scheduled, *orders, copy = answers
    assert (dry_run["uuid"], dry_run["cost"], dry_run["preflight"]["linkLength"]) == (
        None,
        "0.25",
        28,
    )
    assert [each["code"] for each in dry_run["preflight"]["warnings"]] == ["empty_value"]
    assert (upload["status"], upload["valid"], upload["rejected"]) == ("ready", 2, 1)
    for sent in (of_rows, of_file, of_upload):
        assert (sent["recipients"], sent["cost"]) == (2, "0.25")
        assert sent["text"].startswith("Hi Asha, your bill: https://tx1.in/TXLINK/")
    assert "T18:30:00+05:30" in scheduled["scheduledAt"]
    assert [each["state"] for each in orders] == ["paused", "paused", "scheduled", "cancelled"]
    assert "T18:30:30+05:30" in orders[1]["scheduled_at"]
    assert (copy["test"], copy["recipients"]) == (True, 2)
    assert len(campaigns) == 4


def test_the_readme_names_every_command() -> None:
    listed = (REPOSITORY / "README.md").read_text().partition("lists the commands: ")[2]

    assert set(re.findall(r"`([a-z-]+)`", listed.partition(".\n")[0])) == commands()


def test_the_sample_answer_has_the_keys_of_an_answer() -> None:
    [sample] = re.findall(
        r"^```json\n(\{.*?)^```$", (REPOSITORY / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )

    SendAnswer.model_validate(json.loads(sample), strict=True)


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len((REPOSITORY / "README.md").read_text().splitlines()) <= 150
