"""What the command line is told by its environment."""

from pydantic import Field, SecretStr

from shared.settings import (
    DATABASE_URL_FORM,
    SECRET_KEYS_FORM,
    DatabaseUrl,
    EnvironmentSettings,
    SecretKeys,
    SettingsError,
)


class CliSettings(EnvironmentSettings):
    """Settings of one ``txlink`` command; which of them it needs, the command knows."""

    database_url: DatabaseUrl | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description=DATABASE_URL_FORM,
    )
    secret_keys: SecretKeys | None = Field(default=None, description=SECRET_KEYS_FORM)
    api_key: SecretStr | None = Field(
        default=None, description="API key for `txlink sandbox`; else the demo account's is taken"
    )

    def needed_database_url(self) -> str:
        """Return the database's URL.

        Raises:
            SettingsError: It is not set.
        """
        if self.database_url is None:
            raise SettingsError([f"DATABASE_URL is not set; it should be {DATABASE_URL_FORM}"])
        return self.database_url.get_secret_value()
