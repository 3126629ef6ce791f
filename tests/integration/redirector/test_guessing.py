"""Asking for links that do not exist, and for where a link leads."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from services.redirector.settings import RedirectorSettings
from shared.domain.trusted_proxies import parse_trusted_proxies
from shared.schema.grants import Service
from tests.support.links import DESTINATION, seed_campaign
from tests.support.redirector import journaled_hits, serving
from tests.support.roles import url_as
from tests.support.sealing import SECRET_KEYS

PROXIES = parse_trusted_proxies("127.0.0.1")


def settings_of(database_url: str, tmp_path: Path, **values: object) -> RedirectorSettings:
    given = {
        "database_url": SecretStr(url_as(Service.REDIRECTOR, database_url)),
        "secret_keys": SECRET_KEYS,
        "data_dir": tmp_path,
        **values,
    }
    return RedirectorSettings.model_validate(given, by_name=True, by_alias=True)


@pytest.mark.parametrize("path", ["/zzzzz{}", "/zzzzz{}."], ids=["fast lane", "slow lane"])
async def test_guesser_is_slowed_and_links_that_exist_go_on(
    database_url: str, tmp_path: Path, path: str
) -> None:
    campaign = await seed_campaign(database_url)
    settings = settings_of(database_url, tmp_path, unknown_links_per_minute=5)
    async with serving(settings) as client:
        await client.get(f"/{campaign.tokens[0]}")
        answers = [await client.get(path.format(number)) for number in range(7)]
        known = [await client.get(f"/{token}") for token in campaign.tokens]

    assert [answer.status_code for answer in answers] == [404] * 5 + [429] * 2
    assert answers[-1].headers["retry-after"] == "60"
    assert [answer.status_code for answer in known] == [302] * 3


async def test_behind_a_proxy_only_the_guesser_is_slowed(
    database_url: str, tmp_path: Path
) -> None:
    settings = settings_of(
        database_url, tmp_path, unknown_links_per_minute=1, trusted_proxies=PROXIES
    )
    async with serving(settings) as client:
        statuses = [
            (await client.get("/zzzzzz", headers={"x-forwarded-for": visitor})).status_code
            for visitor in ("192.0.2.1", "192.0.2.1", "192.0.2.2")
        ]

    assert statuses == [404, 429, 404]


async def test_staff_may_look_where_a_link_leads_and_it_counts_for_nothing(
    database_url: str, tmp_path: Path
) -> None:
    campaign = await seed_campaign(database_url, destination="https://a.example.com/?a=1&b=<2>")
    settings = settings_of(
        database_url, tmp_path, link_preview_from=parse_trusted_proxies("127.0.0.0/8")
    )
    async with serving(settings) as client:
        shown = await client.get(f"/{campaign.tokens[0]}+")
        with_header = await client.get(f"/SAMRAT/{campaign.tokens[0]}+")
        unknown = await client.get("/zzzzzz+")

    assert (shown.status_code, with_header.status_code) == (200, 200)
    assert "https://a.example.com/?a=1&amp;b=&lt;2&gt;" in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert unknown.status_code == 404
    assert journaled_hits(settings.journal_folder) == []


async def test_others_are_not_shown_where_a_link_leads(database_url: str, tmp_path: Path) -> None:
    campaign = await seed_campaign(database_url)
    async with serving(settings_of(database_url, tmp_path)) as client:
        answer = await client.get(f"/{campaign.tokens[0]}+")

    assert answer.status_code == 404
    assert DESTINATION not in answer.text
