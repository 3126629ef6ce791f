"""What the redirector and its recorder are told by their environment."""

from pathlib import Path

from pydantic import Field

from shared.domain.trusted_proxies import TrustedProxies
from shared.settings import (
    LinkSettings,
    Networks,
    ProcessSettings,
    ProxiedSettings,
    SealingSettings,
)

# What a stop leaves for visitors under way; whoever stops the process waits longer.
DRAIN_S = 10


class _JournalSettings(ProcessSettings):
    """What both processes must agree on, since they meet at the journal folder."""

    data_dir: Path = Field(
        default=Path(".data"), description="folder of the journals; must outlive the process"
    )

    @property
    def journal_folder(self) -> Path:
        """Return the folder in which the journals lie."""
        return self.data_dir / "journal"


class RedirectorSettings(_JournalSettings, LinkSettings, ProxiedSettings, SealingSettings):
    """Settings of one redirector process, read once at its start."""

    redirector_host: str = Field(
        default="127.0.0.1", description="address that the redirector listens on"
    )
    redirector_port: int = Field(
        default=8001,
        ge=0,
        le=65535,
        description="port that the redirector listens on, up to 65535",
    )
    redirector_workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="server processes of the redirector, 1 to 64, each with a journal of its own",
    )

    unknown_links_per_minute: int = Field(
        default=120,
        ge=1,
        description="unknown links that one address may ask for in a minute, at least 1",
    )
    link_preview_from: Networks = Field(
        default=TrustedProxies(),
        description="addresses and networks that may look where a link leads, by a + behind it",
    )

    @property
    def snapshot_path(self) -> Path:
        """Return the file from which links are answered if Postgres is away at the start."""
        return self.data_dir / "journal" / "links.snapshot"


class RecorderSettings(_JournalSettings, ProxiedSettings):
    """Settings of one recorder process, read once at its start."""

    recorder_heartbeat_file: Path | None = Field(
        default=None, description="file kept young while the recorder makes progress"
    )
    geoip_city_db: Path | None = Field(
        default=None,
        validation_alias="GEOIP_CITY_DB",
        description="MMDB file that knows cities; without it hits have no region",
    )
    geoip_asn_db: Path | None = Field(
        default=None,
        validation_alias="GEOIP_ASN_DB",
        description="MMDB file that knows networks; without it hits have none",
    )
