"""Whatever a request holds, it is refused as its sender's fault, soon, and by a name."""

import io
import json
import resource
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.api import running_api
from tests.support.database import DatabaseServer

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("hostile")]

JSON, XML, FORM = "application/json", "application/xml", "application/x-www-form-urlencoded"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ANY = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
MOBILE = "919876543210"
# Peak memory may grow by so much over all cases.
MOST_GROWTH_KIB = 400 << 10


@dataclass(frozen=True, slots=True)
class Case:
    """A request and how it is refused."""

    method: str
    path: str
    status: int
    code: str
    body: bytes = b""
    kind: str = JSON
    params: Mapping[str, Any] = field(default_factory=dict)


def send(status: int, code: str, body: bytes, kind: str = JSON) -> Case:
    return Case("POST", "/send", status, code, body, kind)


def bomb() -> bytes:
    """Return a workbook whose sheet unpacks to a thousand times its size."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<a>" + b" " * (64 << 20))
    return packed.getvalue()


def many_parts(count: int) -> bytes:
    part = b'--b\r\ncontent-disposition: form-data; name="a%d"\r\n\r\n1\r\n'
    return b"".join(part % number for number in range(count)) + b"--b--\r\n"


ENTITIES = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><data><msg>&b;</msg></data>'
CASES = {
    "JSON that is nested deeply": send(422, "malformed_body", b'{"msg":' + b"[" * 200_000),
    "JSON that is nested and closed": send(
        422, "malformed_body", b'{"msg":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    ),
    "a whole number of a million digits": send(
        422, "malformed_body", b'{"mobile":' + b"9" * 1_000_000 + b"}"
    ),
    "a number that is infinite": send(422, "malformed_body", b'{"mobile":1e999,"msg":"a"}'),
    "NaN": send(422, "malformed_body", b'{"mobile":NaN,"msg":"a"}'),
    "a large exponent": send(400, "no_valid_mobile", b'{"mobile":1e308,"msg":"a"}'),
    "half of a surrogate pair": send(
        400, "invalid_value", b'{"mobile":"919876543210","msg":"\\ud800"}'
    ),
    "half of a pair in a name": send(400, "unknown_parameter", b'{"\\ud800":"a"}'),
    "NUL in a text": send(400, "invalid_value", b'{"mobile":"919876543210","msg":"a\\u0000"}'),
    "many names": send(
        400,
        "unknown_parameter",
        json.dumps({f"a{number}": 1 for number in range(100_000)}).encode(),
    ),
    "a name twice": send(400, "repeated_parameter", b'{"msg":"a","msg":"b"}'),
    "an octet that is no UTF-8": send(422, "malformed_body", b'{"msg":"\xff"}'),
    "a list at the top": send(422, "malformed_body", b"[1]"),
    "XML that is nested deeply": send(422, "malformed_body", b"<data>" + b"<a>" * 300_000, XML),
    "XML with entities": send(422, "malformed_body", ENTITIES, XML),
    "XML with many attributes": send(
        422,
        "malformed_body",
        b"<data><msg " + b" ".join(b'a%d=""' % n for n in range(100_000)) + b"/>",
        XML,
    ),
    "a form of many fields": send(422, "malformed_body", b"a=1&" * 1_001, FORM),
    "a form that is no UTF-8": send(422, "malformed_body", b"msg=%ff", FORM),
    "a multipart form of many fields": send(
        422, "malformed_body", many_parts(101), "multipart/form-data; boundary=b"
    ),
    "another content type": send(415, "unsupported_body", b"a", "text/csv"),
    "a body that is too large": send(413, "body_too_large", b" " * (33 << 20)),
    "many recipients": send(
        413,
        "too_many_recipients",
        json.dumps({"mobile": ",".join([MOBILE] * 1_000_001), "msg": "a"}).encode(),
    ),
    "many names in the query": Case(
        "GET", "/send", 400, "malformed_query", params={f"a{n}": "1" for n in range(1_001)}
    ),
    "a small body that is too large": Case("POST", "/keys", 413, "body_too_large", b" " * 16_385),
    "a small body that is nested deeply": Case(
        "POST", "/keys", 422, "malformed_body", b'{"name":' + b"[" * 10_000
    ),
    "a number beyond all columns": Case(
        "POST",
        "/keys",
        400,
        "invalid_value",
        b'{"name":"a","scopes":["send"],"calls_per_minute":%s}' % (b"9" * 4_000),
    ),
    "NUL in a name": Case(
        "POST", "/keys", 400, "invalid_value", b'{"name":"a\\u0000","scopes":["send"]}'
    ),
    "NaN in a small body": Case(
        "POST", f"/keys/{'0' * 12}/rotate", 400, "invalid_value", b'{"overlap_hours":NaN}'
    ),
    "a year beyond all": Case(
        "POST",
        "/keys",
        400,
        "invalid_value",
        b'{"name":"a","scopes":["send"],"expires_at":"9999-12-31T23:59:59-23:59"}',
    ),
    "a huge limit": Case("GET", "/campaigns", 400, "invalid_value", params={"limit": "9" * 5_000}),
    "a cursor that is none": Case(
        "GET", "/keys", 400, "invalid_value", params={"cursor": "9" * 5_000}
    ),
    "NUL in a query": Case("GET", "/campaigns", 400, "invalid_value", params={"title": "a\0"}),
    "an unknown name in the query of an order": Case(
        "POST", f"/campaigns/{ANY}/pause", 400, "unknown_parameter", params={"forse": "1"}
    ),
    "an unknown name in the query of uploads": Case(
        "GET", "/uploads", 400, "unknown_parameter", params={"limt": "1"}
    ),
    "an unknown name in the query of a change": Case(
        "PATCH", f"/campaigns/{ANY}/links", 400, "unknown_parameter", params={"paused": "1"}
    ),
    "an unknown name in the query of a copy": Case(
        "POST", f"/campaigns/{ANY}/duplicate", 400, "unknown_parameter", params={"tset": "1"}
    ),
    "a path that names no number": Case("GET", "/recipients/%00", 400, "invalid_value"),
}


@dataclass(frozen=True, slots=True)
class Caller:
    client: httpx.AsyncClient
    headers: dict[str, str]


@pytest.fixture(scope="module")
def database(postgres_server: DatabaseServer) -> Iterator[str]:
    """Yield one database for all cases."""
    with postgres_server.migrated_database() as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def acme(database: str) -> AsyncIterator[Caller]:
    async with running_api(database) as api:
        yield Caller(api.client, await api.account("acme", "ACMEIN"))


@pytest.mark.parametrize("name", CASES)
async def test_a_hostile_request_is_refused_as_its_senders_fault(acme: Caller, name: str) -> None:
    case = CASES[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    response = await acme.client.request(
        case.method,
        case.path,
        params=case.params,
        content=case.body,
        headers=acme.headers | {"content-type": case.kind},
    )

    told = response.json()
    assert (response.status_code, told["code"]) == (case.status, case.code), told["reason"]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MOST_GROWTH_KIB


async def test_a_workbook_that_is_a_bomb_is_refused(acme: Caller) -> None:
    response = await acme.client.post(
        "/send",
        data={"msg": "a"},
        files={"file": ("a.xlsx", bomb(), XLSX)},
        headers=acme.headers,
    )

    assert response.status_code == 400
    assert response.json()["field"] == "file"
