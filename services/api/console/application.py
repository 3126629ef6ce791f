"""The console as an application of its own, which the API mounts."""

from fastapi import FastAPI
from starlette.datastructures import State

from services.api.console import (
    address_settings,
    alerts,
    assets,
    audit,
    campaign_comparisons,
    campaign_orders,
    campaign_reports,
    campaign_visits,
    campaigns,
    contact_groups,
    credit,
    destination_settings,
    home,
    key_settings,
    link_settings,
    live,
    numbers,
    opt_outs,
    own_security,
    preferences,
    privacy,
    progress,
    sandbox,
    send_again,
    send_files,
    sender_settings,
    sending,
    set_up,
    sign_in,
    user_settings,
    webhook_orders,
    webhooks,
)
from services.api.console.error_pages import install_error_pages
from services.api.console.headers import PageHeaders


def create_console(state: State) -> FastAPI:
    """Build the console.

    Args:
        state: Of the application that it is mounted in, which holds the context.
    """
    console = FastAPI(title="txlink console", openapi_url=None, docs_url=None, redoc_url=None)
    console.state = state
    console.add_middleware(PageHeaders)
    install_error_pages(console)
    for module in (
        assets,
        preferences,
        home,
        sign_in,
        set_up,
        own_security,
        sandbox,
        sending,
        send_files,
        progress,
        campaigns,
        campaign_comparisons,
        campaign_reports,
        campaign_visits,
        send_again,
        campaign_orders,
        live,
        key_settings,
        address_settings,
        user_settings,
        sender_settings,
        link_settings,
        destination_settings,
        numbers,
        opt_outs,
        contact_groups,
        credit,
        privacy,
        alerts,
        audit,
        webhooks,
        webhook_orders,
    ):
        console.include_router(module.router)
    return console
