"""What an account reads of its alerts."""

from tests.support.api import Api
from tests.support.sends import Headers

ADD = """
    INSERT INTO alert (account_id, signal, began_at, ended_at, signal_count, out_of, usual_rate,
        limit_rate, peak_rate)
    SELECT id, $2, $3::timestamptz, $3::timestamptz + $4 * interval '1 hour', 40, 1000, 0.003,
        0.006, 0.04
    FROM account WHERE name = $1
"""
NOBODYS = """
    INSERT INTO alert (account_id, signal, signal_count, out_of, usual_rate, limit_rate, peak_rate)
    VALUES (0, 'unknown_token', 900, 0, 60, 120, 900)
"""


async def test_an_account_reads_its_own_alerts_newest_first(api: Api, acme: Headers) -> None:
    await api.account("globex")
    noon = "2026-11-25 06:30:00Z"
    statement = ADD.replace("$3::timestamptz", f"'{noon}'::timestamptz").replace("$4", "$3")
    for name, signal, hours in (
        ("acme", "complaint", 1.0),
        ("globex", "complaint", None),
        ("acme", "unknown_token", None),
    ):
        await api.database.execute(statement, name, signal, hours)
    await api.database.execute(NOBODYS)

    page = (await api.client.get("/alerts", params={"limit": 1}, headers=acme)).json()
    rest = await api.client.get(
        "/alerts", params={"cursor": page["next_cursor"], "tz": "UTC"}, headers=acme
    )
    still = (await api.client.get("/alerts", params={"open": True}, headers=acme)).json()

    [newest], [oldest] = page["alerts"], rest.json()["alerts"]
    assert (newest["signal"], newest["ended_at"]) == ("unknown_token", None)
    assert newest["began_at"] == "2026-11-25T12:00:00+05:30"
    assert (oldest["signal"], oldest["ended_at"]) == ("complaint", "2026-11-25T07:30:00Z")
    assert (oldest["signal_count"], oldest["out_of"], oldest["peak_rate"]) == (40, 1_000, 0.04)
    assert rest.json()["next_cursor"] is None
    assert still["alerts"] == [newest]
