"""Every statement of a report that is about rows of an account names the account."""

from collections.abc import Iterator
from types import ModuleType

import pytest
from sqlalchemy import TextClause

from services.api.storage import breakdowns, reports

# The keys of the token lengths belong to no account.
OF_NO_ACCOUNT = {"TOKEN_KEYS"}


def statements(module: ModuleType) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if isinstance(value, TextClause) and name not in OF_NO_ACCOUNT:
            yield name, value.text
        elif isinstance(value, dict) and name.isupper():
            for key, statement in value.items():
                yield f"{name}[{key}]", statement.text


STATEMENTS = dict((*statements(reports), *statements(breakdowns)))


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_names_the_account(name: str) -> None:
    assert "account_id = :account_id" in STATEMENTS[name]


def test_the_statements_are_found() -> None:
    assert len(STATEMENTS) >= 12
