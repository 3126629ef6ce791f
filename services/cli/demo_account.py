"""The account that the embedded database comes with, and its key."""

import asyncio
from pathlib import Path

from services.api.domain.access_errors import KeyExpiredError
from services.api.domain.errors import InvalidCredentialsError, InvalidValueError
from services.api.operations.authenticate import authenticate_key
from services.api.operations.create_account import create_account
from services.api.operations.manage_keys import orders_for
from shared.clock import SystemClock
from shared.domain.api_keys import KEY_SCOPES
from shared.storage.engine import create_engine

DEMO_ACCOUNT = "demo"
DEMO_SENDER_ID = "TXLINK"


def demo_key(data_dir: Path, database_url: str) -> str:
    """Return the demo account's API key; account and key are made if they are missing.

    The key's text is kept beside the local data, readable by its owner alone, since the database
    has its digest only.
    """
    path = demo_key_path(data_dir)
    if path.exists() and asyncio.run(_is_live(database_url, path.read_text().strip())):
        return path.read_text().strip()
    key = asyncio.run(_make_demo_key(database_url))
    path.touch(mode=0o600)
    path.write_text(f"{key}\n")
    return key


def demo_key_path(data_dir: Path) -> Path:
    """Return where the demo account's key is kept."""
    return data_dir / "demo-api-key"


async def _is_live(database_url: str, key: str) -> bool:
    engine = create_engine(database_url, application="txlink-cli")
    try:
        await authenticate_key(engine, key)
    except (InvalidCredentialsError, KeyExpiredError):
        return False
    finally:
        await engine.dispose()
    return True


async def _make_demo_key(database_url: str) -> str:
    engine = create_engine(database_url, application="txlink-cli")
    try:
        made = await create_account(
            engine,
            DEMO_ACCOUNT,
            sender_ids=[DEMO_SENDER_ID],
            region="IN",
            time_zone="Asia/Kolkata",
        )
    except InvalidValueError:
        orders = await orders_for(engine, SystemClock(), DEMO_ACCOUNT)
        return (await orders.add("demo", KEY_SCOPES)).text
    finally:
        await engine.dispose()
    return made.key.text
