"""``txlink``: run everything locally, show what it does, administer accounts."""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from services.api.domain.link_shape import LinkShape
from services.api.operations.change_links import QUERY_MODES, LinkChanges, change_links
from services.api.operations.change_sending import (
    SenderIdChanges,
    SendingChanges,
    change_sender_id,
    change_sending,
)
from services.api.operations.create_account import create_account
from services.api.operations.show_account import show_account
from services.cli.access import add_access_commands, show_key
from services.cli.click_records import inspect_journal, show_reconciliation
from services.cli.console import add_console_commands
from services.cli.credit import add_credit_commands
from services.cli.demo import demo
from services.cli.destinations import add_destination_commands
from services.cli.geo import fetch_city_database
from services.cli.local_stack import run
from services.cli.on_database import Add, Command, on_database, url_of
from services.cli.operator import operator
from services.cli.opt_outs import add_opt_out_commands
from services.cli.preparing import prepare
from services.cli.privacy import add_privacy_commands
from services.cli.reclassifying import SUMMARY as RECLASSIFY_SUMMARY
from services.cli.reclassifying import add_reclassify_arguments, reclassify
from services.cli.rolling_up import SUMMARY as ROLLUP_SUMMARY
from services.cli.rolling_up import add_rollup_arguments, roll_up
from services.cli.sandbox_phone import show_sandbox
from services.cli.secrets_at_rest import add_secret_commands
from services.cli.settings import CliSettings
from services.cli.showing import add_showing_commands, print_account, print_links
from services.cli.storage.roles import RolesRefusedError, ServiceRoles
from services.cli.telling import ended_by_its_reader
from services.cli.users import add_rule_arguments, add_user_commands, change_rules
from services.supervisor import SupervisorError
from shared.domain.address_policies import AddressPolicy
from shared.domain.errors import DomainError
from shared.domain.sealing import Sealer, SealError
from shared.embedded_postgres import EmbeddedPostgresError
from shared.settings import SettingsError, exit_refused
from shared.storage.engine import is_outage

# Each with what describes it. Named, not imported: to import all of a service takes seconds.
DESCRIBED = {
    "api": ("services.api.main", "describe_api"),
    "redirector": ("services.redirector.documentation", "describe_short_links"),
}
# What a shell says of a program that Ctrl-C ended.
INTERRUPTED = 130

