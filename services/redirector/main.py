"""The redirector's application and its process."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response

from services.redirector.answers import NOT_FOUND
from services.redirector.context import open_redirector
from services.redirector.fast_lane import FastLane
from services.redirector.routes import ShortLinks, router
from services.redirector.settings import DRAIN_S, RedirectorSettings
from shared.fault_records import keep_faults_discreet
from shared.garbage import collect_rarely
from shared.settings import settings_or_exit
from shared.storage.sealed_columns import TOKEN_KEY, keys_or_exit

COLLECTED_OBJECTS = 10_000
# A server process that is silent for so long is killed and replaced. On a loaded machine one may
# take seconds to start, and those of a killed one would be lost.
WORKER_SILENCE_S = 20
SERVER_OPTIONS: dict[str, Any] = {
    "loop": "uvloop",
    "http": FastLane,
    "ws": "none",
    "access_log": False,
    "server_header": False,
    # The journal keeps the peer's address; what proxies say is the recorder's to judge.
    "proxy_headers": False,
    "timeout_graceful_shutdown": DRAIN_S,
}


def create_app(settings: RedirectorSettings) -> ShortLinks:
    """Build the application; what it needs is opened by its lifespan."""
    keep_faults_discreet()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_redirector(settings) as redirector:
            app.state.redirector = short_links.redirector = redirector
            yield

    # It would redirect to whatever host a request names.
    app = FastAPI(
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.include_router(router)
    app.add_exception_handler(404, _not_found)
    short_links = ShortLinks(app)
    return short_links


async def _not_found(_request: Request, _error: Exception) -> Response:
    headers = {name.decode(): value.decode() for name, value in NOT_FOUND.headers}
    return Response(NOT_FOUND.body, NOT_FOUND.status, headers)


def app_from_env() -> ShortLinks:
    """Build the application of one server process from its environment."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    app = create_app(settings_or_exit(RedirectorSettings, os.environ))
    collect_rarely(COLLECTED_OBJECTS)
    return app


def main() -> None:
    """Serve the short domain until SIGTERM or SIGINT."""
    settings = settings_or_exit(RedirectorSettings, os.environ)
    keys_or_exit(settings, (TOKEN_KEY,))
    uvicorn.run(
        "services.redirector.main:app_from_env",
        factory=True,
        host=settings.redirector_host,
        port=settings.redirector_port,
        workers=settings.redirector_workers,
        timeout_worker_healthcheck=WORKER_SILENCE_S,
        **SERVER_OPTIONS,
    )
