"""Debian's Chromium, driven as a person would: found, or installed where that is allowed."""

import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
INSTALL = ["apt-get", "-qq", "--yes", "install", "--no-install-recommends", "chromium"]
# So that pages of another language are looked at with its letters.
FONTS = "fonts-noto-core"
INSTALL_TIMEOUT_S = 300
# CI counts this as a failure: .ci/run looks for it.
NOTICE = "NO CHROMIUM: the tests of the console's pages were not run"
REPOSITORY = Path(__file__).resolve().parents[2]
SCREENSHOTS = REPOSITORY / ".data" / "screenshots"


def chromium_path() -> str:
    """Return where Chromium is; without it, and without leave to install it, skip and say so."""
    found = shutil.which("chromium")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "-qq", "update"], [*INSTALL, FONTS]):
            subprocess.run(command, check=True, timeout=INSTALL_TIMEOUT_S, env=environment)
        found = shutil.which("chromium")
    if found is None:
        pytest.skip(NOTICE)
    return found


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run one browser for as long as the context lasts."""
    path = chromium_path()
    with warnings.catch_warnings(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=FLAGS, headless=True, chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            browser.close()
