"""What the worker is told by its environment."""

from pathlib import Path

from pydantic import Field

from shared.settings import ReachSettings, SealingSettings


class WorkerSettings(ReachSettings, SealingSettings):
    """Settings of one worker process, read once at its start."""

    worker_concurrency: int = Field(
        default=8, ge=2, le=64, description="bulk jobs that one worker has under way, 2 to 64"
    )
    worker_express_concurrency: int = Field(
        default=4, ge=2, le=64, description="jobs of urgent messages under way besides, 2 to 64"
    )
    worker_report_concurrency: int = Field(
        default=4, ge=2, le=64, description="jobs of delivery reports under way besides, 2 to 64"
    )
    worker_webhook_concurrency: int = Field(
        default=16, ge=2, le=128, description="webhooks called at a time besides, 2 to 128"
    )
    worker_heartbeat_timeout_s: float = Field(
        default=8,
        ge=1,
        description="seconds without a sign of life after which a job is given to another worker",
    )
    worker_drain_timeout_s: float = Field(
        default=20, ge=0, description="seconds that SIGTERM leaves for windows under way"
    )
    worker_heartbeat_file: Path | None = Field(
        default=None, description="file kept young while the worker makes progress"
    )
    carrier_timeout_s: float = Field(
        default=30, ge=1, le=600, description="seconds that a carrier has to answer a window"
    )
    message_validity_s: float = Field(
        default=43_200,
        ge=1,
        le=604_800,
        description="seconds from its first attempt for which a message is tried, up to a week",
    )
    sandbox_submit_delay_s: float = Field(
        default=0.02, ge=0, description="seconds the sandbox takes to answer a window of messages"
    )
    sandbox_delivery_delay_s: float = Field(
        default=2, ge=0, description="mean seconds until the sandbox sends a delivery receipt"
    )

    @property
    def job_count(self) -> int:
        """How many jobs that hold a connection to Postgres may be under way in all."""
        return (
            self.worker_concurrency
            + self.worker_express_concurrency
            + self.worker_report_concurrency
        )
