"""What the console serves: how each page is opened, and which API call does as an order does."""

from collections.abc import Mapping, Sequence

from fastapi.routing import iter_route_contexts
from starlette.datastructures import State

from services.api.console.application import create_console

Route = tuple[str, str]

# Each address that is read, and how it is opened with names of what an account has. An address
# that gives what another gives in part is asked as htmx does.
PAGES: Mapping[str, Sequence[str]] = {
    "/": ("/",),
    "/campaigns": (
        "/campaigns",
        "/campaigns?title={hostile}",
        "/campaigns?status={hostile}",
        "/campaigns?from={hostile}",
    ),
    "/campaigns/{campaign_uuid}": (
        "/campaigns/{campaign}",
        "/campaigns/{campaign}?which=clicked",
        "/campaigns/{campaign}?which={hostile}",
        "/campaigns/{campaign}?done={hostile}",
    ),
    "/campaigns/compare": ("/campaigns/compare?c={campaign}&c={second}",),
    "/campaigns/{campaign_uuid}/totals": ("/campaigns/{campaign}/totals",),
    "/campaigns/{campaign_uuid}/insights": ("/campaigns/{campaign}/insights",),
    "/campaigns/{campaign_uuid}/recipients/{sealed}": (
        "/campaigns/{campaign}/recipients/{sealed}",
    ),
    "/campaigns/{campaign_uuid}/send-again": ("/campaigns/{campaign}/send-again",),
    "/campaigns/{campaign_uuid}/confirm/{order}": ("/campaigns/{campaign}/confirm/duplicate",),
    "/numbers": ("/numbers",),
    "/numbers/erasures/{erasure_id}": ("/numbers/erasures/{erasure}",),
    "/numbers/{sealed}": (
        "/numbers/{sealed}",
        "/numbers/{sealed}?done={hostile}",
        "/numbers/{sealed}?form=erase",
    ),
    "/settings/groups": ("/settings/groups", "/settings/groups?done={hostile}"),
    "/settings/groups/{group_id}": ("/settings/groups/{group}",),
    "/settings/opt-outs": ("/settings/opt-outs",),
    "/settings/credit": ("/settings/credit",),
    "/settings/privacy": ("/settings/privacy", "/settings/privacy?done={hostile}"),
    "/settings/alerts": ("/settings/alerts", "/settings/alerts?which={hostile}"),
    "/settings/audit": (
        "/settings/audit",
        "/settings/audit?action={hostile}&author={hostile}&subject={hostile}",
    ),
    "/sandbox": ("/sandbox", "/sandbox?number={msisdn}", "/sandbox?number={hostile}"),
    "/campaigns/{campaign_uuid}/progress": ("/campaigns/{campaign}/progress",),
    "/send": ("/send",),
    "/send/files/{upload_id}": ("/send/files/{upload}",),
    "/security": ("/security", "/security?done={hostile}"),
    "/settings/addresses": ("/settings/addresses", "/settings/addresses?done={hostile}"),
    "/settings/destinations": ("/settings/destinations",),
    "/settings/senders": ("/settings/senders", "/settings/senders?done={hostile}"),
    "/settings/senders/change": ("/settings/senders/change?sender={hostile}",),
    "/settings/links": ("/settings/links", "/settings/links?done={hostile}"),
    "/settings/keys": ("/settings/keys", "/settings/keys?done={hostile}"),
    "/settings/keys/new": ("/settings/keys/new",),
    "/settings/keys/{prefix}": ("/settings/keys/{key}", "/settings/keys/{key}?done={hostile}"),
    "/settings/users": ("/settings/users",),
    "/settings/users/new": ("/settings/users/new",),
    "/settings/users/{user_id}": ("/settings/users/{user}",),
    "/settings/webhooks": ("/settings/webhooks", "/settings/webhooks?done={hostile}"),
    "/settings/webhooks/new": ("/settings/webhooks/new",),
    "/settings/webhooks/{webhook_id}": (
        "/settings/webhooks/{webhook}",
        "/settings/webhooks/{webhook}?done={hostile}&deliveries={hostile}&events=2",
    ),
    "/sign-in": ("/sign-in", "/sign-in?next={hostile}"),
}
# They are no pages: files, streams, and what closes once there is an owner.
NO_PAGES = frozenset(
    {
        "/static/{of_digest}/{path:path}",
        "/campaigns/{campaign_uuid}/events",
        "/numbers/{sealed}/export",
        "/set-up",
    }
)
# Pages on which nothing stands that anybody wrote, or, as of places and browsers, only what a
# recorder counted, of which there is nothing here.
NOTHING_OF_STRANGERS = frozenset(
    {"/", "/campaigns/{campaign_uuid}/totals", "/campaigns/{campaign_uuid}/insights", "/sign-in"}
)
# Each order of the console, and the call of the API that does the same.
ORDERS: Mapping[str, str] = {
    "POST /campaigns/{campaign_uuid}/{order}": "POST /campaigns/{campaign_uuid}/pause",
    "POST /campaigns/{campaign_uuid}/send-again": "POST /campaigns/{campaign_uuid}/duplicate",
    "POST /campaigns/{campaign_uuid}/send-again/preview": (
        "POST /campaigns/{campaign_uuid}/duplicate"
    ),
    "POST /numbers": "GET /recipients/{msisdn}",
    "POST /numbers/{sealed}/opt-out": "PUT /suppressions/{msisdn}",
    "POST /numbers/{sealed}/opt-in": "DELETE /suppressions/{msisdn}",
    "POST /numbers/{sealed}/erase": "DELETE /recipients/{msisdn}",
    "POST /settings/groups": "POST /groups",
    "POST /settings/groups/{group_id}/rename": "PATCH /groups/{group_id}",
    "POST /settings/groups/{group_id}/delete": "DELETE /groups/{group_id}",
    "POST /settings/groups/{group_id}/contacts": "POST /groups/{group_id}/contacts",
    "POST /settings/groups/{group_id}/contacts/import": "POST /groups/{group_id}/contacts/import",
    "POST /settings/groups/{group_id}/contacts/remove": (
        "DELETE /groups/{group_id}/contacts/{msisdn}"
    ),
    "POST /settings/opt-outs": "PUT /suppressions/{msisdn}",
    "POST /settings/opt-outs/find": "GET /suppressions/{msisdn}",
    "POST /settings/opt-outs/import": "POST /suppressions/import",
    "POST /settings/privacy": "PATCH /privacy",
    "POST /security/password": "POST /session/password",
    "POST /security/second-factor": "POST /session/second-factor",
    "POST /security/second-factor/confirm": "POST /session/second-factor/confirm",
    "POST /security/second-factor/recovery-codes": "POST /session/second-factor/recovery-codes",
    "POST /security/second-factor/remove": "POST /session/second-factor/remove",
    "POST /security/sessions/{session_id}/end": "DELETE /sessions/{session_id}",
    "POST /settings/addresses": "PUT /ip-allow-list",
    "POST /settings/addresses/mine": "PUT /ip-allow-list",
    "POST /settings/destinations/test": "POST /destination-list/test",
    "POST /settings/destinations/add": "PUT /destination-list",
    "POST /settings/destinations/remove": "PUT /destination-list",
    "POST /settings/senders/change": "PATCH /sender-ids/{sender_id}",
    "POST /settings/links": "PATCH /account",
    "POST /settings/keys/new": "POST /keys",
    "POST /settings/keys/{prefix}/addresses": "PUT /keys/{prefix}/ip-allow-list",
    "POST /settings/keys/{prefix}/limits": "PUT /keys/{prefix}/rate-limits",
    "POST /settings/keys/{prefix}/revoke": "DELETE /keys/{prefix}",
    "POST /settings/keys/{prefix}/rotate": "POST /keys/{prefix}/rotate",
    "POST /settings/users/new": "POST /users",
    "POST /settings/users/rules": "PATCH /sign-in-rules",
    "POST /settings/users/{user_id}/disable": "PATCH /users/{user_id}",
    "POST /settings/users/{user_id}/enable": "PATCH /users/{user_id}",
    "POST /settings/users/{user_id}/password": "PUT /users/{user_id}/password",
    "POST /settings/users/{user_id}/role": "PATCH /users/{user_id}",
    "POST /settings/users/{user_id}/second-factor/remove": "DELETE /users/{user_id}/second-factor",
    "POST /settings/webhooks": "POST /webhooks",
    "POST /settings/webhooks/{webhook_id}": "PATCH /webhooks/{webhook_id}",
    "POST /settings/webhooks/{webhook_id}/delete": "DELETE /webhooks/{webhook_id}",
    "POST /settings/webhooks/{webhook_id}/pause": "PATCH /webhooks/{webhook_id}",
    "POST /settings/webhooks/{webhook_id}/replay": "POST /webhooks/{webhook_id}/replay",
    "POST /settings/webhooks/{webhook_id}/resume": "PATCH /webhooks/{webhook_id}",
    "POST /settings/webhooks/{webhook_id}/secret": "POST /webhooks/{webhook_id}/rotate-secret",
    "POST /settings/webhooks/{webhook_id}/test": "POST /webhooks/{webhook_id}/test",
    "POST /send": "POST /send",
    # A form, and looks at what it asks for: dry runs.
    "POST /send/check": "POST /send",
    "POST /send/form": "POST /send",
    "POST /send/numbers": "POST /send",
    "POST /send/preview": "POST /send",
    "POST /send/test": "POST /send",
    "POST /send/files": "POST /uploads",
    "POST /sign-in": "POST /session",
    "POST /sign-out": "DELETE /session",
}
# They look up a number, which is to stand in no address, and change nothing.
LOOK_UPS = frozenset({"POST /numbers", "POST /settings/opt-outs/find"})
# What is of the browser alone, or of a time when nobody can call the API.
OF_THE_CONSOLE_ALONE = frozenset({"POST /preferences", "POST /set-up"})


def console_routes() -> list[Route]:
    """Return every method and path that the console serves, without its own prefix."""
    return [
        (method, route.path)
        for route in iter_route_contexts(create_console(State()).routes)
        for method in sorted(route.methods or ())
        if route.path is not None
    ]
