"""Commands about where links may lead: of one account, or of all."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.destination_lists import parse_rules
from services.api.domain.errors import InvalidValueError
from services.api.operations.change_destinations import (
    ALLOW,
    BLOCK,
    Trial,
    orders_for,
)
from services.api.storage.destinations import Source
from services.cli.on_database import Add, on_database, url_of
from services.cli.settings import CliSettings
from services.worker.block_lists import HEADERS, MAX_OCTETS, TIMEOUT_S
from services.worker.calling import Caller
from shared.domain.destination_rules import Rule
from shared.domain.host_lists import HostList
from shared.domain.outbound import Reach

RULE = "example.com, =example.com, example.com/path or a network such as 203.0.113.0/24"
ACCOUNT = "of this account; without it, the platform's, which counts for all"
SOURCE = "a file, or an https URL: a host a line, a hosts file, or ||host^"
MOST_SHOWN = 1_000
URL_START = "https://"


def add_destination_commands(
    add: Add, add_data_dir: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add the commands to the parser."""
    shown = add("show", _show, "Show the rules, and the lists that are read from elsewhere")
    added = add("add", _add, "Add rules to a list")
    removed = add("remove", _remove, "Remove rules from a list")
    for parser in (added, removed):
        parser.add_argument("rule", nargs="+", help=RULE)
    taken = add("import", _import, "Add the hosts of a file or URL to a list, once")
    taken.add_argument("source", help=SOURCE)
    tried = add("test", _test, "Tell what would become of a link")
    tried.add_argument("url")
    for parser in (shown, added, removed, taken, tried):
        parser.add_argument("--account", help=ACCOUNT)
        add_data_dir(parser)
    for parser in (added, removed, taken):
        parser.add_argument("--list", choices=[ALLOW, BLOCK], default=BLOCK, help="(block)")


def _show(arguments: argparse.Namespace, settings: CliSettings) -> None:
    async def read(engine: AsyncEngine) -> tuple[dict[str, list[str]], list[Source]]:
        orders = await orders_for(engine, arguments.account)
        sources = [] if arguments.account else await orders.sources()
        return (await orders.read(row_limit=MOST_SHOWN)).texts, sources

    lists, sources = on_database(url_of(arguments, settings), read)
    for kind, rules in lists.items():
        for rule in rules:
            print(kind, rule, sep="  ")
        if len(rules) == MOST_SHOWN:
            told = f"There may be more on {kind}: the first {MOST_SHOWN} are shown."
            print(told, file=sys.stderr)
    for source in sources:
        print("  ".join(_described(source)))


def _described(source: Source) -> list[str]:
    """Return what is told of a list that is read from elsewhere, in the order of columns."""
    read = f"read {source.replaced_at:%Y-%m-%d %H:%M}Z" if source.replaced_at else "never read"
    failure = f"failed {source.failure_count} times: {source.failure}" if source.failure else ""
    return [BLOCK, f"{source.rule_count} rules", read, source.source, failure]


def _add(arguments: argparse.Namespace, settings: CliSettings) -> None:
    rules = parse_rules("rule", arguments.rule)
    count = _change(arguments, settings, rules, is_added=True)
    print(f"added {count} of {len(rules)}")


def _remove(arguments: argparse.Namespace, settings: CliSettings) -> None:
    rules = parse_rules("rule", arguments.rule)
    count = _change(arguments, settings, rules, is_added=False)
    print(f"removed {count} of {len(rules)}")


def _import(arguments: argparse.Namespace, settings: CliSettings) -> None:
    read = HostList()
    read.read(_lines(arguments.source))
    rules = sorted(read.take())
    if not rules:
        raise InvalidValueError("source", "must name a host: nothing was found in it")
    count = _change(arguments, settings, rules, is_added=True)
    print(f"added {count} of {len(rules)}; {read.unread_count} lines are no hosts")


def _test(arguments: argparse.Namespace, settings: CliSettings) -> None:
    async def judge(engine: AsyncEngine) -> Trial:
        return await (await orders_for(engine, arguments.account)).judge(arguments.url)

    trial = on_database(url_of(arguments, settings), judge)
    verdict = trial.verdict
    if verdict is None:
        print(f"{trial.site.host} is let through: no rule is about it")
        return
    said = "refused" if verdict.is_refusal else "let through"
    rule = verdict.rule.text if verdict.rule else "not on it"
    print(f"{trial.site.host} is {said} by {verdict.kind.value}: {rule}")


def _change(
    arguments: argparse.Namespace, settings: CliSettings, rules: Sequence[Rule], *, is_added: bool
) -> int:
    """Add rules to a list or remove them, and return how many that changed."""

    async def change(engine: AsyncEngine) -> int:
        orders = await orders_for(engine, arguments.account)
        return await (orders.add if is_added else orders.remove)(arguments.list, rules)

    return on_database(url_of(arguments, settings), change)


def _lines(source: str) -> list[str]:
    """Return the lines of a file or of what a server has.

    Raises:
        InvalidValueError: It cannot be read, or is too long.
    """
    if source.startswith(URL_START):
        body = asyncio.run(_fetch(source))
    else:
        try:
            with Path(source).open("rb") as file:
                body = file.read(MAX_OCTETS + 1)
        except OSError as error:
            raise InvalidValueError("source", f"cannot be read: {error.strerror}") from error
    if len(body) > MAX_OCTETS:
        raise InvalidValueError("source", f"must have at most {MAX_OCTETS} octets")
    return body.decode("utf-8-sig", "replace").splitlines()


async def _fetch(url: str) -> bytes:
    caller = Caller(Reach(), concurrency=1, timeout_s=TIMEOUT_S)
    try:
        fetched = await caller.get(url, HEADERS, octet_limit=MAX_OCTETS)
    finally:
        await caller.aclose()
    if fetched.cause is not None or fetched.body is None:
        raise InvalidValueError("source", f"was not read: {fetched.cause}")
    return fetched.body
