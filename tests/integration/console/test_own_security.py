"""People change their own password, second factor and sessions."""

from tests.support.api import Api
from tests.support.browsers import code_of, freeze
from tests.support.consoles import PASSWORD, Visitor, visitor

OTHER = "Green teapot of the moon"
Headers = dict[str, str]


async def test_a_password_is_changed_by_who_knows_it(api: Api, asha: Visitor) -> None:
    async with visitor(api.app) as other:
        await other.sign_in("asha")
        wrong = await asha.send("/security/password", {"password": OTHER, "new_password": OTHER})
        weak = await asha.send(
            "/security/password", {"password": PASSWORD, "new_password": "password1234"}
        )
        before = asha.cookie
        done = await asha.send("/security/password", {"password": PASSWORD, "new_password": OTHER})
        ended = await other.get("/security")

    assert (wrong.status_code, weak.status_code, done.status_code) == (400, 400, 303)
    assert "That is not your password" in wrong.text
    assert "Choose another password" in weak.text
    assert "password1234" not in weak.text
    assert asha.cookie != before
    assert ended.status_code == 303
    async with visitor(api.app) as other:
        assert (await other.sign_in("asha", OTHER)).status_code == 303


async def test_a_factor_is_set_up_renewed_and_removed(api: Api, asha: Visitor) -> None:
    freeze(api.app)
    refused = await asha.send("/security/second-factor", {"password": OTHER})
    begun = await asha.send("/security/second-factor", {"password": PASSWORD})
    secret = begun.text.partition("<code>")[2].partition("</code>")[0]
    wrong = await asha.send("/security/second-factor/confirm", {"code": "000000"})
    made = await asha.send("/security/second-factor/confirm", {"code": code_of(secret, steps=-1)})
    twice = await asha.send("/security/second-factor", {"password": PASSWORD})
    renewed = await asha.send("/security/second-factor/recovery-codes", {"password": PASSWORD})
    removed = await asha.send("/security/second-factor/remove", {"password": PASSWORD})
    page = await asha.get("/security?done=factor-off")

    assert refused.status_code == 400
    assert "That is not your password" in refused.text
    assert wrong.status_code == 401
    assert secret not in wrong.text
    assert "Recovery codes" in made.text
    assert twice.status_code == 409
    assert "Recovery codes" in renewed.text
    assert removed.status_code == 303
    assert "The second factor is removed" in page.text
    actions = await api.database.fetch("SELECT action FROM audit_entry ORDER BY id")
    assert [row["action"] for row in actions][-3:] == [
        "user.factor-on",
        "user.recovery-codes",
        "user.factor-off",
    ]


async def test_sessions_are_ended_one_by_one_and_nobody_elses(api: Api, asha: Visitor) -> None:
    async with visitor(api.app) as other, visitor(api.app) as reader:
        await other.sign_in("asha")
        await reader.sign_in("reader")
        ids = await api.database.fetch(
            "SELECT s.uuid, u.login FROM user_session s JOIN account_user u ON u.id = s.user_id "
            "ORDER BY s.id"
        )
        own, others, readers = (row["uuid"] for row in ids)
        alien = await asha.send(f"/security/sessions/{readers}/end")
        done = await asha.send(f"/security/sessions/{others}/end")
        states = [(await each.get("/security")).status_code for each in (other, reader)]
        last = await asha.send(f"/security/sessions/{own}/end")

    assert alien.status_code == 404
    assert (done.status_code, states) == (303, [303, 200])
    assert last.headers["location"].startswith("/console/sign-in")


async def test_who_owes_a_factor_is_led_to_set_one_up(api: Api, asha: Visitor) -> None:
    await api.database.execute("UPDATE account SET demands_second_factor = true")

    led = await asha.get("/campaigns")
    page = await asha.client.get(led.headers["location"])

    assert led.status_code == 303
    assert "Your account wants a second factor" in page.text


async def test_who_may_not_come_from_there_sees_nothing(api: Api, asha: Visitor) -> None:
    await api.database.execute("UPDATE account SET ip_allow_list = '{198.51.100.0/24}'")

    page = await asha.get("/campaigns")

    assert page.status_code == 403
    assert "acme" not in page.text
