"""What the API is told by its environment."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1 << 20


class ApiSettings(BaseSettings):
    """Settings of one API process, read once at its start."""

    model_config = SettingsConfigDict(env_prefix="TXLINK_", frozen=True, extra="ignore")

    database_url: SecretStr = Field(
        validation_alias="DATABASE_URL", description="postgresql://user:password@host:port/name"
    )
    api_host: str = Field(default="127.0.0.1", description="Address that the API listens on")
    api_port: int = Field(default=8000, ge=0, le=65535, description="Port of the API")
    short_domain: str = Field(
        default="tx1.in",
        pattern=r"^[a-z0-9.-]+\.[a-z]{2,}(:\d+)?$",
        description="Domain of the short links, without scheme",
    )
    max_body_octets: int = Field(
        default=32 * MEBIBYTE, gt=0, description="Largest request body that is read"
    )
    max_recipients: int = Field(
        default=1_000_000, gt=0, description="Most recipients of one request"
    )
