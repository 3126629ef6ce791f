"""Secrets in the database are sealed: a dump of it has none of them."""

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import Iterable

import asyncpg
import pytest

from services.cli.secrets_at_rest import seal_all
from shared.domain.sealing import Sealer, key_id_of, make_key
from shared.domain.tokens import TokenCipher
from shared.schema.grants import Service
from shared.settings import SettingsError
from shared.storage.engine import create_engine
from shared.storage.sealed import seal_anew
from shared.storage.sealed_columns import (
    SEALED_COLUMNS,
    TOKEN_KEY,
    WEBHOOK_SECRET,
    SealedColumn,
    require_keys,
)
from tests.support.api import running_api
from tests.support.database import REPOSITORY
from tests.support.roles import url_as
from tests.support.sealing import SEALER, SECRET_KEYS

TABLES = """
    SELECT oid::regclass::text AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
PLAIN_WEBHOOK = """
    INSERT INTO webhook (uuid, account_id, url, kinds, secret, previous_secret, previous_until)
    SELECT gen_random_uuid(), min(id), 'https://a.example/', '{}', $1, $2, now() + '1 hour'
    FROM account
"""
MARKED = b"marked secret, 32 octets long...", b"the secret before it, of 32 ..."
OTHER = Sealer([make_key()])
BOTH_FIRST = make_key()
BOTH = Sealer([BOTH_FIRST, SECRET_KEYS.get_secret_value()])
PROCESSES = {
    "services.api": Service.API,
    "services.redirector": Service.REDIRECTOR,
    "services.worker": Service.WORKER,
}


async def tables_with(database: asyncpg.Connection, secrets: Iterable[bytes]) -> list[str]:
    """Return the tables that hold a secret, in any form that it may be written in."""
    forms = [
        form
        for secret in secrets
        for form in (secret.hex(), base64.b64encode(secret).decode(), secret.decode("latin-1"))
    ]
    return [
        table["name"]
        for table in await database.fetch(TABLES)
        if await database.fetchval(
            f"SELECT EXISTS (SELECT FROM {table['name']} AS t, unnest($1::text[]) AS form "  # noqa: S608
            "WHERE position(form IN t::text) > 0)",
            [form.replace("\0", " ") for form in forms],
        )
    ]


async def kept(database: asyncpg.Connection, column: SealedColumn) -> dict[object, bytes]:
    rows = await database.fetch(f"SELECT {column.named_by}, {column.column} FROM {column.table}")  # noqa: S608
    return {name: value for name, value in rows if value is not None}


async def test_no_table_has_a_secret_once_all_are_sealed(database_url: str) -> None:
    async with running_api(database_url) as api:
        headers = await api.account("acme", "TXLINK")
        url = "https://hooks.example.com/"
        made = await api.client.post("/webhooks", headers=headers, json={"url": url})
        ours = base64.b64decode(made.json()["secret"].removeprefix("whsec_"))
        await api.database.execute(PLAIN_WEBHOOK, *MARKED)
        keys = await kept(api.database, TOKEN_KEY)
        secrets = [ours, *MARKED, *keys.values()]
        assert await tables_with(api.database, [ours]) == []
        assert set(await tables_with(api.database, secrets)) == {"token_domain", "webhook"}

        counts = await asyncio.to_thread(seal_all, database_url, SEALER)

        assert list(counts.values()) == [3, 1, 1, 0]
        assert await tables_with(api.database, secrets) == []
        opened = await kept(api.database, TOKEN_KEY)
        assert {n: SEALER.open(v, TOKEN_KEY.context(n)) for n, v in opened.items()} == keys
        # What is sealed makes the links that it made before.
        query = {"mobile": "919876543210", "msg": "see https://a.example/b", "trackLink": "true"}
        sent = await api.client.get("/send", headers=headers, params=query)
        campaign = await api.client.get(
            f"/campaigns/{sent.json()['uuid']}/recipients", headers=headers
        )
    [recipient] = campaign.json()["recipients"]
    assert recipient["link"].endswith(TokenCipher(keys[6], 6).mint(0))


async def test_keys_are_rotated_batch_by_batch_and_from_where_it_was_broken_off(
    database_url: str,
) -> None:
    await asyncio.to_thread(seal_all, database_url, SEALER)
    engine = create_engine(database_url, application="test")
    try:
        # Broken off before it is committed.
        async with engine.connect() as connection:
            assert await seal_anew(connection, TOKEN_KEY, BOTH) == 3
    finally:
        await engine.dispose()

    first = await asyncio.to_thread(seal_all, database_url, BOTH)
    second = await asyncio.to_thread(seal_all, database_url, BOTH)

    assert (first[TOKEN_KEY], second[TOKEN_KEY]) == (3, 0)
    await require_keys(database_url, Sealer([BOTH_FIRST]), SEALED_COLUMNS)


@pytest.mark.parametrize("module", PROCESSES)
def test_a_process_with_another_key_ends_at_once_and_names_the_setting(
    database_url: str, module: str
) -> None:
    seal_all(database_url, SEALER)
    key = make_key()
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=REPOSITORY,
        env={
            **os.environ,  # noqa: TID251 - handed on, not read
            "DATABASE_URL": url_as(PROCESSES[module], database_url),
            "TXLINK_SECRET_KEYS": key,
            "TXLINK_API_PORT": "0",
            "TXLINK_REDIRECTOR_PORT": "0",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2, done.stderr
    assert "TXLINK_SECRET_KEYS has keys" in done.stderr
    assert SEALER.key_ids[0] in done.stderr
    assert key not in done.stderr
    assert "Traceback" not in done.stderr


async def test_without_postgres_no_key_is_wrong_yet() -> None:
    await require_keys("postgresql://nobody@127.0.0.1:1/none", OTHER, SEALED_COLUMNS)


async def test_the_command_tells_which_keys_are_in_use_and_rotates(database_url: str) -> None:
    keys = make_key(), SECRET_KEYS.get_secret_value()

    def txlink(command: str, *settings: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "services.cli", "secrets", command],
            cwd=REPOSITORY,
            env={
                **os.environ,  # noqa: TID251 - handed on, not read
                "DATABASE_URL": database_url,
                "TXLINK_SECRET_KEYS": ",".join(settings),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done.stdout

    plain = await asyncio.to_thread(txlink, "check", keys[1])
    await asyncio.to_thread(txlink, "rotate", keys[1])
    older = await asyncio.to_thread(txlink, "check", *keys)
    rotated = await asyncio.to_thread(txlink, "rotate", *keys)
    lost = await asyncio.to_thread(txlink, "check", keys[1], status=1)

    assert plain == "token_domain.key: 3 plain: run `txlink secrets rotate`\n"
    assert f"3 under {SEALER.key_ids[0]}, an older key" in older
    new = Sealer(keys).key_ids[0]
    assert f"token_domain.key: 3 sealed under {new}\n" in rotated
    assert f"3 under {new}, which TXLINK_SECRET_KEYS does not have" in lost
    assert not any(key in plain + older + rotated + lost for key in keys)


async def test_a_secret_moved_to_another_row_signs_nothing(database_url: str) -> None:
    async with running_api(database_url) as api:
        headers = await api.account("acme", "TXLINK")
        for name in "ab":
            url = f"https://{name}.example.com/"
            await api.client.post("/webhooks", headers=headers, json={"url": url})
        (one, first), (_, second) = (await kept(api.database, WEBHOOK_SECRET)).items()

    assert key_id_of(first) == key_id_of(second) == SEALER.key_ids[0]
    with pytest.raises(Exception, match="sealed for another place"):
        SEALER.open(second, WEBHOOK_SECRET.context(one))


async def test_a_key_that_is_not_there_is_told_by_its_id(database_url: str) -> None:
    await asyncio.to_thread(seal_all, database_url, SEALER)

    with pytest.raises(SettingsError, match=SEALER.key_ids[0]):
        await require_keys(database_url, OTHER, SEALED_COLUMNS)
