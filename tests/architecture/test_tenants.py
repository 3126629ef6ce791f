"""Every statement of a report that is about rows of an account names the account."""

import pytest
from sqlalchemy import TextClause

from services.api.storage import reports

# The keys of the token lengths belong to no account.
OF_NO_ACCOUNT = {"TOKEN_KEYS"}
STATEMENTS = {
    name: statement.text
    for name, statement in vars(reports).items()
    if isinstance(statement, TextClause) and name not in OF_NO_ACCOUNT
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_names_the_account(name: str) -> None:
    assert "account_id = :account_id" in STATEMENTS[name]


def test_the_statements_are_found() -> None:
    assert len(STATEMENTS) >= 6
