"""Whatever is asked, the services answer as their OpenAPI documents say, and never with a fault.

Schemathesis makes the requests of the document, right and wrong ones: its examples and some that
are drawn by lot, and for `make fuzz` every bound of every parameter.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pydantic import SecretStr

from services.api.main import describe_api
from services.redirector.documentation import describe_short_links
from services.redirector.settings import RedirectorSettings
from shared.schema.grants import Service
from tests.support.api import running_api
from tests.support.api_process import api_process
from tests.support.database import REPOSITORY
from tests.support.links import seed_campaign
from tests.support.redirector import serving
from tests.support.roles import url_as
from tests.support.sealing import SECRET_KEYS

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
EXAMPLES = 6
# Every bound of every parameter is thousands of calls: for `make fuzz`.
PHASES = ("examples", "fuzzing")
ALL_PHASES = ("examples", "coverage", "fuzzing")
SEED = 20261130
LIMIT_S = 600
# They end only when their reader goes, or may no longer read.
STREAMS = "/events$"
# Old calls have the parameters of new ones, whose every bound is tried there.
CONFIG = """
[[operations]]
include-path-regex = "^/SMSApi/"
phases.coverage.enabled = false
"""
SEND = {"mobile": "919876543210", "msg": "Hi https://example.com/a", "trackLink": "true"}

Document = Mapping[str, Any]


def _phases() -> Sequence[str]:
    is_fuzzing = hypothesis.settings.get_current_profile_name() == "fuzz"
    return ALL_PHASES if is_fuzzing else PHASES


def operations_of(document: Document) -> list[str]:
    return [
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    ]


def run_schemathesis(document: Document, url: str, given: Mapping[str, Any], folder: Path) -> str:
    """Call a service by its document, and return what schemathesis printed if it found a fault."""
    for name, text in (
        ("openapi.json", json.dumps(document)),
        ("calls.json", json.dumps(given)),
        ("config.toml", CONFIG),
    ):
        (folder / name).write_text(text)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(folder / "config.toml")),
        *("run", str(folder / "openapi.json"), "--url", url, "--checks", ",".join(CHECKS)),
        *("--phases", ",".join(_phases()), "--max-examples", str(EXAMPLES)),
        *("--seed", str(SEED), "--exclude-path-regex", STREAMS, "--suppress-health-check", "all"),
        *("--generation-database", "none", "--warnings", "off", "--continue-on-failure"),
        *("--max-redirects", "1", "--request-timeout", "60"),
    ]
    environment = {
        **os.environ,  # noqa: TID251 - the child inherits ours
        "DOCUMENTED_CALLS": str(folder / "calls.json"),
        "SCHEMATHESIS_HOOKS": "tests.support.documented_calls",
        "PYTHONPATH": str(REPOSITORY),
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""


async def test_the_api_answers_as_it_is_documented(database_url: str, tmp_path: Path) -> None:
    document = describe_api()
    given = {}
    # An account for each operation: it may lock itself out, or end its own key.
    async with running_api(database_url) as api:
        for number, operation in enumerate(operations_of(document)):
            headers = await api.account(f"account {number}", "ACMEIN")
            sent = await api.client.post("/send", json=SEND, headers=headers)
            things = {"campaign_uuid": sent.json()["uuid"], "msisdn": SEND["mobile"]}
            given[operation] = {"headers": headers, "things": things}

    with api_process("python", database_url, tmp_path / "log") as client:
        found = run_schemathesis(document, str(client.base_url), given, tmp_path)

    if found:
        pytest.fail(found, pytrace=False)


async def test_the_redirector_answers_as_it_is_documented(
    database_url: str, tmp_path: Path
) -> None:
    campaign = await seed_campaign(database_url)
    document = describe_short_links()
    things = {"token": campaign.tokens[0], "header": "ACMEIN"}
    given = {operation: {"headers": {}, "things": things} for operation in operations_of(document)}
    settings = RedirectorSettings(
        database_url=SecretStr(url_as(Service.REDIRECTOR, database_url)),
        secret_keys=SECRET_KEYS,
        data_dir=tmp_path,
    )

    async with serving(settings) as client:
        found = await asyncio.to_thread(
            run_schemathesis, document, str(client.base_url), given, tmp_path
        )
        opened = await client.get(f"/{campaign.tokens[0]}")

    assert opened.status_code == 302
    if found:
        pytest.fail(found, pytrace=False)
