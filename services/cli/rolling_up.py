"""``txlink clicks rollup``: count anew what reports read, from the hits that are stored."""

import argparse
import asyncio
import sys
import uuid

from services.redirector.recorder.reclassing import UnknownCampaignError
from services.redirector.recorder.rolling_up import RollingUp, roll_up_all, roll_up_campaign
from services.redirector.storage.connections import StoreUnavailableError, open_pool

# The hits of a campaign of millions are counted in one statement.
STATEMENT_TIMEOUT_S = 3_600.0
SUMMARY = "Count clicks by time, place, device and so on anew from the hits"


def add_rollup_arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the command's arguments to its parser; return it."""
    parser.add_argument("--campaign", type=uuid.UUID, metavar="UUID", help="that one alone")
    return parser


def roll_up(arguments: argparse.Namespace, database_url: str) -> None:
    """Count anew, and print how much was not right.

    Raises:
        SystemExit: It could not be ended; what was done stays done.
    """
    done = asyncio.run(_roll_up(database_url, arguments.campaign))
    print(f"{done.campaign_count} campaigns counted, {done.corrected_count} counts corrected")
    if done.kept_count:
        print(f"{done.kept_count} campaigns left alone: hits of theirs may have been dropped")


async def _roll_up(database_url: str, campaign: uuid.UUID | None) -> RollingUp:
    pool = await open_pool(
        database_url, application="txlink-cli", size=1, statement_timeout_s=STATEMENT_TIMEOUT_S
    )
    try:
        return await (roll_up_campaign(pool, campaign) if campaign else roll_up_all(pool))
    except UnknownCampaignError as error:
        sys.exit(f"txlink: {error}")
    except StoreUnavailableError as error:
        sys.exit(f"txlink: no Postgres: {error}")
    finally:
        pool.terminate()
