"""Whole reports as spreadsheets: what the CSV has, as dates and texts, and nothing left behind."""

import asyncio
import csv
import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.escape import unescape

from services.api.main import create_app
from services.api.schemas.spreadsheets import XLSX_TYPE
from services.api.settings import ApiSettings
from tests.support.api import Api, running_api
from tests.support.reports import (
    COUNT_CLICK,
    DELIVERED,
    NUMBERS,
    UNDELIVERED,
    Campaign,
    a_campaign,
    a_hit,
    settle,
)
from tests.support.sealing import SECRET_KEYS
from tests.support.sends import Headers

AT = datetime(2026, 11, 25, 10, 0, 1, 500_000, tzinfo=UTC)
ASKED: list[tuple[str, dict[str, str], int]] = [
    ("recipients", {}, 3),
    ("recipients", {"which": "not_clicked", "tz": "America/New_York"}, 1),
    ("recipients", {"which": "failed"}, 1),
    ("clicks", {}, 1),
    ("clicks", {"machines": "true", "tz": "Asia/Kathmandu"}, 2),
    ("clicks", {"mobile": str(NUMBERS[2])}, 0),
]
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where temporary files are put, and nothing else."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
async def campaign(api: Api, acme: Headers) -> Campaign:
    """Return one whose first recipient clicked, whose second did not, and whose third got none."""
    sent = await a_campaign(api, acme)
    await settle(api, sent, DELIVERED, DELIVERED, UNDELIVERED)
    await a_hit(api, sent, 0, AT)
    await a_hit(api, sent, 1, AT, click_class="scanner", reasons=["agent:empty", "time:rush"])
    await api.database.execute(COUNT_CLICK, sent.id, 0, AT)
    return sent


