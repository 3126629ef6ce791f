"""The checks of ``make check`` find what they are there for."""

from pathlib import Path

import pytest

from shared.domain.api_keys import make_key
from tests.security.advisories import Audit, read_audit, verdict
from tests.security.secret_scan import find_secrets

SAFE = {"name": "fastapi", "version": "1.0", "vulns": []}
VULNERABLE = {"name": "httpx", "version": "0.1", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
UNASKED = {"name": "uvloop", "skip_reason": "not found"}


def kinds_in(folder: Path, text: str) -> set[str]:
    (folder / "settings.py").write_text(text)
    return {kind for _, kind, _ in find_secrets(["settings.py"], folder)}


def test_an_api_key_in_a_file_is_found_be_it_quoted_or_not(tmp_path: Path) -> None:
    key = make_key().text

    assert "txlink secret" in kinds_in(tmp_path, f"# curl -H 'apikey: {key}'\n")
    assert "txlink secret" in kinds_in(tmp_path, f"{key}\n")


def test_a_private_key_and_a_password_in_a_url_are_found(tmp_path: Path) -> None:
    begins = "-----BEGIN " + "RSA PRIVATE KEY-----"
    url = "postgresql://txlink" + ":hunter7Abc@db.test/txlink"

    assert kinds_in(tmp_path, f"{begins}\n") == {"Private Key"}
    assert kinds_in(tmp_path, f"url = '{url}'\n") == {"Basic Auth Credentials"}


def test_a_file_without_secrets_passes(tmp_path: Path) -> None:
    assert kinds_in(tmp_path, "name = 'txlink'\nlimit = 100\n") == set()


@pytest.mark.parametrize(
    ("dependencies", "wrong"),
    [
        pytest.param([SAFE], None, id="all looked up"),
        pytest.param([SAFE, VULNERABLE], "httpx 0.1 (PYSEC-1, PYSEC-2)", id="one vulnerable"),
        pytest.param([VULNERABLE, UNASKED], "vulnerable: httpx", id="vulnerable, one unasked"),
        pytest.param([SAFE, UNASKED], "could not be looked up", id="one unasked"),
    ],
)
def test_what_an_advisory_service_said_decides(
    dependencies: list[dict[str, object]], wrong: str | None
) -> None:
    said = verdict(read_audit(dependencies))

    assert said is None if wrong is None else wrong in (said or "")


def test_a_service_that_knows_nothing_has_looked_nothing_up() -> None:
    assert read_audit([UNASKED]) == Audit(0, ("uvloop",), ())
