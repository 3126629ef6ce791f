"""How every process reads its settings, and how it says that one is wrong.

An environment is shared: ``txlink run`` starts all processes in its own, and one file of
variables may serve a whole host. So each process knows the names that the others read.
"""

import difflib
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, NoReturn, Self, TypeVar, get_args

from pydantic import AfterValidator, Field, PlainValidator, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from typing_extensions import override

from shared.domain.outbound import Reach, parse_reach
from shared.domain.sealing import Sealer
from shared.domain.trusted_proxies import TrustedProxies, parse_trusted_proxies

PREFIX: Final = "TXLINK_"
KNOWN_VARIABLES: Final = frozenset(
    {
        "TXLINK_API_DATABASE_PASSWORD",
        "TXLINK_API_HOST",
        "TXLINK_API_KEY",
        "TXLINK_API_PORT",
        "TXLINK_API_PUBLISH",  # of docker-compose.yml only
        "TXLINK_BODY_TIMEOUT_S",
        "TXLINK_CALLS_PER_MINUTE_PER_ACCOUNT",
        "TXLINK_CALLS_PER_MINUTE_PER_ADDRESS",
        "TXLINK_CALLS_PER_MINUTE_PER_KEY",
        "TXLINK_CARRIER_TIMEOUT_S",
        "TXLINK_CONSOLE",
        "TXLINK_DATA_DIR",
        "TXLINK_DESTINATION_BLOCK_LISTS",
        "TXLINK_DESTINATION_REFRESH_MINUTES",
        "TXLINK_IMAGE",  # of docker-compose.yml only
        "TXLINK_LARGE_SEND_CONCURRENCY",
        "TXLINK_LINK_PREVIEW_FROM",
        "TXLINK_MAX_BODY_OCTETS",
        "TXLINK_MAX_RECIPIENTS",
        "TXLINK_MAX_STREAMS",
        "TXLINK_MAX_SPREADSHEETS",
        "TXLINK_MAX_SPREADSHEETS_PER_ACCOUNT",
        "TXLINK_MAX_STREAMS_PER_ACCOUNT",
        "TXLINK_MAX_UPLOADS_PER_ACCOUNT",
        "TXLINK_MAX_UPLOAD_OCTETS",
        "TXLINK_MAX_WAITING_LARGE_SENDS",
        "TXLINK_MAX_WAITING_UPLOADS",
        "TXLINK_MAX_WAITING_PASSWORDS",
        "TXLINK_MESSAGE_VALIDITY_S",
        "TXLINK_RECORDER_DATABASE_PASSWORD",
        "TXLINK_PRIVATE_DESTINATIONS",
        "TXLINK_PASSWORD_CONCURRENCY",
        "TXLINK_RECORDER_HEARTBEAT_FILE",
        "TXLINK_REDIRECTOR_DATABASE_PASSWORD",
        "TXLINK_REDIRECTOR_HOST",
        "TXLINK_REDIRECTOR_PORT",
        "TXLINK_REDIRECTOR_PUBLISH",  # of docker-compose.yml only
        "TXLINK_REDIRECTOR_URL",
        "TXLINK_REDIRECTOR_WORKERS",
        "TXLINK_SANDBOX_DELIVERY_DELAY_S",
        "TXLINK_SANDBOX_SUBMIT_DELAY_S",
        "TXLINK_SECRET_KEYS",
        "TXLINK_SENDS_PER_MINUTE_PER_ACCOUNT",
        "TXLINK_SENDS_PER_MINUTE_PER_ADDRESS",
        "TXLINK_SENDS_PER_MINUTE_PER_KEY",
        "TXLINK_SESSION_COOKIE_SECURE",
        "TXLINK_SESSION_IDLE_S",
        "TXLINK_SESSION_LIFE_S",
        "TXLINK_SESSION_PROOF_S",
        "TXLINK_SHORT_DOMAIN",
        "TXLINK_UNKNOWN_LINKS_PER_MINUTE",
        "TXLINK_UPLOAD_CONCURRENCY",
        "TXLINK_UPLOAD_IDLE_TIMEOUT_S",
        "TXLINK_UPLOAD_MIN_OCTETS_PER_S",
        "TXLINK_WEBHOOK_NETWORKS",
        "TXLINK_WORKER_CONCURRENCY",
        "TXLINK_WORKER_DATABASE_PASSWORD",
        "TXLINK_WORKER_DRAIN_TIMEOUT_S",
        "TXLINK_WORKER_EXPRESS_CONCURRENCY",
        "TXLINK_WORKER_HEARTBEAT_FILE",
        "TXLINK_WORKER_HEARTBEAT_TIMEOUT_S",
        "TXLINK_WORKER_REPORT_CONCURRENCY",
        "TXLINK_WORKER_WEBHOOK_CONCURRENCY",
    }
)
DATABASE_URL_FORM: Final = "postgresql://user:password@host:port/name"
REFUSED_STATUS: Final = 2
_SHORT_DOMAIN = re.compile(r"[a-z0-9.-]+\.[a-z]{2,}(:[0-9]+)?")
_DATABASE_SCHEMES = ("postgresql://", "postgres://", "postgresql+asyncpg://")


class SettingsError(ValueError):
    """Say which variables of the environment are wrong, and what would be right.

    Args:
        complaints: A sentence for each, without the value of any secret.
    """

    def __init__(self, complaints: Sequence[str]) -> None:
        head = "txlink: the environment is not right; docs/configuration.md has every variable"
        super().__init__("\n  ".join([head, *complaints]))


