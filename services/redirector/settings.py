"""What the redirector and its recorder are told by their environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class _HostSettings(BaseSettings):
    """What both processes must agree on, since they meet at the journal folder."""

    model_config = SettingsConfigDict(
        env_prefix="TXLINK_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    database_url: SecretStr = Field(
        validation_alias="DATABASE_URL", description="postgresql://user:password@host:port/name"
    )
    data_dir: Path = Field(
        default=Path(".data"), description="Folder of the journals; must outlive the process"
    )

    @property
    def journal_folder(self) -> Path:
        """Return the folder in which the journals lie."""
        return self.data_dir / "journal"


class RedirectorSettings(_HostSettings):
    """Settings of one redirector process, read once at its start."""

    redirector_host: str = Field(
        default="127.0.0.1", description="Address that the redirector listens on"
    )
    redirector_port: int = Field(default=8001, ge=0, le=65535, description="Its port")
    redirector_workers: int = Field(
        default=1, ge=1, le=64, description="Its processes, each with a journal of its own"
    )
    short_domain: str = Field(
        default="tx1.in",
        pattern=r"^[a-z0-9.-]+\.[a-z]{2,}(:\d+)?$",
        description="Domain of the short links, without scheme",
    )

    @property
    def snapshot_path(self) -> Path:
        """Return the file from which links are answered if Postgres is away at the start."""
        return self.data_dir / "journal" / "links.snapshot"


class RecorderSettings(_HostSettings):
    """Settings of one recorder process, read once at its start."""

    geoip_city_db: Path | None = Field(
        default=None,
        validation_alias="GEOIP_CITY_DB",
        description="MMDB file that knows cities; without it hits have no region",
    )
