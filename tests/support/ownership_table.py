"""How every call is answered that names what is another account's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.api_routes import NOBODYS, NOBODYS_PARTS

_WORDS_NAMING = """
    uuid upload group senderid sender_id mobile mobileno idempotencykey idempotency-key
    subject author a b c d e
"""
_WORDS_PLAIN = """
    addresses addresses_kept_days agreedsegments allow appendhttp block calls_per_minute category
    clicks_kept_months code columns contacts default_region demands_second_factor destination
    dlt_entity_id dltentityid dlttemplateid duplicatecheck expires_at file format fromdate
    gone_url ip_allow_list is_disabled is_enabled kind kinds link_domains link_shape linkshape
    login msg msgtype name new_password note output overlap_hours pagelimit password
    password_calls paused query_mode recovery_code role scheduletime scopes sendmethod
    sends_per_minute since smart_encoding smartencoding smartlinktitle sms source test
    testmessage texts_kept_days time_zone todate tracklink until url userid action bom from to
    force keep_opt_out limit machines mode open sends status title top tz which last-event-id
    cursor
"""
# What could name something of another account; ``cursor`` is below, since lists have it.
NAMING = {name.strip("{}") for name in NOBODYS_PARTS} | set(_WORDS_NAMING.split())
# Names nothing that there is: what is to be, filters of one's own, credentials and how to answer.
# Logins are one namespace of all accounts, as docs and SECURITY.md say.
PLAIN = set(_WORDS_PLAIN.split())
PART_NAMES = {
    "campaign_uuid": "campaign",
    "upload_id": "upload",
    "group_id": "group",
    "webhook_id": "webhook",
    "user_id": "user",
    "session_id": "session",
    "erasure_id": "erasure",
    "prefix": "key",
    "msisdn": "msisdn",
    "sender_id": "sender_id",
}
NOBODYS_NAMES = {
    **{
        name: f"{NOBODYS[:-1]}{digit}"
        for digit, name in enumerate(
            ("campaign", "upload", "group", "webhook", "user", "session", "erasure")
        )
    },
    "key": NOBODYS_PARTS["{prefix}"],
    "msisdn": "919876400000",
    "transaction": "1234567890123456789",
    "group_name": "nobody-second",
    "sender_id": "NOBODY",
    "idempotency_key": "nobody-key",
    "login": "nobody-asha",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A call that names what is another's, ``{campaign}`` say, and how it is answered.

    ``{own_campaign}`` is the caller's own, so that the name beside it is what is refused.
    """

    status: int
    code: str | None
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)


UNKNOWN = Case(404, "not_found")
TEXT = {"msg": "Hello"}
SENT = (
    Case(200, None, TEXT | {"mobile": "{msisdn}", "idempotencyKey": "{idempotency_key}"}),
    Case(
        200, None, TEXT | {"mobile": "{msisdn}"}, headers={"idempotency-key": "{idempotency_key}"}
    ),
)
NO_UPLOAD = {"upload": "{upload}"} | TEXT
NO_GROUP = {"sendMethod": "group", "group": "{group}"} | TEXT
NO_GROUP_NAME = {"group": "{group_name}"} | TEXT
NO_SENDER = {"senderId": "{sender_id}", "mobile": "919876400009"} | TEXT


def by_query(*cases: Case) -> tuple[Case, ...]:
    return cases


def by_body(*cases: Case) -> tuple[Case, ...]:
    """Return the cases with their parameters in the body instead of the query."""
    return tuple(
        Case(case.status, case.code, body=dict(case.query), headers=case.headers) for case in cases
    )


