"""How an operator comes by an account, on the embedded Postgres and on one of their own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from services.cli.addresses import free_ports
from tests.support.open_folders import open_temporary_folder
from tests.support.sealing import SEALING
from tests.support.stack import REPOSITORY, Stack, log_path, running_stack, wait_until


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with open_temporary_folder() as folder, running_stack(folder / "data") as stack:
        yield stack


def txlink(*arguments: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}  # noqa: TID251
    return subprocess.run(
        [sys.executable, "-m", "services.cli", *arguments],
        cwd=REPOSITORY,
        env=inherited | environ,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def campaigns(api_url: str, key: str) -> httpx.Response:
    return httpx.get(f"{api_url}/campaigns", headers={"apikey": key}, timeout=30)


def test_beside_a_running_stack_accounts_keys_and_users_are_made_without_a_database_url(
    stack: Stack,
) -> None:
    where = ("--data-dir", str(stack.data_dir))

    account = txlink("account-create", "Second", "--sender-id", "SECOND", *where)
    key = txlink("key-create", "Second", "another", *where)
    user = txlink("user-create", "Second", "second", *where, stdin="long enough a password\n")

    assert (account.returncode, key.returncode, user.returncode) == (0, 0, 0)
    for made in (account, key):
        answer = campaigns(str(stack.api.base_url), made.stdout.strip())
        assert answer.json()["campaigns"] == []


def test_without_a_stack_or_a_database_url_the_way_out_is_named(tmp_path: Path) -> None:
    done = txlink("account-create", "Second", "--data-dir", str(tmp_path))

    assert done.returncode == 2
    assert "DATABASE_URL is not set" in done.stderr
    assert f"that `make run` starts is meant, and none runs in {tmp_path}" in done.stderr
    assert list(tmp_path.iterdir()) == []


def account_count(database_url: str) -> int:
    async def count() -> int:
        connection = await asyncpg.connect(database_url)
        try:
            number: int = await connection.fetchval("SELECT count(*) FROM account")
            return number
        finally:
            await connection.close()

    return asyncio.run(count())


def test_a_database_of_ones_own_gets_no_account_unasked(
    database_url: str, open_folder: Path
) -> None:
    api_port, redirector_port = free_ports(2)
    data_dir = open_folder / "data"
    argv = [sys.executable, "-m", "services.cli", "run", "--data-dir", str(data_dir)]
    argv += ["--api-port", str(api_port), "--redirector-port", str(redirector_port)]
    environment = os.environ | SEALING | {"DATABASE_URL": database_url}  # noqa: TID251
    with log_path(data_dir).open("wb") as output:
        run = subprocess.Popen(argv, cwd=REPOSITORY, env=environment, stdout=output, stderr=output)
    try:
        wait_until(lambda: "is up" in log_path(data_dir).read_text(), "the stack")
        count = account_count(database_url)
        made = txlink("account-create", "Own", DATABASE_URL=database_url)
        answer = campaigns(f"http://127.0.0.1:{api_port}", made.stdout.strip())
        demo = txlink("demo", "--data-dir", str(data_dir))
    finally:
        run.terminate()
        run.wait(60)

    said = log_path(data_dir).read_text()
    assert count == 0
    assert "txk_" not in said
    assert "txlink account-create" in said
    assert sorted(path.name for path in data_dir.iterdir()) == ["journal", "run.lock"]
    assert answer.json()["campaigns"] == []
    assert (demo.returncode, "has no demo account" in demo.stderr) == (1, True)


def test_the_demo_leaves_a_database_of_ones_own_alone(
    database_url: str, open_folder: Path
) -> None:
    done = txlink("demo", "--data-dir", str(open_folder / "data"), DATABASE_URL=database_url)

    assert done.returncode == 0, done.stdout + done.stderr
    assert account_count(database_url) == 0
