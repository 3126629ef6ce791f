"""Sending one text to many by the API, and counting what is stored of it."""

from typing import Any

from tests.support.api import Api

Headers = dict[str, str]
NUMBERS = "919876543210,919876543211"
TEXT = "Sale: https://shop.example.com/sale. Reply STOP"
TRACKED = {"mobile": NUMBERS, "msg": TEXT, "trackLink": "true"}
STORED = ("campaign", "message", "link_block", "pgqueuer", "campaign_delivery", "campaign_clicks")
TRADE_KEYS = [
    "status",
    "mobile",
    "invalidMobile",
    "transactionId",
    "statusCode",
    "reason",
    "msgId",
    "requestTime",
]


async def send(api: Api, headers: Headers, **parameters: str) -> dict[str, Any]:
    """Send with these parameters, and return the answer."""
    response = await api.client.get("/send", params=parameters, headers=headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def stored(api: Api) -> dict[str, int]:
    """Count the rows of every table that an accepted send writes to."""
    return {table: await api.count(table) for table in STORED}


async def links_taken(api: Api) -> int:
    """Count the link numbers that have been handed out, to whatever use."""
    taken: int = await api.database.fetchval("SELECT sum(next) FROM token_domain")
    return taken