class EnvironmentSettings(BaseSettings):
    """Settings that are read by ``from_env`` alone: a constructor takes what it is given."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Leave out every source that would be read unasked."""
        return (init_settings,)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from an environment; an empty variable counts as unset.

        Raises:
            SettingsError: A variable is missing or has a value that is none for it, or one with
                our prefix is known to no process.
        """
        complaints = [_of_unknown(name) for name in sorted(environ) if _is_unknown(name)]
        source = EnvSettingsSource(cls)
        # Names are exact, although the source looks for them in small letters.
        source.env_vars = {
            name.lower(): value for name, value in environ.items() if value and name.isupper()
        }
        try:
            settings = cls(**source())
        except ValidationError as error:
            complaints += [_of_value(cls.variables(), detail) for detail in error.errors()]
            raise SettingsError(complaints) from error
        if complaints:
            raise SettingsError(complaints)
        return settings

    @classmethod
    def variables(cls) -> Mapping[str, FieldInfo]:
        """Return the fields by the names of their variables."""
        return {_variable(name, field): field for name, field in cls.model_fields.items()}


def _variable(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{name.upper()}"


def _is_unknown(name: str) -> bool:
    return name.upper().startswith(PREFIX) and name not in KNOWN_VARIABLES


def _of_unknown(name: str) -> str:
    # Without the prefix, or any two names would be close.
    known = [variable.removeprefix(PREFIX) for variable in KNOWN_VARIABLES]
    near = difflib.get_close_matches(name.upper().removeprefix(PREFIX), known, n=1)
    return f"{name} is no setting" + (f"; did you mean {PREFIX}{near[0]}?" if near else "")


def _of_value(variables: Mapping[str, FieldInfo], detail: ErrorDetails) -> str:
    location = str(detail["loc"][0])
    variable = location if location in variables else f"{PREFIX}{location.upper()}"
    field = variables[variable]
    if detail["type"] == "missing":
        return f"{variable} is not set; it should be {field.description}"
    given = "refused" if _holds_secret(field.annotation) else repr(detail["input"])
    cause = detail.get("ctx", {}).get("error")
    # Of pydantic's own words, what follows a comma is about parsing.
    rule = str(cause or detail["msg"].partition(",")[0].removeprefix("Input "))
    return f"{variable} is {given}; it {rule} ({field.description})"


def _holds_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_holds_secret, get_args(annotation)))


def _check_database_url(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(_DATABASE_SCHEMES):
        raise ValueError("should start with postgresql://")
    return url


def _check_short_domain(domain: str) -> str:
    if not _SHORT_DOMAIN.fullmatch(domain):
        raise ValueError("should be a domain in small letters, without scheme, such as tx1.in")
    return domain


DatabaseUrl = Annotated[SecretStr, AfterValidator(_check_database_url)]


def _read_trusted_proxies(given: object) -> TrustedProxies:
    return given if isinstance(given, TrustedProxies) else parse_trusted_proxies(str(given))


Networks = Annotated[TrustedProxies, NoDecode, PlainValidator(_read_trusted_proxies)]


class ProxiedSettings(EnvironmentSettings):
    """What whoever tells visitors' addresses must know of the proxies before it."""

    trusted_proxies: Networks = Field(
        default=TrustedProxies(),
        validation_alias="TRUSTED_PROXIES",
        description="addresses and networks of your own proxies, separated by commas",
    )


class ProcessSettings(EnvironmentSettings):
    """What every process needs."""

    database_url: DatabaseUrl = Field(
        validation_alias="DATABASE_URL", description=DATABASE_URL_FORM
    )


def _check_secret_keys(keys: SecretStr) -> SecretStr:
    Sealer.of_setting(keys.get_secret_value())
    return keys


SECRET_KEYS_FORM: Final = "keys of 32 octets in base64, separated by commas"  # noqa: S105
SecretKeys = Annotated[SecretStr, AfterValidator(_check_secret_keys)]


class SealingSettings(ProcessSettings):
    """What whoever seals secrets and whoever opens them must agree on."""

    secret_keys: SecretKeys = Field(description=SECRET_KEYS_FORM)

    def to_sealer(self) -> Sealer:
        """Return what seals and opens; to be made once, at the start of a process."""
        return Sealer.of_setting(self.secret_keys.get_secret_value())


def _read_reach(given: object) -> Reach:
    return given if isinstance(given, Reach) else parse_reach(str(given))


class ReachSettings(ProcessSettings):
    """What whoever takes in customers' URLs and whoever calls them must agree on."""

    webhook_networks: Annotated[Reach, NoDecode, PlainValidator(_read_reach)] = Field(
        default=Reach(),
        description="networks, separated by commas, that webhooks may be in besides the public",
    )


class LinkSettings(ProcessSettings):
    """What whoever writes short links and whoever answers them must agree on."""

    short_domain: Annotated[str, AfterValidator(_check_short_domain)] = Field(
        default="tx1.in", description="domain of the short links, without scheme"
    )


Settings = TypeVar("Settings", bound=EnvironmentSettings)


def settings_or_exit(kind: type[Settings], environ: Mapping[str, str]) -> Settings:
    """Read a process's settings at its start, or end it with what is wrong with them.

    Raises:
        SystemExit: They are wrong; status 2, and standard error says how.
    """
    try:
        return kind.from_env(environ)
    except SettingsError as error:
        exit_refused(error)


def exit_refused(error: SettingsError) -> NoReturn:
    """End the process with an error that an operator can mend.

    Raises:
        SystemExit: Always, with status 2.
    """
    sys.stderr.write(f"{error}\n")
    sys.exit(REFUSED_STATUS)
