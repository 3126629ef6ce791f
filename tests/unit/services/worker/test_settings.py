"""What the worker reads of its environment."""

import pytest
from pydantic import ValidationError

from services.worker.settings import WorkerSettings

URL = "postgresql://worker:secret@localhost/txlink"


def test_only_the_database_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("TXLINK_WORKER_CONCURRENCY", "3")

    settings = WorkerSettings()

    assert settings.database_url.get_secret_value() == URL
    assert settings.worker_concurrency == 3
    assert settings.sandbox_delivery_delay_s == 2
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("TXLINK_WORKER_CONCURRENCY", "1", id="too-few-hands"),
        pytest.param("TXLINK_WORKER_EXPRESS_CONCURRENCY", "many", id="no-number"),
        pytest.param("TXLINK_WORKER_HEARTBEAT_TIMEOUT_S", "0", id="no-heartbeat"),
        pytest.param("TXLINK_SANDBOX_DELIVERY_DELAY_S", "-1", id="before-it-was-sent"),
    ],
)
def test_setting_out_of_range_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError):
        WorkerSettings()
