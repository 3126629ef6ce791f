"""Accounts that have something of everything, and what of the database is an account's."""

from dataclasses import dataclass

import asyncpg

from services.api.domain.roles import UserKind
from tests.support.api import Api
from tests.support.browsers import Browser

PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody
ADD_UPLOAD = """
    WITH added AS (
        INSERT INTO upload (uuid, account_id, name, status, octet_count, row_count, valid_count,
            columns, mobile_column)
        VALUES (gen_random_uuid(), $1, $2, 'ready', 40, 1, 1, '{Phone,Name}', 0)
        RETURNING id, uuid
    ), filled AS (
        INSERT INTO upload_row (upload_id, position, row_number, mobile, msisdn, cells)
        SELECT id, 0, 2, $3::bigint::text, $3, ARRAY[$3::bigint::text, $2] FROM added
    )
    SELECT uuid FROM added
"""
ADD_HITS = """
    INSERT INTO hit (campaign_id, position, occurred_at, journal_id, journal_offset, click_class,
        reasons, score, device_type, request_head, referrer)
    SELECT $1, 0, now(), 1, number, 'person', '{}', 0, 'mobile', 'GET / HTTP/1.1', $2
    FROM generate_series(1, 2) AS number
"""
ADD_CLICKS = """
    INSERT INTO recipient_clicks (campaign_id, position, hit_count, click_count, first_click_at,
        last_click_at)
    SELECT $1, position, 1, 1, now(), now() FROM generate_series(0, 1) AS position
"""
ADD_BATCH = """
    INSERT INTO event_batch (campaign_id, source, number, kind, account_id, places, is_due)
    VALUES ($1, 'deliveries', 1, 'message.submitted', $2, '{0}', false)
"""
ADD_DELIVERIES = """
    INSERT INTO webhook_delivery (uuid, webhook_id, kind, batches, event_count)
    SELECT gen_random_uuid(), id, 'message.submitted',
        jsonb_build_array(jsonb_build_array($2::bigint, 'deliveries', 1)), 1
    FROM webhook, generate_series(1, 2) WHERE account_id = $1
"""
ADD_ALERTS = """
    INSERT INTO alert (account_id, signal, ended_at, signal_count, out_of, usual_rate, limit_rate,
        peak_rate)
    SELECT $1, 'complaint', now(), 40, 1000, 0.003, 0.006, 0.04 FROM generate_series(1, 2)
"""
ADD_CREDIT = """
    WITH added AS (
        INSERT INTO account_credit (account_id, balance) VALUES ($1, 1000) RETURNING account_id
    )
    INSERT INTO credit_entry (account_id, kind, amount, balance, author_kind, author_name, note)
    SELECT account_id, 'top-up', 500, number * 500, 'cli', $2, $2
    FROM added, generate_series(1, 2) AS number
"""
ADD_SANDBOX_MESSAGES = """
    INSERT INTO sandbox_message (carrier_message_id, account_id, sender_id, msisdn, body, encoding,
        segment_count, receipt_state, receipt_due_at)
    SELECT gen_random_uuid()::text, $1, '', $2, $3, 'GSM-7', 1, 'DELIVRD', now()
    FROM generate_series(1, 2)
"""

# Which rows of a table are the account's, by a column that it has.
OWNED_BY = {
    "account_id": "account_id = $1",
    "campaign_id": "campaign_id IN (SELECT id FROM campaign WHERE account_id = $1)",
    "user_id": "user_id IN (SELECT id FROM account_user WHERE account_id = $1)",
    "upload_id": "upload_id IN (SELECT id FROM upload WHERE account_id = $1)",
    "group_id": "group_id IN (SELECT id FROM contact_group WHERE account_id = $1)",
    "webhook_id": "webhook_id IN (SELECT id FROM webhook WHERE account_id = $1)",
    "list_id": "list_id IN (SELECT id FROM destination_list WHERE account_id = $1)",
}
# They have no column that says whose a row is.
OF_NO_ACCOUNT = {
    "alembic_version",
    "delivery_report",
    "journal",
    "pgqueuer",
    "pgqueuer_log",
    "pgqueuer_schedules",
    "pgqueuer_statistics",
    "rate_level",
    "sign_in_failure",
    "token_domain",
}
TABLES = """
    SELECT c.relname AS name, array_agg(a.attname::text) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    GROUP BY c.relname ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account, and how what it has is named."""

    id: int
    headers: dict[str, str]
    # By what they are: ``campaign``, ``webhook``, a cursor of each list …
    names: dict[str, str]