async def workbook(api: Api, headers: Headers, path: str, **parameters: str) -> Workbook:
    response = await api.client.get(path, params=parameters, headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == XLSX_TYPE
    assert int(response.headers["content-length"]) == len(response.content)
    return load_workbook(io.BytesIO(response.content))


def rows_of(book: Workbook) -> list[Row]:
    [sheet] = book.worksheets
    names, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


async def csv_rows(api: Api, headers: Headers, path: str, **parameters: str) -> list[Row]:
    text = (await api.client.get(path, params=parameters, headers=headers)).text
    return list(csv.DictReader(io.StringIO(text, newline="")))


def as_csv(row: Row, zone: ZoneInfo) -> Row:
    """Write a sheet's row as the CSV has it."""
    written = {}
    for name, value in row.items():
        match value:
            case None:
                text = ""
            case datetime():
                # Of a clock that is not one of those set back.
                text = value.replace(tzinfo=zone).isoformat(timespec="seconds")
            case _:
                text = f"'{value}" if str(value).startswith("+") else str(value)
        written[name.partition(" (")[0]] = text
    return written


async def test_spreadsheets_have_what_the_csv_has(
    api: Api, acme: Headers, campaign: Campaign, folder: Path
) -> None:
    stranger = await api.account("stranger")
    for name, parameters, count in ASKED:
        path = f"/campaigns/{campaign.uuid}/{name}"
        zone = parameters.get("tz", "Asia/Kolkata")

        rows = rows_of(await workbook(api, acme, f"{path}.xlsx", **parameters))
        expected = await csv_rows(api, acme, f"{path}.csv", **parameters)
        of_another = await api.client.get(f"{path}.xlsx", headers=stranger)

        assert [as_csv(row, ZoneInfo(zone)) for row in rows] == expected
        assert len(rows) == count
        assert of_another.status_code == 404
        assert of_another.json()["code"] == "not_found"
    assert names_in(folder) == []


async def test_cells_have_types_and_columns_of_times_name_their_zone(
    api: Api, acme: Headers, campaign: Campaign
) -> None:
    book = await workbook(api, acme, f"/campaigns/{campaign.uuid}/clicks.xlsx", tz="Asia/Kolkata")

    [sheet] = book.worksheets
    assert sheet.title == "clicks"
    assert (sheet["A1"].value, sheet["B1"].value) == ("occurred_at (Asia/Kolkata)", "mobile")
    assert sheet["A2"].is_date
    assert sheet["A2"].value == datetime(2026, 11, 25, 15, 30, 1)  # noqa: DTZ001 -- of a clock
    assert (sheet["B2"].data_type, sheet["B2"].value) == ("s", f"+{NUMBERS[0]}")
    assert sheet["B2"].number_format == "@"
    assert sheet["E2"].data_type == "n"


async def test_text_that_a_visitor_wrote_is_text_as_it_was_written(
    api: Api, acme: Headers, campaign: Campaign
) -> None:
    texts = {
        "=1+1": "=1+1",
        "@A1": "@A1",
        "http://a.example/": "http://a.example/",
        "12": "12",
        "<r><t>bold</t></r>": "<r><t>bold</t></r> ",
        "a\x01\uffff<&>": "a\x01\ufffd<&>",
        "_x0041_": "_x0041_",
        "x" * 40_000: "x" * 32_767,
    }
    for number, text in enumerate(texts):
        await a_hit(api, campaign, 2, AT.replace(second=10 + number))
        await api.database.execute(
            "UPDATE hit SET user_agent = $1, referrer = $1 WHERE occurred_at = $2",
            text,
            AT.replace(second=10 + number),
        )

    book = await workbook(
        api, acme, f"/campaigns/{campaign.uuid}/clicks.xlsx", mobile=str(NUMBERS[2])
    )

    cells = [unescape(row["user_agent"]) for row in reversed(rows_of(book))]
    assert cells == list(texts.values())
    [sheet] = book.worksheets
    kinds = {cell.data_type for row in sheet["R2:S9"] for cell in row}
    assert kinds == {"s"}
    assert all(cell.hyperlink is None for row in sheet["R2:S9"] for cell in row)


async def test_spreadsheet_of_many_rows_has_each_once(api: Api, acme: Headers) -> None:
    sent = await a_campaign(api, acme)
    await api.database.execute(
        "INSERT INTO message (campaign_id, position, msisdn) "
        "SELECT $1, n, 919800000000 + n FROM generate_series(3, 5344) n",
        sent.id,
    )

    rows = rows_of(await workbook(api, acme, f"/campaigns/{sent.uuid}/recipients.xlsx"))

    assert [row["position"] for row in rows] == list(range(5_345))
    assert len({row["link"] for row in rows}) == 5_345


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def file_begun(folder: Path) -> None:
    """Wait until the first rows of a spreadsheet are on disk."""
    while not any(size_of(folder / name) for name in names_in(folder)):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


class Visitor:
    """A client of the application itself, who stays, reads nothing, or leaves when told."""

    def __init__(self, app: Any, path: str, headers: Headers) -> None:  # noqa: ANN401
        self.is_answered, self.leaves, self.reads = (asyncio.Event() for _ in range(3))
        self.statuses: list[int] = []
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        self.visit = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.statuses.append(message["status"])
            self.is_answered.set()
        await self.reads.wait()


async def test_as_many_are_made_as_may_be_and_who_leaves_makes_room(
    database_url: str, folder: Path
) -> None:
    settings = ApiSettings.model_validate(
        {
            "database_url": database_url,
            "secret_keys": SECRET_KEYS,
            "max_spreadsheets": 2,
            "max_spreadsheets_per_account": 1,
        },
        by_name=True,
        by_alias=True,
    )
    async with running_api(database_url) as api:
        acme, other, third = [await api.account(name, "ACMEIN") for name in ("a", "b", "c")]
        paths = {
            headers["apikey"]: f"/campaigns/{(await a_campaign(api, headers)).uuid}/clicks.xlsx"
            for headers in (acme, other, third)
        }
    app = create_app(settings)
    async with app.router.lifespan_context(app):

        def come(headers: Headers) -> Visitor:
            visitor = Visitor(app, paths[headers["apikey"]], headers)
            visitors.append(visitor)
            return visitor

        visitors: list[Visitor] = []
        first = come(acme)
        await first.is_answered.wait()
        second = come(acme)
        await second.is_answered.wait()
        come(other)
        await visitors[-1].is_answered.wait()
        third_visit = come(third)
        await third_visit.is_answered.wait()
        first.leaves.set()
        await first.visit
        again = come(third)
        await again.is_answered.wait()
        for visitor in visitors:
            visitor.reads.set()
            visitor.leaves.set()
            await visitor.visit

    assert [visitor.statuses for visitor in visitors] == [[200], [429], [200], [503], [200]]
    assert names_in(folder) == []


async def test_who_leaves_while_it_is_made_stops_the_work(database_url: str, folder: Path) -> None:
    async with running_api(database_url) as api:
        acme = await api.account("acme", "ACMEIN")
        sent = await a_campaign(api, acme)
        await api.database.execute(
            "INSERT INTO message (campaign_id, position, msisdn) "
            "SELECT $1, n, 919800000000 + n FROM generate_series(3, 60000) n",
            sent.id,
        )
        app = api.client._transport.app  # type: ignore[attr-defined]
        visitor = Visitor(app, f"/campaigns/{sent.uuid}/recipients.xlsx", acme)
        await file_begun(folder)

        visitor.leaves.set()
        await visitor.visit

    assert visitor.statuses == []
    assert names_in(folder) == []


async def test_file_that_cannot_be_made_is_a_fault_of_ours_and_not_of_postgres(
    api: Api,
    acme: Headers,
    campaign: Campaign,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (folder / "no folder").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "no folder"))

    response = await api.client.get(f"/campaigns/{campaign.uuid}/clicks.xlsx", headers=acme)

    assert response.status_code == 500
    assert response.json()["code"] == "internal_error"
