"""The README's tour, word for word as somebody would paste it."""

import re
import subprocess
import sys

import pytest

from tests.support.open_folders import open_temporary_folder
from tests.support.stack import REPOSITORY, Stack, running_stack, wait_until

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOUR = "A tour of two minutes"


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


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len((REPOSITORY / "README.md").read_text().splitlines()) <= 150