async def a_tenant(api: Api, name: str, digits: str, browser: Browser) -> Tenant:
    """Make an account that has something of everything, all of it marked by its name.

    Args:
        api: Where.
        name: Of the account, in small letters.
        digits: Which all numbers of its recipients begin with; two are missing.
        browser: Signs an owner of it in.
    """
    headers = await api.account(name, name.upper()[:6])
    account_id = await api.database.fetchval("SELECT id FROM account WHERE name = $1", name)
    numbers = [f"{digits}0{each}" for each in range(3)]
    names = {"msisdn": numbers[0], "sender_id": name.upper()[:6], "login": f"{name}-asha"}

    async def call(method: str, path: str, json: object = None, **sent: str) -> dict[str, str]:
        answer = await api.client.request(method, path, json=json, headers=headers | sent)
        assert answer.is_success, (path, answer.text)
        found: dict[str, str] = answer.json()
        return found

    await api.user(name, names["login"], PASSWORD, "owner", UserKind.CONSOLE)
    await api.user(name, f"{name}-api", PASSWORD, "owner")
    await browser.sign_in(names["login"], PASSWORD)
    text = {"msg": f"{name} sale: https://{name}.example/sale", "smartLinkTitle": f"{name} title"}
    to_all = text | {"mobile": ",".join(numbers), "trackLink": "true"}
    names["idempotency_key"] = f"{name}-key"
    made = await call("POST", "/send", to_all, **{"idempotency-key": names["idempotency_key"]})
    names["campaign"], names["transaction"] = made["uuid"], made["transactionId"]
    names["second"] = (await call("POST", "/send", to_all))["uuid"]
    for order in ("pause", "resume"):
        await call("POST", f"/campaigns/{names['campaign']}/{order}")
    names["key"] = (await call("POST", "/keys", {"name": f"{name}-key", "scopes": ["send"]}))[
        "prefix"
    ]
    for part in ("first", "second"):
        group = await call("POST", "/groups", {"name": f"{name}-{part}"})
        names["group"], names["group_name"] = group["id"], group["name"]
    contacts = [{"mobile": each, "columns": {"Name": name}} for each in numbers]
    await call("POST", f"/groups/{names['group']}/contacts", {"contacts": contacts})
    hook = {"url": f"https://{name}.example/hook"}
    names["webhook"] = (await call("POST", "/webhooks", hook))["id"]
    for each in numbers[:2]:
        await call("PUT", f"/suppressions/{each}", {"note": name})
    lists = {"allow": [], "block": [f"{name}-foe.example"]}
    await call("PUT", "/destination-list", lists)
    campaign_id = await api.database.fetchval(
        "SELECT id FROM campaign WHERE uuid = $1", names["campaign"]
    )
    for _ in range(2):
        names["upload"] = str(
            await api.database.fetchval(ADD_UPLOAD, account_id, name, int(numbers[0]))
        )
    for statement, *values in (
        (ADD_HITS, campaign_id, f"https://{name}.example/from"),
        (ADD_CLICKS, campaign_id),
        (ADD_BATCH, campaign_id, account_id),
        (ADD_DELIVERIES, account_id, campaign_id),
        (ADD_ALERTS, account_id),
        (ADD_CREDIT, account_id, name),
        (ADD_SANDBOX_MESSAGES, account_id, int(numbers[0]), name),
    ):
        await api.database.execute(statement, *values)
    names["user"] = next(
        str(each["id"])
        for each in (await browser.get("/users")).json()["users"]
        if each["login"] == names["login"]
    )
    names["session"] = (await browser.get("/sessions")).json()["sessions"][0]["id"]
    names["erasure"] = (await call("DELETE", f"/recipients/{digits}02"))["id"]
    return Tenant(account_id, headers, names)


async def digests_of(database: asyncpg.Connection, account_id: int) -> dict[str, str]:
    """Return what the rows of an account come to, by table.

    One query, since tests ask often; fails for a table that nobody knows to be whose.
    """
    parts: list[str] = []
    for table, columns in await database.fetch(TABLES):
        owned = [condition for column, condition in OWNED_BY.items() if column in columns]
        if table == "account":
            owned = ["id = $1"]
        assert owned or table in OF_NO_ACCOUNT, f"whose are the rows of {table}?"
        parts += [
            f"SELECT '{table}' AS name, count(*) || "  # noqa: S608
            f"md5(string_agg(t::text, ' ' ORDER BY t::text)) AS digest FROM {table} AS t "
            f"WHERE {condition}"
            for condition in owned[:1]
        ]
    rows = await database.fetch(" UNION ALL ".join(parts), account_id)
    return {row["name"]: row["digest"] for row in rows}
