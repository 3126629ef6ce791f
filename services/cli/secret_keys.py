"""The keys that secrets are sealed with: those of the environment, or of an embedded Postgres."""

import os
from contextlib import suppress
from pathlib import Path

from services.cli.settings import CliSettings
from shared.domain.sealing import SETTING, make_key
from shared.settings import SECRET_KEYS_FORM, SettingsError


def secret_keys_path(data_dir: Path) -> Path:
    """Return where the key of an embedded Postgres is kept; nobody but its owner may read it."""
    return data_dir / "secret-keys"


def secret_keys(settings: CliSettings, data_dir: Path) -> str:
    """Return the keys for the database that a command is about.

    Raises:
        SettingsError: The database is somebody's own, and the environment names no key for it.
    """
    if settings.secret_keys is not None:
        return settings.secret_keys.get_secret_value()
    if settings.database_url is not None:
        raise SettingsError([f"{SETTING} is not set; it should be {SECRET_KEYS_FORM}"])
    return kept_secret_keys(data_dir)


def kept_secret_keys(data_dir: Path) -> str:
    """Return the keys beside an embedded Postgres; the first caller makes one."""
    path = secret_keys_path(data_dir)
    # Whole or not there: a key half written would be taken for another one.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.exists():
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(f"{make_key()}\n")
        # If another caller was first, its key counts.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text().strip()