SWITCHES = {
    "smart-encoding": "replace typographic characters where that saves UCS-2",
    "landlines": "send to numbers that are surely landlines, too",
    "short-codes": "send to short codes of the account's region, too",
}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name.

    A refusal ends with status 1 and its reason; wrong arguments or settings with status 2.
    """
    with ended_by_its_reader():
        _run_command(argv)


def _run_command(argv: Sequence[str] | None) -> None:
    arguments = build_parser().parse_args(argv)
    command: Command = arguments.command
    try:
        command(arguments, CliSettings.from_env(os.environ))
    except SettingsError as error:
        exit_refused(error)
    except (
        DomainError,
        EmbeddedPostgresError,
        RolesRefusedError,
        SealError,
        SupervisorError,
    ) as error:
        sys.exit(f"txlink: {error}")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        # Whoever read what this prints may have gone, which is no outage of Postgres.
        if isinstance(error, BrokenPipeError) or not is_outage(error):
            raise
        sys.exit(f"txlink: Postgres cannot be reached ({type(error).__name__}): see DATABASE_URL")


def build_parser() -> argparse.ArgumentParser:
    """Return what reads the arguments, with all commands."""
    parser = argparse.ArgumentParser(prog="txlink", description=__doc__.replace("`", ""))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add = partial(_add, commands)
    local = add("run", _run, "Start everything on an embedded Postgres; Ctrl-C stops it")
    _add_data_dir(local)
    local.add_argument("--api-port", type=int, default=8000, help="(8000)")
    local.add_argument("--redirector-port", type=int, default=8001, help="(8001)")
    _add_data_dir(add("demo", _demo, "Send, deliver, click and report, from nothing"))
    _add_data_dir(add("geo", _geo, "Fetch a free city database, so that clicks get regions"))
    migrating = add(
        "migrate", _migrate, "Bring DATABASE_URL's database to the newest schema, and roles to it"
    )
    migrating.add_argument(
        "--role-prefix", default="txlink", help="of the services' roles (txlink)"
    )
    migrating.add_argument("--no-roles", action="store_true", help="leave roles and grants alone")

    described = add("openapi", _openapi, "Print what a service answers, as an OpenAPI document")
    described.add_argument("service", choices=sorted(DESCRIBED))
    _add_account_commands(add)
    add_access_commands(add, _add_data_dir)
    add_credit_commands(add, _add_data_dir)
    add_opt_out_commands(add, _add_data_dir)
    add_showing_commands(add, _add_data_dir)
    add_privacy_commands(add, _add_data_dir)
    add_user_commands(add, _add_data_dir)
    add_console_commands(add, _add_data_dir)
    _add_link_commands(add)
    destinations = commands.add_parser("destinations", help="Where links may lead")
    add_destination_commands(
        partial(_add, destinations.add_subparsers(required=True, metavar="COMMAND")),
        _add_data_dir,
    )
    clicks = commands.add_parser("clicks", help="What is stored of those who followed links")
    add_clicks = partial(_add, clicks.add_subparsers(required=True, metavar="COMMAND"))
    _add_data_dir(
        add_reclassify_arguments(add_clicks("reclassify", _reclassify, RECLASSIFY_SUMMARY))
    )
    _add_data_dir(add_rollup_arguments(add_clicks("rollup", _roll_up, ROLLUP_SUMMARY)))
    kept = commands.add_parser("secrets", help="What secrets in the database are sealed with")
    add_secret_commands(
        partial(_add, kept.add_subparsers(required=True, metavar="COMMAND")), _add_data_dir
    )
    sandbox = add("sandbox", _sandbox, "Show what the sandbox carrier delivered, newest first")
    sandbox.add_argument("--url", default="http://127.0.0.1:8000", help="of the API")
    sandbox.add_argument("--limit", type=int, default=10)
    _add_data_dir(sandbox)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Command,
    summary: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.set_defaults(command=command)
    return parser


def _add_account_commands(add: Add) -> None:
    account = add("account-create", _create_account, "Make an account and its first API key")
    account.add_argument("name")
    account.add_argument(
        "--sender-id", action="append", default=[], help="may be repeated; the first is default"
    )
    account.add_argument("--region", default="IN", help="of numbers without country code (IN)")
    account.add_argument("--time-zone", default="Asia/Kolkata", help="of reports (Asia/Kolkata)")
    _add_data_dir(account)

    sending = add("account-set", _change_account, "Change how an account sends, keeps and is used")
    sending.add_argument("account")
    sending.add_argument("--link-shape", type=LinkShape, choices=list(LinkShape))
    for name, meaning in SWITCHES.items():
        sending.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, help=meaning)
    sending.add_argument("--segment-price", help="such as 0.25; costs are shown from then on")
    sending.add_argument("--currency", help="three letters (INR)")
    sending.add_argument(
        "--gone-url", help="where links lead that are paused or have expired; none shows a page"
    )
    sending.add_argument(
        "--clicks-kept-months",
        metavar="N",
        help="keep visits for their month and N more, then their counts alone (none: for ever)",
    )
    sending.add_argument(
        "--addresses-kept-days",
        metavar="N",
        help="truncate visitors' addresses after N days; 0 is within the hour (none: never)",
    )
    for kind in ("calls", "sends"):
        sending.add_argument(
            f"--{kind}-per-minute",
            metavar="N",
            help=f"{kind} a minute (0: any number; default: as the API's settings say)",
        )
    sending.add_argument(
        "--prepaid",
        action=argparse.BooleanOptionalAction,
        help="charge sends to a balance (credit-add); --no-prepaid gives up what is left of it",
    )
    sending.add_argument(
        "--daily-cap", metavar="N", help="most segments of one day of its time zone (none: any)"
    )
    sending.add_argument(
        "--addresses",
        type=AddressPolicy,
        choices=list(AddressPolicy),
        help="how much of visitors' addresses is stored (full)",
    )
    sending.add_argument(
        "--texts-kept-days",
        metavar="N",
        help="let go of texts after N days, 1 at least (none: never)",
    )
    add_rule_arguments(sending)
    _add_data_dir(sending)

    sender_id = add("sender-id-set", _change_sender_id, "Register a sender ID, or change it")
    sender_id.add_argument("account")
    sender_id.add_argument("sender_id")
    sender_id.add_argument("--link-shape", type=LinkShape, choices=list(LinkShape))
    sender_id.add_argument(
        "--link-domain", action="append", help="registered with it (DLT); may be repeated"
    )
    sender_id.add_argument("--dlt-entity-id")
    _add_data_dir(sender_id)


def _add_link_commands(add: Add) -> None:
    links = add("links-set", _change_links, "Pause a campaign's links, let them end, or resume")
    links.add_argument("campaign", help="its uuid")
    links.add_argument(
        "--paused", action=argparse.BooleanOptionalAction, help="answer 410 until resumed"
    )
    links.add_argument(
        "--expires-at", help="answer 410 from then on: a time with its offset, or never"
    )
    links.add_argument(
        "--query-mode",
        choices=QUERY_MODES,
        help="drop the visitor's query, add what the destination has not, or let it replace",
    )
    _add_data_dir(links)

    journal = add("journal", _inspect_journal, "Show the records of a redirector's journal")
    journal.add_argument("action", choices=["inspect"])
    journal.add_argument("file", type=Path, help="such as .data/journal/….journal")
    journal.add_argument("--limit", type=int, help="most records to show (all)")
    _add_data_dir(
        add(
            "reconcile", _reconcile, "Prove that journals, hits and counts agree, or say where not"
        )
    )


def _add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir", type=Path, default=Path(".data"), help="database, journals, demo key (.data)"
    )


def _run(arguments: argparse.Namespace, settings: CliSettings) -> None:
    run(
        arguments.data_dir,
        _revealed(settings.database_url),
        _revealed(settings.secret_keys),
        settings.role_passwords(),
        api_port=arguments.api_port,
        redirector_port=arguments.redirector_port,
    )


def _demo(arguments: argparse.Namespace, settings: CliSettings) -> None:
    demo(arguments.data_dir, api_key=_revealed(settings.api_key))


def _geo(arguments: argparse.Namespace, settings: CliSettings) -> None:
    del settings
    fetch_city_database(arguments.data_dir)


def _migrate(arguments: argparse.Namespace, settings: CliSettings) -> None:
    roles = ServiceRoles(arguments.role_prefix, settings.role_passwords())
    keys = _revealed(settings.secret_keys)
    prepare(
        settings.needed_database_url(),
        None if arguments.no_roles else roles,
        Sealer.of_setting(keys) if keys else None,
    )


def _create_account(arguments: argparse.Namespace, settings: CliSettings) -> None:
    create = partial(
        create_account,
        name=arguments.name,
        sender_ids=arguments.sender_id,
        region=arguments.region,
        time_zone=arguments.time_zone,
        author=operator(),
    )
    show_key(on_database(url_of(arguments, settings), create).key.text)


def _change_account(arguments: argparse.Namespace, settings: CliSettings) -> None:
    changes = SendingChanges(
        link_shape=arguments.link_shape,
        smart_encoding=arguments.smart_encoding,
        accepts_landlines=arguments.landlines,
        accepts_short_codes=arguments.short_codes,
        segment_price=arguments.segment_price,
        currency=arguments.currency,
        gone_url=arguments.gone_url,
        clicks_kept_months=arguments.clicks_kept_months,
        addresses_kept_days=arguments.addresses_kept_days,
        calls_per_minute=arguments.calls_per_minute,
        sends_per_minute=arguments.sends_per_minute,
        is_prepaid=arguments.prepaid,
        daily_cap=arguments.daily_cap,
        addresses=arguments.addresses,
        texts_kept_days=arguments.texts_kept_days,
    )
    has_changed_rules = change_rules(arguments, settings)
    url = url_of(arguments, settings)
    if not has_changed_rules or changes != SendingChanges():
        change = partial(
            change_sending, account_name=arguments.account, changes=changes, author=operator()
        )
        on_database(url, change)
    _print_account(url, arguments.account)


def _change_sender_id(arguments: argparse.Namespace, settings: CliSettings) -> None:
    changes = SenderIdChanges(
        link_shape=arguments.link_shape,
        link_domains=arguments.link_domain,
        dlt_entity_id=arguments.dlt_entity_id,
    )
    change = partial(
        change_sender_id,
        account_name=arguments.account,
        header=arguments.sender_id,
        changes=changes,
        author=operator(),
    )
    url = url_of(arguments, settings)
    on_database(url, change)
    _print_account(url, arguments.account)


def _change_links(arguments: argparse.Namespace, settings: CliSettings) -> None:
    changes = LinkChanges(
        is_paused=arguments.paused,
        expires_at=arguments.expires_at,
        query_mode=arguments.query_mode,
    )
    change = partial(
        change_links, campaign_uuid=arguments.campaign, changes=changes, author=operator()
    )
    print_links(on_database(url_of(arguments, settings), change))


def _inspect_journal(arguments: argparse.Namespace, settings: CliSettings) -> None:
    del settings
    inspect_journal(arguments.file, limit=arguments.limit)


def _reconcile(arguments: argparse.Namespace, settings: CliSettings) -> None:
    show_reconciliation(url_of(arguments, settings), arguments.data_dir)


def _sandbox(arguments: argparse.Namespace, settings: CliSettings) -> None:
    show_sandbox(
        arguments.data_dir,
        arguments.url,
        api_key=_revealed(settings.api_key),
        limit=arguments.limit,
    )


def _reclassify(arguments: argparse.Namespace, settings: CliSettings) -> None:
    reclassify(arguments, url_of(arguments, settings))


def _roll_up(arguments: argparse.Namespace, settings: CliSettings) -> None:
    roll_up(arguments, url_of(arguments, settings))


def _openapi(arguments: argparse.Namespace, _settings: CliSettings) -> None:
    module, describe = DESCRIBED[arguments.service]
    document = getattr(importlib.import_module(module), describe)()
    print(json.dumps(document, ensure_ascii=False, indent=2))


def _print_account(url: str, name: str) -> None:
    print_account(on_database(url, partial(show_account, account_name=name)))


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
