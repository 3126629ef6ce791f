"""What SECURITY.md says that a promise is held by is there."""

import re

from tests.support.database import REPOSITORY

PAGE = (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8")


def test_every_test_and_page_that_is_named_is_there() -> None:
    named = set(re.findall(r"`([\w/]*test_\w+\.py)`", PAGE))
    places = ("", "tests/integration/")
    missing = {
        name for name in named if not any((REPOSITORY / place / name).exists() for place in places)
    }
    pages = set(re.findall(r"docs/[\w/-]+\.md", PAGE))

    assert missing == set()
    assert all((REPOSITORY / page).exists() for page in pages)
    assert len(named) >= 20


def test_it_is_short_enough_to_be_read() -> None:
    assert len(PAGE.splitlines()) <= 120
