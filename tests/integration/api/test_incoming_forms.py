"""A form is sent as it was meant or not at all, and whoever sends it slowly holds nothing long."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.api import Api, running_api
from tests.support.personal_sends import stored

Headers = dict[str, str]
FORM = {"content-type": "multipart/form-data; boundary=b"}
CSV = {"content-type": "text/csv"}
FIELDS = {"msg": "Hi", "mobile": "919876543210"}
FILE = (
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n919876543210\r\n'
)


def field(name: str, value: str) -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def form(**fields: str) -> str:
    return "".join(field(name, value) for name, value in fields.items()) + "--b--\r\n"


async def trickle(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    while True:
        await asyncio.sleep(0.02)
        yield b"1"


def told(response: httpx.Response) -> tuple[int, str, str | None]:
    return response.status_code, response.json()["code"], response.headers.get("connection")


@pytest.mark.parametrize("with_file", [False, True], ids=["numbers", "a file"])
@pytest.mark.parametrize("cut_octets", [3, 9, 40], ids=["boundary", "value", "part"])
async def test_form_that_breaks_off_is_not_sent(
    api: Api, acme: Headers, cut_octets: int, *, with_file: bool
) -> None:
    whole = FILE + form(msg="Hi", test="1") if with_file else form(**FIELDS, test="1")

    response = await api.client.post(
        "/send", content=whole[:-cut_octets].encode(), headers=acme | FORM
    )

    assert told(response) == (422, "malformed_body", "close")
    assert set((await stored(api)).values()) == {0}


async def test_upload_that_breaks_off_is_not_kept(api: Api, acme: Headers) -> None:
    response = await api.client.post("/uploads", content=FILE.encode(), headers=acme | FORM)

    assert told(response) == (422, "malformed_body", "close")
    assert await api.count("upload") == 0


async def test_text_that_is_not_utf_8_is_not_sent(api: Api, acme: Headers) -> None:
    content = form(mobile="919876543210", msg="Café").encode("latin-1")

    response = await api.client.post("/send", content=content, headers=acme | FORM)

    assert told(response)[:2] == (422, "malformed_body")
    assert "UTF-8" in response.json()["reason"]
    assert await api.count("campaign") == 0


@pytest.mark.parametrize(
    ("known", "refusal"),
    [(False, "body_timeout"), (True, "upload_too_slow")],
    ids=["a stranger", "an account"],
)
async def test_form_that_trickles_is_given_up(
    database_url: str, refusal: str, *, known: bool
) -> None:
    async with running_api(database_url, body_timeout_s=0.3) as api:
        headers = await api.account("acme", "ACME") if known else {}
        content = trickle(FILE.encode(), field("mobile", "").removesuffix("\r\n").encode())

        async with asyncio.timeout(10):
            response = await api.client.post("/send", content=content, headers=headers | FORM)

        assert told(response) == (408, refusal, "close")


async def test_strangers_form_gets_no_more_time_for_being_fast(database_url: str) -> None:
    async with running_api(database_url, body_timeout_s=0.3, upload_min_octets_per_s=0.001) as api:
        content = trickle(FILE.encode(), form(**FIELDS).encode())

        async with asyncio.timeout(10):
            response = await api.client.post("/send", content=content, headers=FORM)

        assert told(response) == (408, "body_timeout", "close")


async def test_form_whose_sender_is_known_may_take_its_time(database_url: str) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield (FILE + field("msg", "Hi" * 300)).encode()
        await asyncio.sleep(0.4)
        yield b"--b--\r\n"

    async with running_api(database_url, body_timeout_s=0.2, upload_min_octets_per_s=1_000) as api:
        headers = await api.account("acme", "ACME")

        response = await api.client.post("/send", content=slow(), headers=headers | FORM)

        assert response.status_code == 200, response.text


async def test_upload_that_trickles_is_given_up_and_its_place_with_it(database_url: str) -> None:
    async with running_api(
        database_url, body_timeout_s=0.3, upload_concurrency=1, max_waiting_uploads=0
    ) as api:
        headers = await api.account("acme", "ACME") | CSV

        async with asyncio.timeout(10):
            response = await api.client.post("/uploads", content=trickle(), headers=headers)
        again = await api.client.post("/uploads", content=b"919876543210\n", headers=headers)

        assert told(response) == (408, "upload_too_slow", "close")
        assert "4096 octets a second" in response.json()["reason"]
        assert again.status_code == 202


async def test_one_account_leaves_places_for_the_uploads_of_others(database_url: str) -> None:
    held = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"919876543210\n"
        await held.wait()

    async with running_api(database_url, max_uploads_per_account=2) as api:
        acme = await api.account("acme", "ACME") | CSV
        other = await api.account("other", "OTHERS") | CSV
        slow_ones = [
            asyncio.create_task(api.client.post("/uploads", content=slow(), headers=acme))
            for _ in range(2)
        ]
        await asyncio.sleep(0.3)

        refused = await api.client.post("/uploads", content=b"1\n", headers=acme)
        taken = await api.client.post("/uploads", content=b"919876543210\n", headers=other)
        held.set()
        await asyncio.gather(*slow_ones)

        assert told(refused)[:2] == (429, "account_uploads_busy")
        assert refused.headers["retry-after"]
        assert taken.status_code == 202


@pytest.mark.parametrize(
    ("path", "status"), [("/uploads", 401), ("/nowhere", 404), ("/campaigns", 405)]
)
async def test_whoever_is_refused_with_a_body_under_way_is_hung_up_on(
    api: Api, path: str, status: int
) -> None:
    unread = await api.client.post(path, content=trickle(), headers=CSV)
    without = await api.client.post(path, headers=CSV)

    assert (unread.status_code, unread.headers["connection"]) == (status, "close")
    assert "connection" not in without.headers
