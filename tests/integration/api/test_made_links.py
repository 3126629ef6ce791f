"""Tracked texts for other vendors: made like a send's, never handed over, reported as such."""

from typing import Any

from sqlalchemy import text

from services.api.storage.sent_messages import LIST_MESSAGES
from shared.storage.engine import create_engine
from tests.support.api import Api
from tests.support.orders import refused
from tests.support.reports import Campaign, a_campaign, get
from tests.support.sends import Headers, send, stored

MANY = {
    "mobile": ["919876543210", "919876543211", "12"],
    "msg": "Sale: https://shop.example.com/sale. Bye",
}
ROWS = {
    "msg": "Hi {name}: https://pay.example.com/b?id={id}",
    "sms": [
        {"mobile": "919876543210", "name": "Asha", "id": "A1"},
        {"mobile": "919876543211", "name": "Ravi", "id": "R2"},
    ],
}

# Other months are empty, where a scan is as good as an index.
MONTH = "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')"


async def made(api: Api, headers: Headers, values: dict[str, Any]) -> dict[str, Any]:
    response = await api.client.post("/links", json=values, headers=headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_each_recipient_gets_a_text_with_a_link_and_nothing_is_queued_or_billed(
    api: Api, acme: Headers
) -> None:
    await api.database.execute("UPDATE account SET segment_price = 0.1")

    answer = await made(api, acme, MANY)

    messages = answer["messages"]
    assert [each["mobile"] for each in messages] == MANY["mobile"][:2]
    assert [each["msg"] for each in messages] == [f"Sale: {m['link']}. Bye" for m in messages]
    assert len({each["link"] for each in messages}) == 2
    assert answer["rejected"][0]["mobile"] == "12"
    counts = await stored(api)
    assert (counts["pgqueuer"], counts["message"], counts["link_block"]) == (0, 2, 1)
    report = await get(api, acme, f"/campaigns/{answer['uuid']}")
    assert (report["cost"], report["state"], report["queued"]) == (None, "external", 0)


async def test_what_arrived_is_not_known_and_never_counted(api: Api, acme: Headers) -> None:
    answer = await made(api, acme, MANY)
    path = f"/campaigns/{answer['uuid']}"
    await api.database.execute("UPDATE campaign_clicks SET clicker_count = 1, click_count = 1")
    await api.database.execute(
        "INSERT INTO recipient_clicks (campaign_id, position, hit_count, click_count,"
        " first_click_at, last_click_at) SELECT id, 0, 1, 1, now(), now() FROM campaign"
    )

    report = await get(api, acme, path)
    silent = await get(api, acme, f"{path}/recipients", which="not_clicked")
    (listed,) = (await get(api, acme, "/campaigns"))["campaigns"]
    day = report["created_at"][:10]
    (sent,) = (await get(api, acme, "/days", **{"from": day, "to": day}))["days"]

    unknown = {"submitted", "delivered", "failed", "click_through_rate"}
    assert {name for name in report if report[name] is None} >= unknown
    assert {word: count for word, count in report["statuses"].items() if count} == {"external": 2}
    assert (report["recipients"], report["unique_clickers"]) == (2, 1)
    assert listed == report
    assert [(r["mobile"], r["status"]) for r in silent["recipients"]] == [
        ("919876543211", "external")
    ]
    assert (sent["campaigns"], sent["messages"]) == (0, 0)


async def test_no_order_makes_it_go_out(api: Api, acme: Headers) -> None:
    answer = await made(api, acme, MANY)
    campaign = Campaign(answer["uuid"], 0)

    for order in ("pause", "resume", "cancel", "duplicate"):
        assert await refused(api, acme, campaign, order) == (409, "campaign_external")
    later = {"scheduleTime": "2026-12-30T18:30:00+00:00"}
    assert await refused(api, acme, campaign, "reschedule", **later) == (409, "campaign_external")
    assert await api.count("pgqueuer") == 0


async def test_personal_texts_lead_each_to_its_own_place(api: Api, acme: Headers) -> None:
    answer = await made(api, acme, ROWS)

    first, second = answer["messages"]
    assert first["msg"] == f"Hi Asha: {first['link']}"
    assert second["msg"] == f"Hi Ravi: {second['link']}"
    locations = await api.database.fetch("SELECT location FROM personal_text ORDER BY position")
    assert [row["location"][-2:] for row in locations] == ["A1", "R2"]
    statuses = await api.database.fetch("SELECT status FROM message")
    assert {row["status"] for row in statuses} == {9}


async def test_repeat_gets_the_same_links_and_a_send_of_the_same_key_is_another(
    api: Api, acme: Headers
) -> None:
    first = await made(api, acme, MANY | {"idempotencyKey": "k1"})
    again = await made(api, acme, MANY | {"idempotencyKey": "k1"})
    values = MANY | {"idempotencyKey": "k1", "trackLink": True}
    as_send = await api.client.post("/send", json=values, headers=acme)

    assert (again["messages"], again["replayed"]) == (first["messages"], True)
    assert as_send.json()["code"] == "idempotency_conflict"
    assert await api.count("campaign") == 1


async def test_dry_run_stores_nothing(api: Api, acme: Headers) -> None:
    answer = await made(api, acme, MANY | {"test": True})

    assert (answer["messages"], answer["uuid"]) == ([], None)
    assert len(answer["preflight"]["messages"]) == 2
    assert set((await stored(api)).values()) == {0}


async def test_what_cannot_be_made_is_refused_whole(api: Api, acme: Headers) -> None:
    too_many = [str(919800000000 + number) for number in range(10_001)]
    wrong: dict[str, dict[str, Any]] = {
        "no links": {"trackLink": False},
        "no link in it": {"msg": "none"},
        "ours": {"msg": "https://tx1.in/abcdef"},
        "later": {"scheduleTime": "2026-12-31 10:00"},
        "too many": {"mobile": too_many},
    }

    answers = {
        name: await api.client.post("/links", json=MANY | changed, headers=acme)
        for name, changed in wrong.items()
    }

    assert {name: (each.status_code, each.json()["code"]) for name, each in answers.items()} == {
        "no links": (400, "invalid_value"),
        "no link in it": (400, "no_link"),
        "ours": (400, "own_short_link"),
        "later": (400, "unknown_parameter"),
        "too many": (413, "too_many_recipients"),
    }
    assert await api.count("campaign") == 0


async def test_another_account_sees_nothing_of_it(api: Api, acme: Headers) -> None:
    other = await api.account("globex")
    answer = await made(api, acme, MANY)

    response = await api.client.get(f"/campaigns/{answer['uuid']}", headers=other)

    assert response.status_code == 404
    assert (await api.client.post("/links", json=MANY)).status_code == 401


async def test_texts_are_read_by_their_keys_alone(api: Api, acme: Headers) -> None:
    numbers = ",".join(str(919870000000 + number) for number in range(3_000))
    sent = await send(api, acme, mobile=numbers, msg="Hello")
    await api.database.execute("ANALYZE message, campaign")
    campaign_id = await api.database.fetchval(
        "SELECT id FROM campaign WHERE uuid=$1", sent["uuid"]
    )
    account_id = await api.database.fetchval("SELECT id FROM account")
    engine = create_engine(api.database_url, application="test")

    async with engine.connect() as connection:
        plan = await connection.execute(
            text(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {LIST_MESSAGES.text}"),
            {
                "account_id": account_id,
                "campaign_ids": [campaign_id],
                "begins": [1_000],
                "ends": [1_010],
            },
        )
        lines = "\n".join(plan.scalars())
    await engine.dispose()

    month = await api.database.fetchval(MONTH)
    assert f"Seq Scan on message_{month}" not in lines
    assert "_pkey" in lines


async def test_comparison_with_what_was_sent_tells_nothing_of_what_arrived(
    api: Api, acme: Headers
) -> None:
    sent = await a_campaign(api, acme)
    other = await made(api, acme, MANY)

    compared = await get(api, acme, "/campaigns/compare", a=sent.uuid, b=other["uuid"])
    (listed,) = (await get(api, acme, "/campaigns", status="external"))["campaigns"]

    unknown = ("delivered", "failed", "delivery_rate")
    assert [compared["campaigns"][0][name] for name in unknown] == [0, 0, 0]
    assert [compared["campaigns"][1][name] for name in unknown] == [None, None, None]
    assert [compared["differences"][0][name] for name in unknown] == [None, None, None]
    assert listed["uuid"] == other["uuid"]
