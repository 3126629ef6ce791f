"""Making sends of personal texts by the API, and reading what is stored of them."""

import asyncio
from typing import Any

from shared.domain.tokens import TokenCipher
from tests.support.api import Api

Headers = dict[str, str]
Json = dict[str, Any]

STORED = ("campaign", "message", "personal_text", "link_block", "pgqueuer")


async def post(api: Api, headers: Headers, **values: object) -> tuple[int, Json]:
    response = await api.client.post("/send", json=values, headers=headers)
    return response.status_code, response.json()


async def accepted(api: Api, headers: Headers, **values: object) -> Json:
    status, answer = await post(api, headers, **values)
    assert status == 200, answer
    return answer


async def texts(api: Api) -> list[str]:
    """Write out what each recipient of the only campaign reads."""
    (campaign,) = await api.database.fetch("SELECT * FROM campaign")
    key = await api.database.fetchval(
        "SELECT key FROM token_domain WHERE length = $1", campaign["token_length"] or 6
    )
    cipher = TokenCipher(key, campaign["token_length"] or 6)
    rows = await api.database.fetch("SELECT * FROM personal_text ORDER BY position")
    return [
        row["body_before"]
        if row["body_after"] is None
        else row["body_before"]
        + campaign["link_prefix"]
        + cipher.mint(campaign["first_link"] + row["position"])
        + row["body_after"]
        for row in rows
    ]


async def stored(api: Api) -> dict[str, int]:
    return {table: await api.count(table) for table in STORED}


async def post_file(
    api: Api, headers: Headers, content: bytes, path: str = "/send", **fields: str
) -> tuple[int, Json]:
    response = await api.client.post(
        path, data=fields, files={"file": ("list.csv", content)}, headers=headers
    )
    return response.status_code, response.json()


async def ready_upload(api: Api, headers: Headers, content: str | bytes) -> str:
    response = await api.client.post(
        "/uploads?name=list.csv", content=content, headers=headers | {"content-type": "text/csv"}
    )
    assert response.status_code == 202, response.text
    upload: str = response.json()["id"]
    async with asyncio.timeout(30):
        while True:
            answer = (await api.client.get(f"/uploads/{upload}", headers=headers)).json()
            if answer["status"] == "ready":
                return upload
            assert answer["status"] != "failed", answer
            await asyncio.sleep(0.05)
