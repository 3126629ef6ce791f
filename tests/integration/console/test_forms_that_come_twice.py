"""A second press, the browser's way back and a page asked for anew make nothing twice."""

import asyncio

from tests.support.api import Api
from tests.support.browsers import code_of, freeze
from tests.support.consoles import PASSWORD, Visitor, hidden_fields

Headers = dict[str, str]
SENDING = {
    "to": "numbers",
    "mobile": "9876543210",
    "msg": "Sale: https://shop.example.com/sale",
    "trackLink": "true",
}
KEY = {"name": "shop", "scope-admin": "on"}
HOOK = {"url": "https://hooks.example/tx", "kind-click.recorded": "on"}
MADE_BEFORE = "The form came twice, and made this the first time"


async def test_a_key_is_made_once_of_a_form(api: Api, asha: Visitor) -> None:
    await api.database.execute("DELETE FROM api_key")
    form = KEY | hidden_fields(await asha.get("/settings/keys/new"), "once")

    answers = await asyncio.gather(*(asha.send("/settings/keys/new", form) for _ in range(3)))
    shown = [answer for answer in answers if answer.status_code == 200]
    led = [answer for answer in answers if answer.status_code == 303]
    page = await asha.client.get(led[0].headers["location"])

    assert (len(shown), len(led)) == (1, 2)
    assert await api.count("api_key") == 1
    assert MADE_BEFORE in page.text
    assert "/rotate" in page.text
    # Another form makes another.
    other = hidden_fields(await asha.get("/settings/keys/new"), "once")
    assert (await asha.send("/settings/keys/new", KEY | other)).status_code == 200
    assert await api.count("api_key") == 2


async def test_a_code_that_counts_once_does_not_hide_that_the_key_is_made(
    api: Api, asha: Visitor
) -> None:
    freeze(api.app)
    begun = await asha.send("/security/second-factor", {"password": PASSWORD})
    secret = begun.text.partition("<code>")[2].partition("</code>")[0]
    await asha.send("/security/second-factor/confirm", {"code": code_of(secret, steps=-1)})
    await api.database.execute("UPDATE user_session SET proved_at = now() - interval '1 hour'")
    once = hidden_fields(await asha.get("/settings/keys/new"), "once")
    proof = {"proof_password": PASSWORD, "proof_code": code_of(secret)}

    made = await asha.send("/settings/keys/new", KEY | once | proof)
    again = await asha.send("/settings/keys/new", KEY | once | proof)

    assert made.status_code == 200
    assert again.headers["location"].endswith("?done=made-before")


async def test_a_webhook_is_made_once_of_a_form(api: Api, asha: Visitor) -> None:
    form = HOOK | hidden_fields(await asha.get("/settings/webhooks/new"), "once")

    answers = [await asha.send("/settings/webhooks", form) for _ in range(2)]
    page = await asha.client.get(answers[1].headers["location"])

    assert [answer.status_code for answer in answers] == [200, 303]
    assert await api.count("webhook") == 1
    assert MADE_BEFORE in page.text


async def test_a_second_press_does_not_end_the_secret_that_is_still_to_be_good_for_a_while(
    api: Api, asha: Visitor
) -> None:
    await asha.send("/settings/webhooks", HOOK)
    uuid = await api.database.fetchval("SELECT uuid FROM webhook")
    path = f"/settings/webhooks/{uuid}"
    form = {"overlap": "24"} | hidden_fields(await asha.get(path), "once")

    answers = [await asha.send(f"{path}/secret", form) for _ in range(2)]
    kept = await api.database.fetchval("SELECT secret FROM webhook")

    assert [answer.status_code for answer in answers] == [200, 303]
    assert answers[1].headers["location"].endswith("?done=made-before")
    other = {"overlap": "24"} | hidden_fields(await asha.get(path), "once")
    assert (await asha.send(f"{path}/secret", other)).status_code == 200
    assert await api.database.fetchval("SELECT previous_secret FROM webhook") == kept
