"""An owner says who gets in: keys, addresses, users, destinations."""

from typing import Any

import pytest

from tests.support.console_browser import LOOKS, Console, look_at, watched


@pytest.mark.parametrize("look", LOOKS)
def test_settings_of_access_are_accessible_in_both_themes_at_every_width(
    console: Console, owner: dict[str, Any], look: str
) -> None:
    context = console.open(owner["state"], reduced_motion="reduce", **LOOKS[look])
    page = watched(context.new_page())
    page.goto("/console/settings/keys")
    page.locator("tbody a").first.click()
    key = page.url
    page.goto("/console/settings/users")
    page.locator("tbody a").first.click()
    for name, path in {
        "user": page.url,
        "key": key,
        "keys": "/console/settings/keys",
        "key-new": "/console/settings/keys/new",
        "addresses": "/console/settings/addresses",
        "users": "/console/settings/users",
        "user-new": "/console/settings/users/new",
        "destinations": "/console/settings/destinations",
    }.items():
        page.goto(path)
        look_at(page, f"{name}-{look}")
    context.close()
