"""The first user is made by a token that txlink prints, once, and by nothing else."""

import asyncio
from datetime import timedelta

import pytest

from services.api.domain.errors import InvalidValueError
from services.api.domain.roles import UserKind
from services.api.domain.set_up import SetUpClosedError, SetUpToken
from services.api.operations.set_up_owner import issue_token
from shared.clock import SystemClock
from shared.storage.engine import create_engine
from tests.support.api import Api
from tests.support.consoles import PASSWORD, visitor

OWNER = {"login": "asha", "password": PASSWORD}
CLOCK = SystemClock()


async def issue(api: Api, name: str | None = None) -> str:
    engine = create_engine(api.database_url, application="test")
    try:
        return await issue_token(engine, api.app.state.context.sealer, CLOCK, name)
    finally:
        await engine.dispose()


async def test_an_owner_is_made_and_signed_in_once(api: Api) -> None:
    await api.account("acme", "ACMEIN")
    token = await issue(api)
    async with visitor(api.app) as one:
        asked = await one.get("/sign-in")
        form = await one.get("/set-up")
        made = await one.client.post("/console/set-up", data=OWNER | {"token": f" {token} "})
        page = await one.client.get(made.headers["location"])
        closed = [
            await one.get("/set-up"),
            await one.client.post("/console/set-up", data=OWNER | {"token": token, "login": "b"}),
        ]
        later = await one.get("/sign-in")

    assert form.status_code == 200
    assert 'href="/console/set-up"' in asked.text
    assert "Nobody can sign in yet" in asked.text
    assert "/console/set-up" not in later.text
    assert made.status_code == 303
    assert "You are the owner" in page.text
    assert [answer.status_code for answer in closed] == [404, 404]
    entry = await api.database.fetchrow(
        "SELECT subject, author_name, after FROM audit_entry WHERE action = 'user.create'"
    )
    assert entry is not None
    assert (entry["subject"], entry["author_name"]) == ("asha", "asha")
    assert token not in str(dict(entry))
    with pytest.raises(SetUpClosedError):
        await issue(api)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        pytest.param({"token": ""}, "not the token", id="no token"),
        pytest.param({"token": "txs1.00000000.x"}, "not the token", id="made up"),
        pytest.param({"login": ""}, "login", id="login"),
        pytest.param({"password": "short"}, "Choose another password", id="password"),
        pytest.param({"password": "asha asha asha"}, "Choose another password", id="of the login"),
    ],
)
async def test_what_is_wrong_is_told_and_nobody_made(
    api: Api, changed: dict[str, str], told: str
) -> None:
    await api.account("acme", "ACMEIN")
    fields = OWNER | {"token": await issue(api)} | changed
    async with visitor(api.app) as one:
        answer = await one.client.post("/console/set-up", data=fields)

    assert answer.status_code == 400
    assert told in answer.text
    assert fields["password"] not in answer.text
    assert await api.count("account_user") == 0


async def test_a_token_is_good_for_a_day_and_its_own_account(api: Api) -> None:
    await api.account("acme", "ACMEIN")
    await api.account("beta", "BETAIN")
    account = await api.database.fetchval("SELECT id FROM account WHERE name = 'beta'")
    sealer = api.app.state.context.sealer
    old = SetUpToken(account, CLOCK.now() - timedelta(seconds=1)).seal(sealer)
    with pytest.raises(InvalidValueError):
        await issue(api)
    async with visitor(api.app) as one:
        late = await one.client.post("/console/set-up", data=OWNER | {"token": old})
        made = await one.client.post(
            "/console/set-up", data=OWNER | {"token": await issue(api, "beta")}
        )

    assert (late.status_code, made.status_code) == (400, 303)
    assert await api.database.fetchval("SELECT account_id FROM account_user") == account


async def test_of_many_at_once_one_is_made(api: Api) -> None:
    await api.account("acme", "ACMEIN")
    token = await issue(api)
    async with visitor(api.app) as one:
        answers = await asyncio.gather(
            *(
                one.client.post(
                    "/console/set-up", data=OWNER | {"token": token, "login": f"asha{number}"}
                )
                for number in range(4)
            )
        )

    assert sorted(answer.status_code for answer in answers) == [303, 404, 404, 404]
    assert await api.count("account_user") == 1


async def test_users_of_the_api_leave_it_open_and_those_of_the_console_close_it(api: Api) -> None:
    await api.account("acme", "ACMEIN")
    await api.user("acme", "shop", PASSWORD, "owner")
    async with visitor(api.app) as one:
        is_open = await one.get("/set-up")
        await api.user("acme", "gone", PASSWORD, "owner", UserKind.CONSOLE)
        await api.database.execute("UPDATE account_user SET is_disabled = true")
        closed = await one.get("/set-up")

    assert (is_open.status_code, closed.status_code) == (200, 404)
