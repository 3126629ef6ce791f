"""The API as an ASGI application, and as a process."""

import contextlib
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from pydantic import SecretStr
from typing_extensions import override

from services.api.bounded_protocol import BoundedHeads
from services.api.console.application import create_console
from services.api.context import ApiContext
from services.api.cookies import SessionCookies
from services.api.documentation import document
from services.api.domain.return_paths import CONSOLE
from services.api.error_responses import install_error_handlers
from services.api.legacy import reports as legacy_reports
from services.api.legacy import schedule as legacy_schedule
from services.api.legacy import send as legacy_send
from services.api.routes import (
    account,
    alerts,
    allow_lists,
    audit,
    campaign_control,
    campaigns,
    contact_groups,
    credit,
    days,
    destinations,
    events,
    health,
    keys,
    links,
    privacy,
    recipients,
    sandbox,
    send,
    sessions,
    suppressions,
    tables,
    uploads,
    users,
    webhooks,
    whoami,
)
from services.api.schemas.limit_fields import LimitFields
from services.api.settings import DRAIN_S, ApiSettings
from shared.domain.sealing import make_key
from shared.fault_records import keep_faults_discreet
from shared.settings import settings_or_exit
from shared.storage.sealed_columns import SEALED_COLUMNS, keys_or_exit

DESCRIPTION = """
Send SMS whose links tell who clicked.

Authenticate with an API key: `apikey: txk_…` or `Authorization: Bearer txk_…`; pages of the
console, with the cookie of a session.
Errors name the `field` that is wrong and say what would be right.
"""
KEEP_ALIVE_S = 65
# As uvicorn ends when it cannot begin.
STARTUP_FAILURE = 3
SERVER_OPTIONS: dict[str, Any] = {
    "http": BoundedHeads,
    "access_log": False,  # for the reason given in app_from_env
    "server_header": False,
    # Whom a proxy is believed to speak for is for TRUSTED_PROXIES to say.
    "proxy_headers": False,
    "timeout_keep_alive": KEEP_ALIVE_S,
    "timeout_graceful_shutdown": DRAIN_S,
}


def create_app(settings: ApiSettings) -> FastAPI:
    """Build the application; its context opens and closes with its lifespan."""
    keep_faults_discreet()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.context = ApiContext.from_settings(app.state.settings)
        app.state.context.start()
        try:
            yield
        finally:
            await app.state.context.aclose()

    # Its pages of documentation load nothing from elsewhere, so they work without the internet.
    app = FastAPIOffline(
        title="txlink",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.settings = settings
    app.add_middleware(SessionCookies)
    document(app)
    install_error_handlers(app)
    app.add_middleware(LimitFields)
    for module in (
        send,
        legacy_send,
        legacy_schedule,
        legacy_reports,
        uploads,
        campaigns,
        campaign_control,
        links,
        tables,
        days,
        credit,
        recipients,
        privacy,
        events,
        webhooks,
        keys,
        account,
        allow_lists,
        destinations,
        suppressions,
        contact_groups,
        audit,
        alerts,
        users,
        sessions,
        sandbox,
        health,
        whoami,
    ):
        app.include_router(module.router)
    if settings.console:
        app.mount(CONSOLE, create_console(app.state))
    return app


def describe_api() -> dict[str, Any]:
    """Return the OpenAPI document of the API, for which nothing need run."""
    nowhere = SecretStr("postgresql://nobody@nowhere/none")
    keys = SecretStr(make_key())
    return create_app(ApiSettings(database_url=nowhere, secret_keys=keys)).openapi()


def _operation_id(route: APIRoute) -> str:
    return route.name


def app_from_env() -> FastAPI:
    """Build the application as the environment says.

    For ``uvicorn --factory``, to be given ``--no-proxy-headers``: it would put what a proxy of its
    own list says in the place of the peer. And ``--timeout-graceful-shutdown``: it would wait for
    streams of events to end by themselves.
    """
    # Its lines would hold the query, where old clients put their passwords.
    logging.getLogger("uvicorn.access").disabled = True
    return create_app(settings_or_exit(ApiSettings, os.environ))


def main() -> None:
    """Serve the API until told to stop; requests that run then are finished."""
    settings = settings_or_exit(ApiSettings, os.environ)
    keys_or_exit(settings, SEALED_COLUMNS)
    app = create_app(settings)
    config = uvicorn.Config(app, host=settings.api_host, port=settings.api_port, **SERVER_OPTIONS)
    server = _Server(config, app)
    # It raises SIGINT anew once it has ended.
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


class _Server(uvicorn.Server):
    """Ends streams of events before it waits for requests to end: they would not by themselves."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.context.live.end()
        await super().shutdown(sockets)
