"""Every command that changes something is in the audit trail, or says here why it is not."""

import argparse
import asyncio
import io
import uuid
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from services.cli import main as cli
from services.cli.operator import operator
from tests.support.database import DatabaseServer
from tests.support.terminals import Terminal

UUID = "{campaign_uuid}"
# Of each command that changes something, how it is given and what it notes.
NOTED: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "account-create": (["globex"], ("account.create", "key.create")),
    "account-set": (["{account}", "--segment-price", "0.25"], ("account.set",)),
    "sender-id-set": (["{account}", "ACMEUS"], ("sender_id.create",)),
    "user-create": (["{account}", "asha"], ("user.create",)),
    "key-create": (["{account}", "till"], ("key.create",)),
    "key-rotate": (["{prefix}"], ("key.create", "key.rotate")),
    "key-revoke": (["{prefix}"], ("key.revoke",)),
    "ip-allow": (["{account}", "--set", "192.0.2.1"], ("account.allow",)),
    "credit-add": (["{account}", "100"], ("credit.top-up",)),
    "opt-outs-import": (["{account}", "{numbers}"], ("suppression.import",)),
    "destinations": (
        ["add", "bad.example.com", "--account", "{account}"],
        ("destinations.change",),
    ),
    "user-set": (["bela", "--disable"], ("user.change",)),
    "erase": (["{account}", "919876543210", "--no-wait"], ("recipient.erase",)),
    "links-set": ([UUID, "--paused"], ("campaign.links",)),
}
# What must have been done before.
FIRST = {
    "credit-add": ["account-set", "{account}", "--prepaid"],
    "user-set": ["user-create", "{account}", "bela"],
}
READS = "it reads"
NOT_NOTED = {
    "account-show": READS,
    "audit": READS,
    "console-setup": "it prints a token; whom that makes is noted then, and a new account by "
    "account-create's operation",
    "credit-show": READS,
    "opt-outs-export": READS,
    "key-list": READS,
    "openapi": READS,
    "user-list": READS,
    "journal": READS,
    "reconcile": READS,
    "sandbox": READS,
    "run": "it starts processes; what those are asked for, they note",
    "demo": "the API notes its send, and account-create's operation its account",
    "geo": "it fetches a file that belongs to no account",
    "secrets": "it seals what is stored under another key; nothing of an account changes",
    "migrate": "it changes the schema, which Alembic keeps the version of",
    "clicks": "it works counts and classes out anew from the hits that are stored",
}
ADD_CAMPAIGN = """
    WITH made AS (
        INSERT INTO campaign (uuid, transaction_id, account_id, title, sender_id, carrier,
            body_before, body_after, destination, link_prefix, token_length, first_link,
            message_count, encoding, segment_count)
        SELECT $1, id, id, '', 'ACMEIN', 'sandbox', 'See ', '', 'https://shop.example.com/',
            'https://tx1.in/', 6, id * 10, 1, 'GSM-7', 1
        FROM account WHERE name = $2
        RETURNING id, first_link
    )
    INSERT INTO link_block (token_length, first_link, link_count, campaign_id, location)
    SELECT 6, first_link, 1, id, 'https://shop.example.com/' FROM made
"""


def commands() -> set[str]:
    """Return the names of all commands."""
    [found] = [
        action.choices
        for action in cli.build_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return set(found)


def test_every_command_is_noted_or_says_why_not() -> None:
    assert commands() - NOTED.keys() - NOT_NOTED.keys() == set()
    assert (NOTED.keys() | NOT_NOTED.keys()) - commands() == set()
    assert all(NOT_NOTED.values())


@pytest.fixture(scope="module")
def database(postgres_server: DatabaseServer) -> Iterator[str]:
    """Yield one database for all commands."""
    with postgres_server.migrated_database() as url:
        yield url


@pytest.mark.parametrize("command", NOTED)
def test_a_command_that_changes_something_is_noted_with_its_operator(
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: str,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    terminal = Terminal(database, capsys)
    account = f"acme {command}"
    key = terminal.txlink("account-create", account, "--sender-id", "ACMEIN")
    campaign = uuid.uuid4()
    asyncio.run(_add_campaign(terminal.url, campaign, account))
    arguments, actions = NOTED[command]
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("Phone\n919876543210\n")
    made = {
        "prefix": key.split("_")[1],
        "campaign_uuid": str(campaign),
        "account": account,
        "numbers": str(numbers),
    }
    monkeypatch.setattr("sys.stdin", io.StringIO("a password long enough\n" * 2))
    if command in FIRST:
        terminal.txlink(*(argument.format(**made) for argument in FIRST[command]))
    before = len(terminal.trail())

    terminal.txlink(command, *(argument.format(**made) for argument in arguments))

    entries = terminal.trail()[before:]
    assert tuple(entry["action"] for entry in entries) == actions
    assert {
        (entry["author_kind"], entry["author_name"], entry["address"]) for entry in entries
    } == {("cli", operator().name, None)}
    assert operator().name


async def _add_campaign(url: str, campaign: uuid.UUID, account: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(ADD_CAMPAIGN, campaign, account)
    finally:
        await connection.close()
