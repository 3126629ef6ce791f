"""Who is signed in goes on to pages of the console, wherever an address says to go."""

import pytest

from services.api.domain.return_paths import HOME, safe_return


@pytest.mark.parametrize("path", ["/console/", "/console/campaigns?title=a%20b&cursor=1"])
def test_a_page_of_the_console_is_gone_on_to(path: str) -> None:
    assert safe_return(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "https://evil.example/console/",
        "//evil.example/console/",
        "/console//evil.example",
        "/\\evil.example/console/",
        "/console/\\evil.example",
        "/console/\t/evil.example",
        "/console/\n",
        "/console/../send",
        "/consoles/",
        "/console",
        "/docs",
        "javascript:alert(1)",
        "/console/" + "x" * 500,
    ],
)
def test_all_else_leads_to_the_first_page(path: str | None) -> None:
    assert safe_return(path) == HOME
