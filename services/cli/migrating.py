"""Bring a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

ROOT = Path(__file__).resolve().parents[2]


def includes(revision: str, earlier: str) -> bool:
    """Tell whether a database at a revision has had another one."""
    scripts = ScriptDirectory.from_config(Config(toml_file=ROOT / "pyproject.toml"))
    return any(each.revision == earlier for each in scripts.iterate_revisions(revision, "base"))


def migrate(database_url: str) -> None:
    """Run every migration that the database lacks; runs at once wait for one another.

    Not to be called where an event loop runs: the migrations start one of their own.
    """
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["database_url"] = database_url
    command.upgrade(config, "head")
