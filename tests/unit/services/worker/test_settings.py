"""What the worker reads of its environment."""

import pytest

from services.worker.settings import WorkerSettings
from shared.settings import SettingsError
from tests.support.sealing import SEALING

URL = "postgresql://worker:secret@localhost/txlink"


def test_only_the_database_and_the_keys_of_secrets_must_be_named() -> None:
    settings = WorkerSettings.from_env(
        {"DATABASE_URL": URL, "TXLINK_WORKER_CONCURRENCY": "3", **SEALING}
    )

    assert settings.database_url.get_secret_value() == URL
    assert settings.worker_concurrency == 3
    assert settings.sandbox_delivery_delay_s == 2
    assert "secret" not in repr(settings).replace("secret_keys=SecretStr('**********')", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("TXLINK_WORKER_CONCURRENCY", "1", id="too-few-hands"),
        pytest.param("TXLINK_WORKER_EXPRESS_CONCURRENCY", "many", id="no-number"),
        pytest.param("TXLINK_WORKER_HEARTBEAT_TIMEOUT_S", "0", id="no-heartbeat"),
        pytest.param("TXLINK_WORKER_DRAIN_TIMEOUT_S", "inf", id="never-ending"),
        pytest.param("TXLINK_WORKER_REPORT_CONCURRENCY", "1", id="too-few-hands-for-reports"),
        pytest.param("TXLINK_CARRIER_TIMEOUT_S", "0", id="no-time-for-the-carrier"),
        pytest.param("TXLINK_MESSAGE_VALIDITY_S", "604801", id="beyond-a-week"),
        pytest.param("TXLINK_SANDBOX_DELIVERY_DELAY_S", "-1", id="before-it-was-sent"),
    ],
)
def test_setting_out_of_range_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is '{value}'; it should be"):
        WorkerSettings.from_env({"DATABASE_URL": URL, name: value})
