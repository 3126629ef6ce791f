"""What a statement reads, by its plans on a real database."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import asyncpg
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql import asyncpg as driver

from tests.support.large_database import LARGE_ROWS

INDEX_SCANS = {"Index Scan", "Index Only Scan", "Bitmap Index Scan"}
# A statement is planned for its values at first, and later, if that seems as good, for any.
PLAN_MODES = ("force_custom_plan", "force_generic_plan")


def statements(package: ModuleType) -> dict[str, TextClause]:
    """Return all statements that the modules of a package hold, by module and name."""
    return dict(
        found
        for module in iter_modules(package.__path__, f"{package.__name__}.")
        for found in _of_module(import_module(module.name))
    )


def _of_module(module: ModuleType) -> Iterator[tuple[str, TextClause]]:
    of_module = module.__name__.rpartition(".")[2]
    for name, value in vars(module).items():
        if isinstance(value, TextClause):
            yield f"{of_module}.{name}", value
        elif isinstance(value, dict | tuple):
            each_of = value.items() if isinstance(value, dict) else enumerate(value)
            for key, each in each_of:
                if isinstance(each, TextClause):
                    yield f"{of_module}.{name}[{key}]", each


@dataclass(frozen=True, slots=True)
class PlanReader:
    """Runs statements, undoes what they did, and tells which large tables were scanned whole."""

    database: asyncpg.Connection
    large: set[str]

    async def whole_scans(self, statement: TextClause, values: Mapping[str, object]) -> set[str]:
        """Return what a statement scans whole, under each of the ways in which it is planned."""
        return {
            f"{mode}: {node['Node Type']} of {_relation(node)}"
            for mode, node in await self._plans(statement, values)
            if self._is_whole_scan(node)
        }

    async def rows_read(self, statement: TextClause, values: Mapping[str, object]) -> int:
        """Return how many rows of large tables a statement reads, however it is planned."""
        return sum(
            _rows_read(node)
            for _, node in await self._plans(statement, values)
            if _relation(node) in self.large
        )

    async def _plans(
        self, statement: TextClause, values: Mapping[str, object]
    ) -> list[tuple[str, dict[str, Any]]]:
        compiled = statement.compile(dialect=driver.dialect())  # type: ignore[no-untyped-call]
        given = ", ".join(_literal(values[name]) for name in compiled.positiontup or ())
        call = f"EXECUTE asked({given})" if given else "EXECUTE asked"
        await self.database.execute(f"PREPARE asked AS {compiled}")
        try:
            return [(mode, node) for mode in PLAN_MODES for node in await self._nodes(call, mode)]
        finally:
            await self.database.execute("DEALLOCATE asked")

    async def _nodes(self, call: str, mode: str) -> list[dict[str, Any]]:
        undone = self.database.transaction()
        await undone.start()
        try:
            await self.database.execute(f"SET LOCAL plan_cache_mode = {mode}")
            found = await self.database.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {call}")
        finally:
            await undone.rollback()
        return list(_nodes(json.loads(found)[0]["Plan"]))

    def _is_whole_scan(self, node: dict[str, Any]) -> bool:
        # What turned out not to be needed is in the plan, and not read.
        if not node["Actual Loops"] or _relation(node) not in self.large:
            return False
        kind = node["Node Type"]
        is_unbounded = kind == "Seq Scan" or (kind in INDEX_SCANS and "Index Cond" not in node)
        # A condition that all rows fulfil bounds nothing.
        return is_unbounded or _rows_read(node) >= LARGE_ROWS


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _rows_read(node: dict[str, Any]) -> int:
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int((node["Actual Rows"] + removed) * node["Actual Loops"])


def _relation(node: dict[str, Any]) -> str:
    return str(node.get("Relation Name", ""))


def _literal(value: object) -> str:
    """Write a value so that Postgres reads it as whatever the statement takes."""
    if value is None:
        return "NULL"
    if isinstance(value, list):
        value = "{" + ",".join(f'"{item}"' for item in value) + "}"
    if isinstance(value, bytes):
        value = f"\\x{value.hex()}"
    return "'" + str(value).replace("'", "''") + "'"
