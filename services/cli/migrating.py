"""Bring a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config

ROOT = Path(__file__).resolve().parents[2]


def migrate(database_url: str) -> None:
    """Run every migration that the database lacks; runs at once wait for one another.

    Not to be called where an event loop runs: the migrations start one of their own.
    """
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["database_url"] = database_url
    command.upgrade(config, "head")
