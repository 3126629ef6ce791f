"""Browsers of users of the console: with cookies, and an address of their own."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pyotp
from fastapi import FastAPI

COOKIE = "__Host-txlink-session"
HOME = "203.0.113.7"
STEP = int(time.time()) // 30


class Browser:
    """One browser; it sends the session's cookie, and its token with what changes anything."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.csrf_token = ""

    @property
    def cookie(self) -> str | None:
        return self.client.cookies.get(COOKIE)

    async def sign_in(self, login: str, password: str, **values: str) -> httpx.Response:
        body = {"login": login, "password": password} | values
        return self._seen(await self.client.post("/session", json=body))

    async def get(self, path: str, **values: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        return await self.client.get(path, **values)

    async def call(self, method: str, path: str, json: object = None) -> httpx.Response:
        headers = {"x-csrf-token": self.csrf_token}
        answer = await self.client.request(method, path, json=json, headers=headers)
        return self._seen(answer)

    async def set_up_factor(self, password: str) -> tuple[str, list[str]]:
        """Set up a second factor; return its secret and the recovery codes."""
        begun = await self.call("POST", "/session/second-factor", {"password": password})
        secret = begun.json()["secret"]
        made = await self.call(
            "POST", "/session/second-factor/confirm", {"code": code_of(secret, steps=-1)}
        )
        assert made.status_code == 200, made.text
        return secret, made.json()["recovery_codes"]

    def _seen(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success and answer.content:
            self.csrf_token = answer.json().get("csrf_token", self.csrf_token)
        return answer


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return the code of an authenticator, of some steps from the frozen time."""
    return pyotp.TOTP(secret).generate_otp(STEP + steps)


class FrozenClock:
    """Says that it is always the same time."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(STEP * 30, UTC)


def freeze(app: FastAPI) -> None:
    """Let the API's clock stand still, so that codes do not age while a test runs."""
    app.state.context = replace(app.state.context, clock=FrozenClock())


@asynccontextmanager
async def browser(app: FastAPI, address: str = HOME) -> AsyncIterator[Browser]:
    """Run a browser at an address for as long as the context lasts."""
    transport = httpx.ASGITransport(app, client=(address, 40_000), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.test") as client:
        yield Browser(client)
