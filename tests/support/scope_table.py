"""Which scope each call asks for: a change of one shows here."""

from tests.support.api_routes import Route

SCOPES = ("send", "otp", "report", "admin")
# For everyone, and what only a session does about its own user.
WITHOUT_SCOPE = """
    GET /openapi.json, HEAD /openapi.json, GET /docs, GET /docs/oauth2-redirect, GET /healthz,
    GET /whoami, POST /session, GET /session, DELETE /session, GET /sessions,
    DELETE /sessions/{session_id}, POST /session/proof, POST /session/password,
    POST /session/second-factor, POST /session/second-factor/confirm,
    POST /session/second-factor/recovery-codes, POST /session/second-factor/remove
"""
TABLE = {
    "send": """
        GET /send, POST /send, GET /SMSApi/send, POST /SMSApi/send, GET /SMSApi/rest/send,
        POST /SMSApi/rest/send, GET /SMSApi/schedule/read, POST /SMSApi/schedule/read,
        GET /SMSApi/schedule/update, POST /SMSApi/schedule/update, GET /SMSApi/schedule/delete,
        POST /SMSApi/schedule/delete, POST /uploads, GET /uploads, GET /uploads/{upload_id},
        DELETE /uploads/{upload_id}, POST /campaigns/{campaign_uuid}/pause,
        POST /campaigns/{campaign_uuid}/resume, POST /campaigns/{campaign_uuid}/cancel,
        POST /campaigns/{campaign_uuid}/reschedule, POST /campaigns/{campaign_uuid}/duplicate,
        POST /links, PATCH /campaigns/{campaign_uuid}/links, PUT /suppressions/{msisdn},
        POST /groups, GET /groups, GET /groups/{group_id}, PATCH /groups/{group_id},
        DELETE /groups/{group_id}, GET /groups/{group_id}/contacts,
        POST /groups/{group_id}/contacts, POST /groups/{group_id}/contacts/import,
        GET /groups/{group_id}/contacts.csv, GET /groups/{group_id}/contacts.xlsx,
        DELETE /groups/{group_id}/contacts/{msisdn}
    """,
    "otp": "",
    "report": """
        GET /SMSApi/report/status, POST /SMSApi/report/status, GET /SMSApi/linktrack/read,
        POST /SMSApi/linktrack/read, GET /SMSApi/linktrack/report,
        POST /SMSApi/linktrack/report, GET /SMSApi/account/readstatus,
        POST /SMSApi/account/readstatus, GET /account, GET /sender-ids, GET /campaigns,
        GET /campaigns/compare, GET /campaigns/{campaign_uuid},
        GET /campaigns/{campaign_uuid}/breakdown, GET /campaigns/{campaign_uuid}/recipients,
        GET /campaigns/{campaign_uuid}/clicks, GET /campaigns/{campaign_uuid}/links,
        GET /campaigns/{campaign_uuid}/changes, GET /campaigns/{campaign_uuid}/events,
        GET /campaigns/{campaign_uuid}/recipients.csv,
        GET /campaigns/{campaign_uuid}/clicks.csv,
        GET /campaigns/{campaign_uuid}/recipients.xlsx,
        GET /campaigns/{campaign_uuid}/clicks.xlsx, GET /days, GET /credit, GET /credit/entries,
        GET /credit/entries.csv, GET /recipients/{msisdn}, GET /suppressions,
        GET /suppressions.csv, GET /suppressions.xlsx, GET /suppressions/{msisdn},
        GET /sandbox/messages
    """,
    "admin": """
        DELETE /recipients/{msisdn}, GET /erasures/{erasure_id},
        GET /recipients/{msisdn}/export, PATCH /account, PATCH /sender-ids/{sender_id},
        GET /privacy, PATCH /privacy, POST /webhooks, GET /webhooks, GET /webhooks/{webhook_id},
        PATCH /webhooks/{webhook_id}, DELETE /webhooks/{webhook_id},
        POST /webhooks/{webhook_id}/rotate-secret, POST /webhooks/{webhook_id}/test,
        GET /webhooks/{webhook_id}/deliveries, POST /webhooks/{webhook_id}/replay, POST /keys,
        GET /keys, POST /keys/{prefix}/rotate, PUT /keys/{prefix}/rate-limits,
        DELETE /keys/{prefix}, GET /ip-allow-list, PUT /ip-allow-list,
        PUT /keys/{prefix}/ip-allow-list, GET /destination-list, PUT /destination-list,
        POST /destination-list/test, POST /suppressions/import, DELETE /suppressions/{msisdn},
        GET /audit, GET /audit.csv, GET /alerts, POST /users, GET /users,
        PATCH /users/{user_id}, PUT /users/{user_id}/password,
        DELETE /users/{user_id}/second-factor, GET /sign-in-rules, PATCH /sign-in-rules
    """,
}
# What a role needs besides to fetch a whole report as a file; a key needs nothing besides.
OF_FILES = "export"
FILES = (".csv", ".xlsx")


def routes_in(text: str) -> set[Route]:
    found: set[Route] = set()
    for each in text.replace("\n", " ").split(","):
        method, _, path = each.strip().partition(" ")
        found |= {(method, path)} if method else set()
    return found


SCOPE_OF = {route: scope for scope, text in TABLE.items() for route in routes_in(text)}


def scope_of_role(method: str, path: str) -> str:
    """Return what a role has to be allowed, so that its session may call."""
    scope = SCOPE_OF[method, path]
    return OF_FILES if scope == "report" and path.endswith(FILES) else scope