SENDS = (
    *SENT,
    Case(404, "not_found", NO_UPLOAD),
    Case(400, "unknown_group", NO_GROUP),
    Case(400, "unknown_group", NO_GROUP_NAME),
    Case(400, "unknown_sender_id", NO_SENDER),
)
OLD_SENDS = tuple(
    Case(200, None, {"output": "json", "format": "json"} | dict(case.query), headers=case.headers)
    for case in SENDS
)
OLD_NAMES = ("{campaign}", "{transaction}")
OLD_UNKNOWN = tuple(Case(200, "404", {"uuid": name}) for name in OLD_NAMES)
OLD_UPDATE = tuple(
    Case(200, "404", {"uuid": name, "scheduleTime": "2026-12-31 22:00"}) for name in OLD_NAMES
)
OLD_NUMBER = Case(200, "200", {"mobileNo": "{msisdn}"})
CLICKS = (
    UNKNOWN,
    Case(200, None, {"mobile": "{msisdn}"}, parts={"campaign_uuid": "own_campaign"}),
)
COMPARED = tuple(
    Case(404, "not_found", {"a": "{own_campaign}", "b": "{own_second}", letter: "{campaign}"})
    for letter in "abcde"
)
LISTED = Case(200, None)
NOT_OPTED_OUT = Case(404, "not_opted_out")
TABLE: dict[str, tuple[Case, ...]] = {
    "GET /send": by_query(*SENDS),
    "POST /send": by_body(*SENDS),
    "GET /SMSApi/send": by_query(*OLD_SENDS),
    "POST /SMSApi/send": by_body(*OLD_SENDS),
    "GET /SMSApi/rest/send": by_query(*OLD_SENDS),
    "POST /SMSApi/rest/send": by_body(*OLD_SENDS),
    "GET /SMSApi/schedule/read": by_query(*OLD_UNKNOWN),
    "POST /SMSApi/schedule/read": by_body(*OLD_UNKNOWN),
    "GET /SMSApi/schedule/update": by_query(*OLD_UPDATE),
    "POST /SMSApi/schedule/update": by_body(*OLD_UPDATE),
    "GET /SMSApi/schedule/delete": by_query(*OLD_UNKNOWN),
    "POST /SMSApi/schedule/delete": by_body(*OLD_UNKNOWN),
    "GET /SMSApi/report/status": by_query(*OLD_UNKNOWN, OLD_NUMBER),
    "POST /SMSApi/report/status": by_body(*OLD_UNKNOWN, OLD_NUMBER),
    "GET /SMSApi/linktrack/read": by_query(*OLD_UNKNOWN),
    "POST /SMSApi/linktrack/read": by_body(*OLD_UNKNOWN),
    "GET /SMSApi/linktrack/report": by_query(*OLD_UNKNOWN),
    "POST /SMSApi/linktrack/report": by_body(*OLD_UNKNOWN),
    "GET /uploads/{upload_id}": (UNKNOWN,),
    "DELETE /uploads/{upload_id}": (UNKNOWN,),
    "GET /campaigns": (Case(200, None, {"sender_id": "{sender_id}"}),),
    "GET /campaigns/compare": COMPARED,
    "GET /campaigns/{campaign_uuid}": (UNKNOWN,),
    "GET /campaigns/{campaign_uuid}/breakdown": (UNKNOWN,),
    "GET /campaigns/{campaign_uuid}/recipients": (UNKNOWN,),
    "GET /campaigns/{campaign_uuid}/clicks": CLICKS,
    "POST /campaigns/{campaign_uuid}/pause": (UNKNOWN,),
    "POST /campaigns/{campaign_uuid}/resume": (UNKNOWN,),
    "POST /campaigns/{campaign_uuid}/cancel": (UNKNOWN,),
    "POST /campaigns/{campaign_uuid}/reschedule": (
        Case(404, "not_found", body={"scheduleTime": "2026-12-31 22:00"}),
    ),
    "POST /campaigns/{campaign_uuid}/duplicate": (
        Case(404, "not_found", headers={"idempotency-key": "{idempotency_key}"}),
        Case(
            200,
            None,
            body={"idempotencyKey": "{idempotency_key}"},
            parts={"campaign_uuid": "own_campaign"},
        ),
    ),
    "POST /links": (
        Case(
            200,
            None,
            body={
                "mobile": "{msisdn}",
                "msg": "See https://shop.example/sale",
                "idempotencyKey": "{idempotency_key}",
            },
        ),
        Case(
            200,
            None,
            body={"mobile": "{msisdn}", "msg": "See https://shop.example/sale"},
            headers={"idempotency-key": "{idempotency_key}"},
        ),
        Case(400, "unknown_sender_id", body=NO_SENDER),
    ),
    "GET /campaigns/{campaign_uuid}/links": (UNKNOWN,),
    "PATCH /campaigns/{campaign_uuid}/links": (Case(404, "not_found", body={"paused": True}),),
    "GET /campaigns/{campaign_uuid}/changes": (UNKNOWN,),
    "GET /campaigns/{campaign_uuid}/recipients.csv": (UNKNOWN,),
    "GET /campaigns/{campaign_uuid}/clicks.csv": CLICKS,
    "GET /campaigns/{campaign_uuid}/recipients.xlsx": (UNKNOWN,),
    "GET /campaigns/{campaign_uuid}/clicks.xlsx": (
        Case(404, "not_found", {"mobile": "{msisdn}"}),
    ),
    "GET /campaigns/{campaign_uuid}/events": (UNKNOWN,),
    "GET /recipients/{msisdn}": (LISTED,),
    "DELETE /recipients/{msisdn}": (Case(202, None),),
    "GET /erasures/{erasure_id}": (UNKNOWN,),
    "GET /recipients/{msisdn}/export": (LISTED,),
    "GET /webhooks/{webhook_id}": (UNKNOWN,),
    "PATCH /webhooks/{webhook_id}": (Case(404, "not_found", body={"is_enabled": False}),),
    "DELETE /webhooks/{webhook_id}": (UNKNOWN,),
    "POST /webhooks/{webhook_id}/rotate-secret": (Case(404, "not_found", body={}),),
    "POST /webhooks/{webhook_id}/test": (UNKNOWN,),
    "GET /webhooks/{webhook_id}/deliveries": (UNKNOWN,),
    "POST /webhooks/{webhook_id}/replay": (
        Case(
            404,
            "not_found",
            body={"since": "2026-11-29T00:00:00Z", "until": "2026-11-29T01:00:00Z"},
        ),
    ),
    "POST /keys/{prefix}/rotate": (Case(404, "not_found", body={}),),
    "PUT /keys/{prefix}/rate-limits": (
        Case(404, "not_found", body={"calls_per_minute": 1, "sends_per_minute": 1}),
    ),
    "DELETE /keys/{prefix}": (UNKNOWN,),
    "PUT /keys/{prefix}/ip-allow-list": (
        Case(404, "not_found", {"force": "true"}, body={"ip_allow_list": ["192.0.2.1"]}),
    ),
    "PATCH /sender-ids/{sender_id}": (Case(404, "not_found", body={"link_shape": "header"}),),
    "GET /suppressions/{msisdn}": (NOT_OPTED_OUT,),
    "PUT /suppressions/{msisdn}": (Case(201, None, body={}),),
    "DELETE /suppressions/{msisdn}": (NOT_OPTED_OUT,),
    "GET /groups/{group_id}": (UNKNOWN,),
    "PATCH /groups/{group_id}": (Case(404, "not_found", body={"name": "Mine"}),),
    "DELETE /groups/{group_id}": (UNKNOWN,),
    "GET /groups/{group_id}/contacts": (UNKNOWN,),
    "POST /groups/{group_id}/contacts": (
        Case(404, "not_found", body={"contacts": [{"mobile": "{msisdn}"}]}),
    ),
    "POST /groups/{group_id}/contacts/import": (
        Case(
            404,
            "not_found",
            {"mode": "replace"},
            body="Phone\n919876400009\n",
            headers={"content-type": "text/csv"},
        ),
    ),
    "GET /groups/{group_id}/contacts.csv": (UNKNOWN,),
    "GET /groups/{group_id}/contacts.xlsx": (UNKNOWN,),
    "DELETE /groups/{group_id}/contacts/{msisdn}": (
        UNKNOWN,
        Case(404, "not_found", parts={"group_id": "own_group"}),
    ),
    "GET /audit": (
        Case(200, None, {"subject": "{campaign}"}),
        Case(200, None, {"author": "{login}"}),
    ),
    "GET /audit.csv": (
        Case(200, None, {"subject": "{campaign}"}),
        Case(200, None, {"author": "{login}"}),
    ),
    "PATCH /users/{user_id}": (Case(404, "not_found", body={"is_disabled": True}),),
    "PUT /users/{user_id}/password": (
        Case(404, "not_found", body={"password": "Green teapot of the moon"}),
    ),
    "DELETE /users/{user_id}/second-factor": (UNKNOWN,),
    "DELETE /sessions/{session_id}": (UNKNOWN,),
}
