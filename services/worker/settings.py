"""What the worker is told by its environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.settings import ReachSettings, SealingSettings

_SOURCE_STARTS = ("/", "https://", "http://")
MAX_SOURCES = 50


def split_sources(text: str) -> tuple[str, ...]:
    """Return the paths and URLs that a setting names, each once."""
    named = (entry.strip() for entry in text.split(","))
    return tuple(dict.fromkeys(entry for entry in named if entry))


def _check_sources(text: str | None) -> str | None:
    sources = split_sources(text or "")
    if len(sources) > MAX_SOURCES:
        raise ValueError(f"should name {MAX_SOURCES} lists at most")
    for source in sources:
        if not source.startswith(_SOURCE_STARTS):
            raise ValueError(
                f"should be absolute paths or https URLs, and {source[:80]!r} is neither"
            )
    return text


BlockListSources = Annotated[str | None, AfterValidator(_check_sources)]


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

    destination_block_lists: BlockListSources = Field(
        default=None,
        description="absolute paths or https URLs of lists of hosts, separated by commas",
    )
    destination_refresh_minutes: float = Field(
        default=60, ge=1, le=10_080, description="minutes from one look at these lists to the next"
    )

    @property
    def block_list_sources(self) -> tuple[str, ...]:
        """The lists of hosts to which no link may lead, each once."""
        return split_sources(self.destination_block_lists or "")

    @property
    def job_count(self) -> int:
        """How many jobs that hold a connection to Postgres may be under way in all."""
        return (
            self.worker_concurrency
            + self.worker_express_concurrency
            + self.worker_report_concurrency
        )
