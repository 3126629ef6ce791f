"""The database of a local ``txlink run``, for commands beside it."""

from pathlib import Path

from services.cli.settings import CliSettings
from shared import embedded_postgres
from shared.settings import DATABASE_URL_FORM, SettingsError

DATABASE = "txlink"


def postgres_folder(data_dir: Path) -> Path:
    """Return the data folder of the embedded server."""
    return data_dir / "postgres"


def database_url(settings: CliSettings, data_dir: Path) -> str:
    """Return the URL of the database that a command is about.

    It is that of the environment or, without one, of the embedded server that runs just now.

    Raises:
        SettingsError: There is neither.
    """
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    server = embedded_postgres.find(postgres_folder(data_dir))
    if server is None:
        complaint = (
            f"DATABASE_URL is not set; it should be {DATABASE_URL_FORM}. Without it, the Postgres "
            f"that `make run` starts is meant, and none runs in {data_dir}"
        )
        raise SettingsError([complaint])
    return server.url(DATABASE)
