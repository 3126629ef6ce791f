"""The README names every command of txlink, and no other."""

import re

from services.cli.main import build_parser
from tests.support.database import REPOSITORY

LIST = re.compile(r"`txlink --help` lists the commands: (.*?)\.\n", re.DOTALL)


def test_the_readme_lists_the_commands_that_there_are() -> None:
    (listed,) = LIST.findall((REPOSITORY / "README.md").read_text())
    parser = build_parser()

    (commands,) = (set(each.choices) for each in parser._actions if isinstance(each.choices, dict))

    assert set(re.findall(r"`([a-z-]+)`", listed)) == commands
