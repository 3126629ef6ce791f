"""Texts go when their account wants it; what was counted and billed of them stays."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.retention import keep_to_limits
from shared.clock import SystemClock
from shared.schema.grants import Service
from shared.storage.engine import create_engine
from tests.support.api import Api, running_api
from tests.support.personal_sends import ready_upload
from tests.support.reports import a_campaign, a_personal_campaign, get, settle
from tests.support.roles import engine_as
from tests.support.whole_database import places_of, rows_of_all_tables

LATER = SystemClock().now() + timedelta(days=31)
MARKS = ("Secret sauce", "Zubeida")


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with running_api(database_url) as api:
        yield api


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application="test")
    yield engine
    await engine.dispose()


async def without_texts(api: Api, headers: dict[str, str], uuid: str) -> Any:  # noqa: ANN401
    report = await get(api, headers, f"/campaigns/{uuid}")
    for name in ("text", "text_let_go_at"):
        report.pop(name)
    return report


async def test_texts_past_their_days_are_gone_and_reports_say_so(
    api: Api, engine: AsyncEngine
) -> None:
    acme, beta = await api.account("acme", "ACMEIN"), await api.account("beta", "BETAIN")
    campaign = await a_campaign(api, acme, msg="Secret sauce https://shop.example/a")
    personal = await a_personal_campaign(
        api, acme, {"mobile": "919876543210", "msg": "Zubeida https://shop.example/z"}
    )
    others = await a_campaign(api, beta, msg="Kept words https://shop.example/k")
    waiting = await a_campaign(api, acme, msg="Waiting words https://shop.example/w")
    upload = await ready_upload(api, acme, "Mobile,Name\n919876543210,Zubeida\n")
    await settle(api, campaign, 3, 3, 4)
    await settle(api, personal, 3)
    await settle(api, others, 3, 3, 3)
    before = [await without_texts(api, acme, each.uuid) for each in (campaign, personal)]
    changed = await api.client.patch("/privacy", json={"texts_kept_days": 30}, headers=acme)
    assert changed.json()["texts_kept_days"] == 30

    await keep_to_limits(engine_as(Service.WORKER, engine), now=LATER - timedelta(days=2))
    assert (await get(api, acme, f"/campaigns/{campaign.uuid}"))["text_let_go_at"] is None
    await api.database.execute("DELETE FROM idempotency_key")
    await keep_to_limits(engine_as(Service.WORKER, engine), now=LATER, texts=1)

    assert places_of(await rows_of_all_tables(api.database), MARKS) == []
    for each in (campaign, personal):
        report = await get(api, acme, f"/campaigns/{each.uuid}")
        assert report["text"] == ""
        assert report["text_let_go_at"] is not None
        again = await api.client.post(f"/campaigns/{each.uuid}/duplicate", headers=acme)
        assert (again.status_code, again.json()["code"]) == (409, "text_let_go")
    assert [await without_texts(api, acme, each.uuid) for each in (campaign, personal)] == before
    # Old clients get rows as ever, with an empty text.
    old = await get(api, acme, "/SMSApi/report/status", uuid=campaign.uuid, output="json")
    assert {row["text"] for row in rows_of(old)} == {""}
    # What waits to be sent, and others' texts, stay.
    for each, headers in ((waiting, acme), (others, beta)):
        report = await get(api, headers, f"/campaigns/{each.uuid}")
        assert "words" in report["text"]
        assert report["text_let_go_at"] is None
    gone = await get(api, acme, f"/uploads/{upload}")
    assert (gone["status"], gone["error"]["code"]) == ("failed", "text_let_go")
    assert gone["rows_read"] == 1
    assert await api.count("upload_row") == 0


def rows_of(answer: Any) -> list[dict[str, str]]:  # noqa: ANN401
    response = answer["response"]
    return next(value for value in response.values() if isinstance(value, list))
