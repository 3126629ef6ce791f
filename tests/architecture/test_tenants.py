"""Every statement of a report or a webhook that is about rows of an account names the account."""

import pytest
from sqlalchemy import TextClause

from services.api.storage import reports, webhooks
from shared.storage import events

# The keys of the token lengths belong to no account.
OF_NO_ACCOUNT = {"TOKEN_KEYS"}
# They lock, or take, the account itself.
OF_THE_ACCOUNT = {"COUNT_WEBHOOKS", "ADD_WEBHOOK"}
STATEMENTS = {
    name: statement.text
    for module in (reports, webhooks, events)
    for name, statement in vars(module).items()
    if isinstance(statement, TextClause) and name not in OF_NO_ACCOUNT | OF_THE_ACCOUNT
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_names_the_account(name: str) -> None:
    assert "account_id = :account_id" in STATEMENTS[name]


def test_the_statements_are_found() -> None:
    assert len(STATEMENTS) >= 19
