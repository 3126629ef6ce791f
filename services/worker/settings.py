"""What the worker is told by its environment."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class WorkerSettings(BaseSettings):
    """Settings of one worker process, read once at its start."""

    model_config = SettingsConfigDict(env_prefix="TXLINK_", frozen=True, extra="ignore")

    database_url: SecretStr = Field(
        validation_alias="DATABASE_URL",
        description="postgresql://user:password@host:port/name; past any transaction pooler",
    )
    worker_concurrency: int = Field(
        default=8, ge=2, le=64, description="Bulk jobs that one worker has under way"
    )
    worker_express_concurrency: int = Field(
        default=4,
        ge=2,
        le=64,
        description="Jobs of urgent messages and delivery reports that it has under way besides",
    )
    worker_heartbeat_timeout_s: float = Field(
        default=8,
        ge=1,
        description="Seconds without a sign of life after which a job is given to another worker",
    )
    worker_drain_timeout_s: float = Field(
        default=20, ge=0, description="Seconds that SIGTERM leaves for windows under way"
    )
    sandbox_submit_delay_s: float = Field(
        default=0.02, ge=0, description="Seconds the sandbox takes to answer a window of messages"
    )
    sandbox_delivery_delay_s: float = Field(
        default=2, ge=0, description="Mean seconds until the sandbox sends a delivery receipt"
    )
