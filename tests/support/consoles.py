"""Visitors of the console: browsers that fill in its forms."""

import html
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from tests.support.browsers import COOKIE, HOME

PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
# Hashing a password for each of them would take most of the tests' time.
COLLEAGUES = """
    INSERT INTO account_user (account_id, password_hash, login, role, kind)
    SELECT account_id, password_hash, colleague.*, 'console'
    FROM account_user, (VALUES
        ('sender', 'sender'), ('analyst', 'analyst'), ('reader', 'read-only')
    ) AS colleague
    WHERE account_user.login = 'asha'
"""


class Visitor:
    """Somebody at a browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    @property
    def cookie(self) -> str | None:
        return self.client.cookies.get(COOKIE)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(f"/console{path}", headers=headers)

    async def csrf_token(self) -> str:
        (token, *_) = CSRF.findall((await self.get("/security")).text)
        return str(token)

    async def send(
        self, path: str, fields: Mapping[str, str] | None = None, **headers: str
    ) -> httpx.Response:
        """Send a form as its page would."""
        values = {"csrf_token": await self.csrf_token()} | dict(fields or {})
        return await self.client.post(f"/console{path}", data=values, headers=headers)

    async def sign_in(self, login: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        values = {"login": login, "password": password} | fields
        return await self.client.post("/console/sign-in", data=values)


@asynccontextmanager
async def visitor(app: FastAPI, address: str = HOME) -> AsyncIterator[Visitor]:
    """Run a browser at an address for as long as the context lasts."""
    transport = httpx.ASGITransport(app, client=(address, 40_000), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.test") as client:
        yield Visitor(client)


def hidden_fields(page: httpx.Response, *names: str) -> dict[str, str]:
    """Return what a page hides in its forms, by name; of one that comes twice, the last."""
    found = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in found if name in names or not names}
