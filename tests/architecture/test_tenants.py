"""All that the API's storage reads or changes of an account, it does by that account's id.

Its modules, their statements and functions are found by themselves: a new one that names no
account fails until it does, or until it is said here why not.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import FunctionType, ModuleType

from sqlalchemy import TextClause

from services.api import storage
from shared.storage import events

NO_ROWS = (
    "of no account: numbers of links, keys of tokens, levels of calls, failures to sign in, zones"
)
CREDENTIAL = "finds whose a credential is, so the account is the answer"
OF_COMMANDS = "for commands of whoever runs the installation, by a name that is one of a kind"
PROVEN_BEFORE = "of rows whose owner the same transaction has looked at and locked"
OF_ALL = "upkeep or notes of a process, for all accounts at once; nothing of a row is handed out"
NEW_ROW = "adds a row that has the account's id among its values"
PLATFORM = "the platform's own lists have no account, so both are told apart by DISTINCT FROM"
OF_CAMPAIGNS = "of campaigns that the account was found to own when it began to listen"

STATEMENTS_WITHOUT = {
    **dict.fromkeys(
        (
            *("blocks.ANY_DOMAIN", "blocks.SHORTEST_DOMAIN", "blocks.ALLOCATE_BLOCK"),
            *("account_settings.TOKEN_LENGTH", "account_settings.KNOWS_ZONE"),
            *("reports.TOKEN_KEYS", "rate_levels.TELL", "rate_levels.PURGE"),
            *("sign_ins.NOTE_FAILURES", "sign_ins.FORGET_FAILURES"),
            *("personal_texts.NEXT_CAMPAIGN_ID",),
        ),
        NO_ROWS,
    ),
    **dict.fromkeys(
        (
            *("audit.ADD_ENTRY", "contact_groups.ADD_GROUP", "credit.ADD_ROW"),
            *("credit.ADD_CREDIT_ENTRY", "suppressions.ADD_SUPPRESSION"),
            "suppressions.ADD_SUPPRESSIONS",
            *("uploads.ADD_UPLOAD", "erasures.ADD_ERASURE", "erasures.KEEP_OPT_OUT"),
        ),
        NEW_ROW,
    ),
    **dict.fromkeys(
        (
            *("uploads.BEGIN_READING", "uploads.SET_HEADER", "uploads.COUNT_ROWS"),
            *("uploads.FINISH", "uploads.FAIL", "uploads.DELETE_ROWS", "privacy.LOOK_AGAIN"),
            *("destinations.COUNT_RULES", "destinations.ADD_RULES", "destinations.REMOVE_RULES"),
        ),
        PROVEN_BEFORE,
    ),
    **dict.fromkeys(
        ("uploads.SAY_ALIVE", "uploads.DELETE_OLD_UPLOAD", "key_uses.NOTE_USES"), OF_ALL
    ),
    "destinations.TAKE_LIST": PLATFORM,
    "destinations.LIST_RULES": PLATFORM,
    "destinations.LIST_SOURCES": PLATFORM,
    "live.GET_COUNTS": OF_CAMPAIGNS,
}
FUNCTIONS_WITHOUT = {
    **dict.fromkeys(
        (
            *("blocks.find_domain", "blocks.allocate_block", "blocks.has_domains"),
            *("account_settings.find_token_length", "account_settings.knows_zone"),
            *("rate_levels.tell", "rate_levels.purge", "reports.token_keys"),
            *("sign_ins.note_failures", "sign_ins.forget_failures"),
            "personal_texts.next_campaign_id",
        ),
        NO_ROWS,
    ),
    **dict.fromkeys(("accounts.find_key", "sessions.find_session", "sign_ins.find"), CREDENTIAL),
    **dict.fromkeys(
        (
            *("accounts.find_whole_account", "accounts.find_account", "accounts.add_account"),
            *("keys.find_owner", "users.find_owner", "link_terms.find_owner"),
            *("destinations.list_sources", "accounts.list_account_names"),
        ),
        OF_COMMANDS,
    ),
    **dict.fromkeys(
        ("users.has_console_user", "users.lock_first_user"),
        "whether anybody at all can sign in, before the first user is made",
    ),
    **dict.fromkeys(
        (
            *("destinations.count_rules", "destinations.add_rules", "destinations.remove_rules"),
            *("link_terms.set_terms", "link_terms.set_destination", "blocks.add_block"),
            *("uploads.begin_reading", "uploads.set_header", "uploads.add_rows"),
            *("uploads.finish_upload", "uploads.fail_upload"),
        ),
        PROVEN_BEFORE,
    ),
    **dict.fromkeys(
        (
            *("key_uses.note_uses", "keys.list_admitting", "sessions.list_admitting_sessions"),
            *("uploads.say_alive", "uploads.delete_old_upload"),
        ),
        OF_ALL,
    ),
    "campaigns.add_campaign": NEW_ROW,
    "live.get_ends": OF_CAMPAIGNS,
    "reports.fetch": "carries out a statement of the list above",
}


def modules() -> list[ModuleType]:
    found = [
        importlib.import_module(f"{storage.__name__}.{each.name}")
        for each in pkgutil.iter_modules(storage.__path__)
    ]
    return [*found, events]


def statements() -> Iterator[tuple[str, str]]:
    for module in modules():
        for name, value in vars(module).items():
            place = f"{module.__name__.rpartition('.')[2]}.{name}"
            if isinstance(value, TextClause):
                yield place, value.text
            elif isinstance(value, dict) and name.isupper():
                for key, each in value.items():
                    if isinstance(each, TextClause):
                        yield f"{place}[{key}]", each.text


def functions() -> Iterator[tuple[str, FunctionType]]:
    for module in modules():
        for name, value in vars(module).items():
            is_own = isinstance(value, FunctionType) and value.__module__ == module.__name__
            if is_own and "connection" in inspect.signature(value).parameters and name[0] != "_":
                yield f"{module.__name__.rpartition('.')[2]}.{name}", value


STATEMENTS = dict(statements())
FUNCTIONS = dict(functions())


def test_every_statement_names_the_account_or_has_a_reason_not_to() -> None:
    naming = re.compile(r"\b(account_id|FROM account WHERE id|WHERE id) = :account_id\b")
    without = {name for name, text in STATEMENTS.items() if not naming.search(text)}

    assert without == set(STATEMENTS_WITHOUT)
    assert len(STATEMENTS) >= 140


def test_every_function_takes_the_account_or_has_a_reason_not_to() -> None:
    without = {
        name
        for name, function in FUNCTIONS.items()
        if "account_id" not in inspect.signature(function).parameters
    }

    assert without == set(FUNCTIONS_WITHOUT)
    assert len(FUNCTIONS) >= 170
