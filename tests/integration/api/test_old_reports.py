"""Old clients' reports: their rows, pages, refusals, and whose they are."""

from typing import Any

from defusedxml.ElementTree import fromstring
from sqlalchemy import text

from services.api.storage.sent_messages import LIST_PLACES_OF_NUMBER
from shared.storage.engine import create_engine
from tests.support.api import Api
from tests.support.reports import (
    DELIVERED,
    NUMBERS,
    UNDELIVERED,
    a_campaign,
    a_personal_campaign,
    settle,
)
from tests.support.sends import Headers

STATUS, READ, REPORT = "report/status", "linktrack/read", "linktrack/report"
STATUS_KEYS = [
    *("uuId", "msgId", "mobileNo", "senderName", "text", "length", "msgType", "cost"),
    *("Status", "Cause", "Submitted Time", "Delivered Time"),
]
UNKNOWN = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"

# Other months are empty, where a scan is as good as an index.
MONTH = "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')"


async def call(api: Api, headers: Headers, path: str, **parameters: str) -> dict[str, Any]:
    response = await api.client.get(f"/SMSApi/{path}", params=parameters, headers=headers)
    assert response.status_code == 200
    envelope: dict[str, Any] = response.json()["response"]
    return envelope


async def rows(api: Api, headers: Headers, path: str, **parameters: str) -> list[dict[str, str]]:
    envelope = await call(api, headers, path, **parameters)
    assert envelope["status"] == "success", envelope
    listed: list[dict[str, str]] = envelope[f"{path.replace('/', '_')}List"]
    assert len(listed) == envelope["count"]
    return listed


async def test_status_of_a_campaign_has_the_rows_that_old_clients_know(
    api: Api, acme: Headers
) -> None:
    await api.database.execute("UPDATE account SET segment_price = 0.125")
    campaign = await a_campaign(api, acme)
    await settle(api, campaign, DELIVERED, UNDELIVERED)

    first, second, third = await rows(api, acme, STATUS, uuid=campaign.uuid)

    assert list(first) == STATUS_KEYS
    assert [each["Status"] for each in (first, second, third)] == [
        "DELIVERED",
        "UNDELIV",
        "PENDING",
    ]
    assert [bool(each["Delivered Time"]) for each in (first, second, third)] == [
        True,
        False,
        False,
    ]
    assert first["text"].startswith("Sale: https://tx1.in/")
    assert first["length"] == str(len(first["text"]))
    assert (first["cost"], first["msgType"], first["senderName"]) == ("0.125", "text", "ACMEIN")
    transaction = first["msgId"].partition("-")[0]
    assert await rows(api, acme, STATUS, UUID=transaction) == [first, second, third]


async def test_rows_in_xml_are_well_formed_though_their_names_have_spaces(
    api: Api, acme: Headers
) -> None:
    campaign = await a_campaign(api, acme)

    told = {
        path: await api.client.get(
            f"/SMSApi/{path}", params={"uuid": campaign.uuid, "output": "xml"}, headers=acme
        )
        for path in (STATUS, REPORT)
    }

    status, report = (fromstring(response.content) for response in told.values())
    assert [row.tag for row in status.iterfind("report_statusList/item[1]/*")] == [
        name.replace(" ", "_") for name in STATUS_KEYS
    ]
    assert len(report.findall("linktrack_reportList/item/First_Click_Time")) == len(NUMBERS)


async def test_status_by_days_and_number_pages_through_everything_once(
    api: Api, acme: Headers
) -> None:
    older = await a_campaign(api, acme)
    row = {"mobile": str(NUMBERS[0]), "msg": "Hi नमस्ते https://a.example.com"}
    newer = await a_personal_campaign(api, acme, row)
    day = (await rows(api, acme, READ))[0]["createTime"][:10]

    listed, cursor = [], ""
    for _ in range(3):
        days = {"fromdate": day, "todate": day, "pageLimit": "2", "cursor": cursor}
        page = await call(api, acme, STATUS, **days)
        listed += page["report_statusList"]
        cursor = page.get("nextCursor", "")
        if not cursor:
            break
    of_number = await rows(api, acme, STATUS, mobileNo="+91 98765 43210")
    both = await rows(api, acme, STATUS, mobileNo=str(NUMBERS[0]), uuid=older.uuid)

    assert [(each["uuId"], each["mobileNo"]) for each in listed] == [
        (newer.uuid, str(NUMBERS[0])),
        *[(older.uuid, str(number)) for number in NUMBERS],
    ]
    assert listed[0]["text"].startswith("Hi नमस्ते https://tx1.in/")
    assert listed[0]["msgType"] == "unicode"
    assert [each["uuId"] for each in of_number] == [newer.uuid, older.uuid]
    assert [each["uuId"] for each in both] == [older.uuid]
    assert await rows(api, acme, STATUS, todate="2020-01-01") == []


async def test_what_another_vendor_delivers_has_no_known_status(api: Api, acme: Headers) -> None:
    values = {"mobile": "919876543210", "msg": "See https://a.example.com"}
    made = (await api.client.post("/links", json=values, headers=acme)).json()

    (row,) = await rows(api, acme, STATUS, uuid=made["uuid"])

    assert (row["Status"], row["text"], row["cost"]) == (
        "UNKNOWN",
        made["messages"][0]["msg"],
        "",
    )


