"""``txlink clicks reclassify``: class stored hits by the rules as they are now."""

import argparse
import asyncio
import sys
import uuid
from datetime import UTC, datetime

from services.redirector.recorder.reclassing import (
    EARLIEST,
    Progress,
    Reclassing,
    UnknownCampaignError,
)
from services.redirector.storage.connections import StoreUnavailableError, open_pool

STATEMENT_TIMEOUT_S = 60.0
SUMMARY = "Class stored hits anew, by the rules as they are now"


def add_reclassify_arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the command's arguments to its parser; return it."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--campaign", type=uuid.UUID, metavar="UUID", help="that one alone")
    which.add_argument(
        "--resume-at", type=uuid.UUID, metavar="UUID", help="go on with it, as told when stopped"
    )
    parser.add_argument(
        "--since", type=date, default=EARLIEST, metavar="DATE", help="2026-11-25 (UTC)"
    )
    parser.add_argument("--dry-run", action="store_true", help="tell what would change")
    return parser


def reclassify(arguments: argparse.Namespace, database_url: str) -> None:
    """Reclassify, and print how many hits went from which class to which.

    Raises:
        SystemExit: It could not be ended; what was done stays done.
    """
    asyncio.run(_reclassify(arguments, database_url))


async def _reclassify(arguments: argparse.Namespace, database_url: str) -> None:
    pool = await open_pool(
        database_url,
        application="txlink-cli",
        size=1,
        statement_timeout_s=STATEMENT_TIMEOUT_S,
    )
    reclassing = Reclassing(pool, since=arguments.since, is_dry_run=arguments.dry_run)
    try:
        if arguments.campaign:
            await reclassing.reclass_campaign(arguments.campaign)
        else:
            await reclassing.reclass_all(from_campaign=arguments.resume_at)
    except UnknownCampaignError as error:
        sys.exit(f"txlink: {error}")
    except StoreUnavailableError as error:
        _tell_how_to_go_on(reclassing.progress)
        sys.exit(f"txlink: no Postgres: {error}")
    except asyncio.CancelledError:  # by Ctrl-C
        _tell_how_to_go_on(reclassing.progress)
        raise
    finally:
        pool.terminate()
        if reclassing.progress.campaign:
            _print(reclassing.progress, is_dry_run=arguments.dry_run)


def _print(progress: Progress, *, is_dry_run: bool) -> None:
    changed = "would change" if is_dry_run else "changed"
    print(f"{progress.hit_count} hits looked at, {progress.changed_count} {changed}")
    for (old, new), count in sorted(progress.moves.items()):
        print(f"{old} -> {new}: {count}")


def _tell_how_to_go_on(progress: Progress) -> None:
    if progress.campaign:
        print(f"stopped; go on with --resume-at {progress.campaign}", file=sys.stderr)


def date(text: str) -> datetime:
    """Read a date, or a time; argparse tells a wrong one by the name of this."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
