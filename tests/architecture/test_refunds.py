"""No statement lets a message end unsent without noting what is to be given back for it."""

import re

import pytest

import services.api.storage
import services.worker.storage
import shared.storage
from tests.support.query_plans import statements

STATEMENTS = {
    name: statement.text
    for package in (services.api.storage, services.worker.storage, shared.storage)
    for name, statement in statements(package).items()
}
ENDS_UNSENT = re.compile(r"\b(failed|rejected|cancelled) = \1 \+")
ENDING = {name for name, text in STATEMENTS.items() if ENDS_UNSENT.search(text)}


@pytest.mark.parametrize("name", sorted(ENDING))
def test_statement_that_counts_unsent_messages_notes_what_is_owed(name: str) -> None:
    assert "UPDATE campaign_credit SET refundable_segments" in STATEMENTS[name]


def test_the_statements_are_found() -> None:
    assert {"SETTLE_WINDOW", "APPLY_VERDICTS", "CANCEL_MESSAGES"} <= {
        name.rpartition(".")[2] for name in ENDING
    }