async def test_linktrack_lists_linked_campaigns_and_who_followed(api: Api, acme: Headers) -> None:
    await a_campaign(api, acme, trackLink="false")
    campaign = await a_campaign(api, acme, smartLinkTitle="Diwali")
    newer = await a_campaign(api, acme)

    first_page = await call(api, acme, READ, pageLimit="1")
    (second,) = await rows(api, acme, READ, cursor=first_page["nextCursor"])
    named = await rows(api, acme, READ, uuid=campaign.uuid)
    followed = await call(api, acme, REPORT, uuid=campaign.uuid, pageLimit="2")
    rest = await rows(api, acme, REPORT, uuid=campaign.uuid, cursor=followed["nextCursor"])

    assert first_page["linktrack_readList"][0]["uuId"] == newer.uuid
    assert (second["uuId"], second["title"], second["mobileCount"]) == (
        campaign.uuid,
        "Diwali",
        "3",
    )
    assert named == [second]
    listed = [*followed["linktrack_reportList"], *rest]
    assert [each["mobileNo"] for each in listed] == list(map(str, NUMBERS))
    assert {each["clicks"] for each in listed} == {"0"}
    assert all(each["link"].startswith("https://tx1.in/") for each in listed)


async def test_balance_is_not_made_up(api: Api, acme: Headers) -> None:
    await api.user("acme", "asha", "a long password", role="analyst")
    login = {"USERID": "asha", "Password": "a long password"}

    answer = await api.client.post("/SMSApi/account/readstatus", data=login)

    envelope = answer.json()["response"]
    assert (envelope["api"], envelope["action"], envelope["code"]) == (
        "account",
        "readstatus",
        "200",
    )
    assert envelope["account"]["smsBalance"] is None
    assert envelope["account"]["name"] == "acme"
    assert (await call(api, acme, "account/readstatus"))["account"] == envelope["account"]


async def test_refusals_come_in_the_envelope_with_http_200(api: Api, acme: Headers) -> None:
    other = await api.account("globex")
    campaign = await a_campaign(api, acme)

    for path in (STATUS, READ, REPORT):
        refusals = [
            await call(api, {}, path, uuid=campaign.uuid),
            await call(api, acme, path, uuid="x"),
            await call(api, acme, path, uuid=UNKNOWN),
            await call(api, other, path, uuid=campaign.uuid),
        ]
        assert [(each["status"], each["code"]) for each in refusals] == [
            ("error", "216"),
            ("error", "400"),
            ("error", "404"),
            ("error", "404"),
        ]

    assert (await call(api, other, READ))["count"] == 0
    assert (await call(api, other, STATUS, mobileNo=str(NUMBERS[0])))["count"] == 0
    (sent, *_) = await rows(api, acme, STATUS, uuid=campaign.uuid)
    others_place = await call(api, other, STATUS, todate="2099-01-01", cursor=sent["msgId"])
    assert others_place["code"] == "404"


async def test_wrong_parameter_is_named(api: Api, acme: Headers) -> None:
    number = {"mobileNo": "919876543210"}
    wrong: list[tuple[dict[str, str], str]] = [
        ({}, "uuid is missing"),
        ({"fromdate": "1.2.2026"}, "fromdate must be a day"),
        ({"fromdate": "2026-02-02", "todate": "2026-02-01"}, "todate must not be before"),
        ({"todate": "9999-12-31"}, "todate must be a day of the years"),
        ({"mobileNo": "12"}, "mobileNo cannot be read"),
        (number | {"pageLimit": "0"}, "pageLimit must be from 1"),
        (number | {"pageLimit": "x"}, "pageLimit must be digits"),
        (number | {"cursor": "1-x"}, "cursor must be"),
        (number | {"cursor": "9999999999999999999-1"}, "cursor must be"),
        ({"todate": "2026-01-01", "cursor": "1-1"}, "No message of this account"),
    ]

    for parameters, told in wrong:
        envelope = await call(api, acme, STATUS, **parameters)
        assert envelope["status"] == "error"
        assert envelope["msg"].startswith(told)

    unread = await call(api, acme, READ, cursor="x")
    assert unread["msg"].startswith("cursor must be")


async def test_reports_as_xml_are_well_formed(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    await settle(api, campaign, DELIVERED)

    for path in (STATUS, READ, REPORT, "account/readstatus"):
        response = await api.client.get(
            f"/SMSApi/{path}", params={"uuid": campaign.uuid, "output": "XML"}, headers=acme
        )
        document = fromstring(response.content)
        assert document.findtext("status") == "success"
        if path == STATUS:
            times = document.findall("report_statusList/item/Submitted_Time")
            assert [bool(time.text) for time in times] == [True, False, False]


async def test_messages_of_a_number_are_found_by_the_index_of_numbers(
    api: Api, acme: Headers
) -> None:
    numbers = ",".join(str(919870000000 + number) for number in range(3_000))
    await a_campaign(api, acme, mobile=numbers, trackLink="false")
    await api.database.execute("ANALYZE message, campaign")
    engine = create_engine(api.database_url, application="test")

    async with engine.connect() as connection:
        plan = await connection.execute(
            text(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {LIST_PLACES_OF_NUMBER.text}"),
            {
                "account_id": await api.database.fetchval("SELECT id FROM account"),
                "msisdn": 919870000007,
                "uuid": None,
                "begin": None,
                "end": None,
                "before_id": (1 << 63) - 1,
                "before_position": 0,
                "row_limit": 10,
            },
        )
        lines = "\n".join(plan.scalars())
    await engine.dispose()

    month = await api.database.fetchval(MONTH)
    assert f"Seq Scan on message_{month}" not in lines
    assert "msisdn_campaign_id_idx" in lines
