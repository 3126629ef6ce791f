"""Every column that could hold a number, a text, an address or an agent is accounted for."""

import asyncpg

from services.api.schemas.number_exports import ExportedNumber
from shared.schema.personal_data import NOT_PERSONAL, PERSONAL_DATA
from tests.support.whole_database import columns

KINDS = {"text", "character varying", "bigint", "jsonb", "json", "inet", "cidr", "bytea"}
MAP = "shared/schema/personal_data.py"


async def test_every_column_that_could_hold_something_of_people_is_in_the_map(
    database_url: str,
) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        found = {
            f"{table}.{name}"
            for table, name, kind in await columns(connection)
            if kind.removesuffix("[]") in KINDS
        }
    finally:
        await connection.close()
    plain = {f"{table}.{name}" for table, names in NOT_PERSONAL.items() for name in names.split()}

    missing = sorted(found - plain - set(PERSONAL_DATA))

    assert missing == [], f"say in PERSONAL_DATA or NOT_PERSONAL of {MAP} what they hold"
    assert sorted((plain | set(PERSONAL_DATA)) - found) == [], f"gone: take them out of {MAP}"
    assert plain & set(PERSONAL_DATA) == set()
    # Such as "messages as destination".
    exported = {held.export.split(" ")[0] for held in PERSONAL_DATA.values()} - {""}
    assert exported - set(ExportedNumber.model_fields) == set()
    assert all(held.what and held.erasure and held.retention for held in PERSONAL_DATA.values())
