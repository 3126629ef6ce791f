"""What commands do on the database that they are about."""

import argparse
import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

from services.cli.local_database import database_url
from services.cli.settings import CliSettings
from shared.storage.engine import create_engine

Result = TypeVar("Result")
Command = Callable[[argparse.Namespace, CliSettings], None]
Add = Callable[[str, Command, str], argparse.ArgumentParser]


def url_of(arguments: argparse.Namespace, settings: CliSettings) -> str:
    """Return the URL of the database, of the environment or else beside ``--data-dir``."""
    return database_url(settings, arguments.data_dir)


def on_database(url: str, work: Callable[..., Coroutine[object, object, Result]]) -> Result:
    """Do some work on an engine of its own."""

    async def do() -> Result:
        engine = create_engine(url, application="txlink-cli")
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    return asyncio.run(do())
