"""Every statement of a report or a webhook that is about rows of an account names the account."""

from collections.abc import Iterator
from types import ModuleType

import pytest
from sqlalchemy import TextClause

from services.api.storage import (
    audit,
    breakdowns,
    campaign_control,
    contact_groups,
    copied_campaigns,
    credit,
    link_terms,
    reports,
    sent_messages,
    sessions,
    sign_ins,
    suppressions,
    webhooks,
)
from shared.storage import events

# The keys of the token lengths belong to no account, and failures may be of nobody's login.
OF_NO_ACCOUNT = {"TOKEN_KEYS", "NOTE_FAILURES", "FORGET_FAILURES"}
# They lock, or take, the account itself.
OF_THE_ACCOUNT = {
    "COUNT_WEBHOOKS",
    "ADD_WEBHOOK",
    "ADD_CREDIT_ENTRY",
    "ADD_ENTRY",
    "ADD_GROUP",
    "ADD_ROW",
    "ADD_SUPPRESSION",
    "ADD_SUPPRESSIONS",
}


def statements(module: ModuleType) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if isinstance(value, TextClause) and name not in OF_NO_ACCOUNT | OF_THE_ACCOUNT:
            yield name, value.text
        elif isinstance(value, dict) and name.isupper():
            for key, statement in value.items():
                yield f"{name}[{key}]", statement.text


MODULES = (
    audit,
    reports,
    breakdowns,
    campaign_control,
    copied_campaigns,
    credit,
    link_terms,
    sent_messages,
    contact_groups,
    suppressions,
    sessions,
    sign_ins,
    webhooks,
    events,
)
STATEMENTS = dict(found for module in MODULES for found in statements(module))


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_names_the_account(name: str) -> None:
    assert "account_id = :account_id" in STATEMENTS[name]


def test_the_statements_are_found() -> None:
    assert len(STATEMENTS) >= 48
