"""docs/audit.md names every kind of action that is noted, itself or by the page that has it."""

import ast
from collections.abc import Iterator

from tests.support.database import REPOSITORY

PAGES = ("audit", "consent", "users")


def noted() -> Iterator[str]:
    for path in (REPOSITORY / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name, action = ast.unparse(node.func), node.args[0]
            if name.endswith("AuditEntry") and isinstance(action, ast.Constant):
                yield str(action.value)


def test_every_action_is_documented() -> None:
    pages = "".join((REPOSITORY / f"docs/{page}.md").read_text() for page in PAGES)

    found = set(noted())

    assert {"credit.terms", "recipient.erase", "suppression.import"} <= found
    # A row may have several of a kind, the first in full: `campaign.pause`, `resume`.
    names = {action: (f"`{action}`", f"`{action.partition('.')[2]}`") for action in found}
    assert {
        action for action, each in names.items() if not any(name in pages for name in each)
    } == set()
