"""What the command line is told by its environment."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from shared.schema.grants import Service
from shared.settings import (
    DATABASE_URL_FORM,
    SECRET_KEYS_FORM,
    DatabaseUrl,
    EnvironmentSettings,
    SecretKeys,
    SettingsError,
)

PASSWORD = re.compile(r"[A-Za-z0-9_-]{1,200}")


def _check_password(password: SecretStr) -> SecretStr:
    if not PASSWORD.fullmatch(password.get_secret_value()):
        raise ValueError("should be of letters, digits, - and _, since it goes into a URL")
    return password


RolePassword = Annotated[SecretStr, AfterValidator(_check_password)] | None


class CliSettings(EnvironmentSettings):
    """Settings of one ``txlink`` command; which of them it needs, the command knows."""

    database_url: DatabaseUrl | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description=DATABASE_URL_FORM,
    )
    api_database_password: RolePassword = Field(
        default=None, description="password of the API's role, which `migrate` sets"
    )
    redirector_database_password: RolePassword = Field(
        default=None, description="password of the redirector's role"
    )
    recorder_database_password: RolePassword = Field(
        default=None, description="password of the recorder's role"
    )
    worker_database_password: RolePassword = Field(
        default=None, description="password of the worker's role"
    )
    secret_keys: SecretKeys | None = Field(default=None, description=SECRET_KEYS_FORM)
    api_key: SecretStr | None = Field(
        default=None, description="API key for `txlink sandbox`; else the demo account's is taken"
    )

    def role_passwords(self) -> Mapping[Service, str]:
        """Return the passwords that are set, by the services whose roles they are of."""
        passwords = {
            Service.API: self.api_database_password,
            Service.REDIRECTOR: self.redirector_database_password,
            Service.RECORDER: self.recorder_database_password,
            Service.WORKER: self.worker_database_password,
        }
        return {
            service: password.get_secret_value()
            for service, password in passwords.items()
            if password is not None
        }

    def needed_database_url(self) -> str:
        """Return the database's URL.

        Raises:
            SettingsError: It is not set.
        """
        if self.database_url is None:
            raise SettingsError([f"DATABASE_URL is not set; it should be {DATABASE_URL_FORM}"])
        return self.database_url.get_secret_value()
