"""What /openapi.json says beyond what FastAPI finds out by itself.

A send reads its parameters from wherever they stand, and every route answers its errors in one
shape: neither is in a signature. The examples of errors are made of the errors themselves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from services.api.domain import errors
from services.api.domain.campaign_states import CampaignAction, refusals_of
from services.api.domain.opt_outs import NotOptedOutError
from services.api.error_responses import REFUSALS, RETRY_AFTER_S, error_values
from services.api.schemas.documented_errors import (
    EVERYWHERE,
    OF_ACCOUNT_CHANGES,
    OF_ALLOW_LISTS,
    OF_BODIES,
    OF_CHANGED_ALLOW_LISTS,
    OF_CHANGED_DESTINATION_LISTS,
    OF_CHANGED_GROUPS,
    OF_CHANGED_RULES,
    OF_CONFIRMATIONS,
    OF_DESTINATION_LISTS,
    OF_DUPLICATES,
    OF_EDITED_USERS,
    OF_ENROLMENTS,
    OF_ERASURES,
    OF_FULL_PROOFS,
    OF_GROUPS,
    OF_IMPORTS,
    OF_KEYS,
    OF_LINK_CHANGES,
    OF_MADE_LINKS,
    OF_NEW_KEYS,
    OF_NEW_USERS,
    OF_NUMBERS,
    OF_ONE_GROUP,
    OF_OPT_OUTS,
    OF_ORDERS,
    OF_ORDERS_WITH_PARAMETERS,
    OF_OWN_FACTOR,
    OF_OWN_PASSWORD,
    OF_OWNERS,
    OF_PRIVACY,
    OF_RATE_LIMITS,
    OF_REPORTS,
    OF_ROTATIONS,
    OF_SENDER_IDS,
    OF_SENDS,
    OF_SESSIONS,
    OF_SIGN_IN,
    OF_SPREADSHEETS,
    OF_THE_HOUSE,
    OF_TRIED_DESTINATIONS,
    OF_USER_FACTORS,
    OF_USER_PASSWORDS,
    OF_USERS,
)
from services.api.schemas.limit_fields import DESCRIBED_FIELDS, RETRY_AFTER
from services.api.schemas.old_reports import (
    DAY_PARAMETERS,
    NUMBER_PARAMETER,
    PAGE_PARAMETERS,
    UUID_PARAMETER,
)
from services.api.schemas.reading import FORM, JSON, XML
from services.api.schemas.send_answers import ErrorAnswer, SendAnswer, TradeAnswer, TradeError
from services.api.schemas.send_examples import answer_examples, request_examples
from services.api.schemas.send_parameters import (
    MAX_IDEMPOTENCY_KEY,
    SEND_PARAMETERS,
    SendParameter,
)
from shared.domain.errors import DomainError

PLAIN = "text/plain"
REF = "#/components/schemas/{model}"
MODELS = (SendAnswer, TradeAnswer, TradeError, ErrorAnswer)
NEW_PATH = "/send"
UNLIMITED_PATHS = frozenset({"/healthz", "/whoami"})
# Each with what it calls the form of the answer, which has another default there.
OLD_PATHS = {"/SMSApi/send": "output", "/SMSApi/rest/send": "format"}
_BY_NAME = {parameter.name: parameter for parameter in SEND_PARAMETERS}
# With what each takes besides the form of its answer and credentials.
OLD_CALLS: Mapping[str, Sequence[SendParameter]] = {
    "/SMSApi/schedule/read": (UUID_PARAMETER,),
    "/SMSApi/schedule/update": (UUID_PARAMETER, _BY_NAME["scheduleTime"]),
    "/SMSApi/schedule/delete": (UUID_PARAMETER,),
    "/SMSApi/report/status": (
        UUID_PARAMETER,
        *DAY_PARAMETERS,
        NUMBER_PARAMETER,
        *PAGE_PARAMETERS,
    ),
    "/SMSApi/linktrack/read": (UUID_PARAMETER, *DAY_PARAMETERS, *PAGE_PARAMETERS),
    "/SMSApi/linktrack/report": (UUID_PARAMETER, *PAGE_PARAMETERS),
    "/SMSApi/account/readstatus": (),
}
# By the end of the path.
ORDERS: Mapping[str, CampaignAction] = {
    "pause": CampaignAction.PAUSE,
    "resume": CampaignAction.RESUME,
    "cancel": CampaignAction.CANCEL,
    "reschedule": CampaignAction.RESCHEDULE,
    "duplicate": CampaignAction.DUPLICATE,
}
OF_LINKS: Mapping[str, Sequence[DomainError]] = {
    "post /links": OF_MADE_LINKS,
    "patch /campaigns/{campaign_uuid}/links": OF_LINK_CHANGES,
}
OF_WEBHOOKS = (
    errors.InvalidValueError("url", "must begin with https://"),
    errors.ScopeMissingError("admin"),
)
OF_SMALL_BODIES = (
    errors.BodyTimeoutError(60),
    errors.BodyTooLargeError(1 << 14),
    errors.MalformedBodyError("it must be a JSON object"),
)
OF_ACCESS: Mapping[str, Sequence[DomainError]] = {
    "get /audit": OF_OWNERS,
    "get /audit.csv": OF_OWNERS,
    "get /alerts": OF_OWNERS,
    "get /keys": (errors.UnknownParameterError("limt", "limit"), *OF_KEYS[1:2]),
    "post /keys": (*OF_KEYS, *OF_NEW_KEYS),
    "post /keys/{prefix}/rotate": (*OF_KEYS, *OF_ROTATIONS),
    "delete /keys/{prefix}": (
        errors.InvalidValueError("prefix", "must not hold the character NUL"),
        *OF_KEYS[1:2],
    ),
    "put /keys/{prefix}/rate-limits": OF_RATE_LIMITS,
    "get /ip-allow-list": OF_ALLOW_LISTS[1:],
    "get /destination-list": OF_DESTINATION_LISTS,
    "put /destination-list": OF_CHANGED_DESTINATION_LISTS,
    "post /destination-list/test": OF_TRIED_DESTINATIONS,
    "put /ip-allow-list": (*OF_ALLOW_LISTS, *OF_CHANGED_ALLOW_LISTS),
    "put /keys/{prefix}/ip-allow-list": (*OF_ALLOW_LISTS, *OF_CHANGED_ALLOW_LISTS),
    "delete /recipients/{msisdn}": OF_NUMBERS,
    "get /recipients/{msisdn}/export": OF_NUMBERS,
    "get /erasures/{erasure_id}": OF_ERASURES,
    "get /privacy": OF_PRIVACY[1:],
    "patch /privacy": OF_PRIVACY,
    "patch /account": OF_ACCOUNT_CHANGES,
    "patch /sender-ids/{sender_id}": OF_SENDER_IDS,
    "get /users": OF_USERS,
    "post /users": OF_NEW_USERS,
    "patch /users/{user_id}": OF_EDITED_USERS,
    "put /users/{user_id}/password": OF_USER_PASSWORDS,
    "delete /users/{user_id}/second-factor": OF_USER_FACTORS,
    "get /sign-in-rules": OF_USERS,
    "patch /sign-in-rules": OF_CHANGED_RULES,
}
# What users do about themselves, where a session is all that counts.
OF_ONESELF: Mapping[str, Sequence[DomainError]] = {
    "post /session": OF_SIGN_IN,
    "get /session": OF_SESSIONS,
    "delete /session": OF_SESSIONS,
    "get /sessions": OF_SESSIONS,
    "delete /sessions/{session_id}": (*OF_SESSIONS, errors.NotFoundError("session")),
    "post /session/proof": (*OF_SESSIONS, *OF_FULL_PROOFS),
    "post /session/password": (*OF_SESSIONS, *OF_OWN_PASSWORD),
    "post /session/second-factor": (*OF_SESSIONS, *OF_ENROLMENTS),
    "post /session/second-factor/confirm": (*OF_SESSIONS, *OF_CONFIRMATIONS),
    "post /session/second-factor/recovery-codes": (*OF_SESSIONS, *OF_OWN_FACTOR),
    "post /session/second-factor/remove": (*OF_SESSIONS, *OF_OWN_FACTOR),
}
WHAT_STATUSES_MEAN = {
    400: "A parameter is missing or wrong; `field` names it",
    401: "No live API key or session, or a wrong login, password or code",
    402: "The account is prepaid, and has fewer credits than the send has segments",
    403: "The API key or the user may not do this, or not from this address or page",
    404: "Nothing of this account has that id",
    408: "The body did not come in time",
    409: "The idempotency key came before with another request, the upload is not read yet, the "
    "send takes more segments than were agreed to, or the campaign, the key or the user stands "
    "where this cannot be done, its texts are no longer kept, or its links lead to several places",
    413: "The body is too large, or holds too many numbers",
    414: "The path with its query is too long",
    415: "The content type is not read",
    422: "The body is not what its content type says",
    429: "Too many calls a minute, as many of this account at a time as may be, too many "
    "failures, or the day's cap is reached; try again after `Retry-After` seconds",
    500: "A fault of ours, which has been logged",
    503: f"Not now; try again after `Retry-After` seconds, such as {RETRY_AFTER_S}",
}
IDEMPOTENCY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same as idempotencyKey, which need not be sent then.",
    "schema": {"type": "string", "maxLength": MAX_IDEMPOTENCY_KEY},
}

Operation = dict[str, Any]


def document(app: FastAPI) -> None:
    """Let the application describe itself in full, once it is asked to."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
        return app.openapi_schema

    # As FastAPI's documentation has it: "Extending OpenAPI".
    app.openapi = openapi  # type: ignore[method-assign]


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description of an application."""
    described = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
    )
    for path, method, operation in _operations(described):
        # Wrong parameters are answered with 400 and in our own shape.
        if _is_of_framework(operation["responses"].get("422")):
            del operation["responses"]["422"]
        _describe(path, method, operation)
        if path not in UNLIMITED_PATHS:
            _add_limit_fields(operation)
    described["components"]["headers"] = dict(DESCRIBED_FIELDS)
    schemas = described["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _, definitions = models_json_schema(
        [(model, "serialization") for model in MODELS], ref_template=REF
    )
    schemas |= definitions["$defs"]
    return described


def _describe(path: str, method: str, operation: Operation) -> None:
    if path == NEW_PATH:
        _describe_send(operation, method)
    elif path in OLD_PATHS:
        _describe_old_send(operation, method, output=OLD_PATHS[path])
    elif path in OLD_CALLS:
        _describe_old_call(OLD_CALLS[path], method, operation)
    elif (order := path.rpartition("/")[2]) in ORDERS:
        _describe_order(order, operation)
    elif (place := f"{method} {path}") in OF_LINKS:
        _add_errors(operation, [*EVERYWHERE, *OF_LINKS[place]])
    elif place in OF_ONESELF:
        of_bodies = OF_SMALL_BODIES if "requestBody" in operation else ()
        _add_errors(operation, [*OF_ONESELF[place], *of_bodies, *OF_THE_HOUSE])
    elif place in OF_ACCESS:
        of_bodies = OF_SMALL_BODIES if "requestBody" in operation else ()
        _add_errors(operation, [*EVERYWHERE, *OF_ACCESS[place], *of_bodies])
    elif path.startswith(("/suppressions", "/groups")):
        _describe_consent(path, method, operation)
    elif operation.get("security"):
        _describe_report(path, operation)
    else:
        _add_errors(operation, [errors.InternalError(), errors.UnavailableError()])


def _operations(described: Mapping[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _is_of_framework(response: object) -> bool:
    return "HTTPValidationError" in str(response)


def _describe_send(operation: Operation, method: str) -> None:
    operation["security"] = [{"apikey": []}, {"bearer": []}, {}]
    if method == "post":
        operation["security"].insert(2, {"session": []})
    accepted = _response("Accepted and durably queued", ["SendAnswer"])
    accepted["content"][JSON]["examples"] = dict(answer_examples())
    operation["responses"] = {"200": accepted}
    _add_parameters(operation, method)
    of_bodies = OF_BODIES if method == "post" else ()
    _add_errors(operation, [*EVERYWHERE, *OF_SENDS, *of_bodies])
    _add_forms(operation)


def _add_forms(operation: Operation) -> None:
    """Say that every answer comes as XML or as plain text, too, if that is asked for."""
    for response in operation["responses"].values():
        for form in (XML, PLAIN):
            response["content"].setdefault(form, {"schema": {"type": "string"}})


def _describe_old_send(operation: Operation, method: str, *, output: str) -> None:
    operation["security"] = [{"apikey": []}, {"bearer": []}, {}]
    answer = _response("Accepted, or refused with status error", ["TradeAnswer", "TradeError"])
    plain = "success | 919876543210 |  | 8466326473775335661 | 200 | success |  | 2026-11-25 …"
    answer["content"] = {
        PLAIN: {"schema": {"type": "string"}, "example": plain},
        **answer["content"],
    }
    operation["responses"] = {"200": answer}
    _add_forms(operation)
    _add_parameters(operation, method, output=output)


def _describe_order(order: str, operation: Operation) -> None:
    action = ORDERS[order]
    refusals = refusals_of(action)
    of_copies = OF_DUPLICATES if action is CampaignAction.DUPLICATE else ()
    of_bodies = OF_ORDERS_WITH_PARAMETERS if "requestBody" in operation else ()
    _add_errors(operation, [*EVERYWHERE, *OF_ORDERS, *refusals, *of_copies, *of_bodies])


def _describe_old_call(
    parameters: Sequence[SendParameter], method: str, operation: Operation
) -> None:
    """Add the parameters: in the query of a GET, in the body of a POST."""
    operation["security"] = [{"apikey": []}, {"bearer": []}, {}]
    _add_forms(operation)
    taken = [*parameters, *(_BY_NAME[name] for name in ("output", "userId", "password"))]
    if method == "get":
        operation["parameters"] = [_query_parameter(each) for each in taken]
        return
    schema = {
        "type": "object",
        "properties": {
            each.name: {**each.schema, "description": each.description} for each in taken
        },
    }
    operation["requestBody"] = {"content": {kind: {"schema": schema} for kind in (FORM, JSON)}}


def _query_parameter(parameter: SendParameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": dict(parameter.schema),
        **({} if parameter.example is None else {"example": parameter.example}),
    }


def _describe_report(path: str, operation: Operation) -> None:
    if path.startswith("/webhooks"):
        of_bodies = OF_SMALL_BODIES if "requestBody" in operation else ()
        _add_errors(operation, [*EVERYWHERE, *OF_WEBHOOKS, *of_bodies])
        return
    found = [errors.NotFoundError("campaign")] if "{campaign_uuid}" in path else []
    if path.endswith("/compare"):
        found = [errors.NotFoundError("campaign", field="b")]
    busy = OF_SPREADSHEETS if path.endswith(".xlsx") else ()
    _add_errors(operation, [*EVERYWHERE, *OF_REPORTS, *found, *busy])


def _add_limit_fields(operation: Operation) -> None:
    """Add the header fields that tell of rate limits to every answer."""
    for status, response in operation["responses"].items():
        names = [name for name in DESCRIBED_FIELDS if status == "429" or name != RETRY_AFTER]
        response["headers"] = response.get("headers", {}) | {
            name: {"$ref": f"#/components/headers/{name}"} for name in names
        }


def _describe_consent(path: str, method: str, operation: Operation) -> None:
    found: list[DomainError] = [*EVERYWHERE]
    if path.startswith("/groups"):
        found += OF_GROUPS
        found += OF_ONE_GROUP if "{group_id}" in path else ()
        found += OF_CHANGED_GROUPS if method != "get" else ()
    else:
        scopes = {"get": "report", "put": "send"}
        found += [*OF_OPT_OUTS, errors.ScopeMissingError(scopes.get(method, "admin"))]
        found += [NotOptedOutError()] if "{msisdn}" in path and method != "put" else []
    if path.endswith("/import"):
        found += OF_IMPORTS
    elif "requestBody" in operation:
        found += OF_SMALL_BODIES
    found += OF_SPREADSHEETS if path.endswith(".xlsx") else ()
    _add_errors(operation, found)


def _response(meaning: str, models: list[str]) -> dict[str, Any]:
    refs = [{"$ref": REF.format(model=model)} for model in models]
    schema = refs[0] if len(refs) == 1 else {"oneOf": refs}
    return {"description": meaning, "content": {JSON: {"schema": schema}}}


def _add_errors(operation: Operation, kinds: Iterable[DomainError]) -> None:
    """Add the answer of each status that errors have, where a route has none of its own."""
    by_status: dict[int, list[DomainError]] = {}
    for error in kinds:
        by_status.setdefault(REFUSALS[type(error)].status, []).append(error)
    responses = operation["responses"]
    for status in sorted(by_status):
        response = _response(WHAT_STATUSES_MEAN[status], ["ErrorAnswer"])
        response["content"][JSON]["examples"] = {
            error.told_code: {"value": error_values(error)} for error in by_status[status]
        }
        responses.setdefault(str(status), response)


def _add_parameters(operation: Operation, method: str, *, output: str | None = None) -> None:
    """Add a send's parameters: in the query of a GET, in the body of a POST."""
    named = {parameter.name: parameter for parameter in SEND_PARAMETERS}
    if output:
        # The old paths know one name for the form of the answer.
        del named["format" if output == "output" else "output"]
        forms = named[output]
        named[output] = replace(forms, schema={**forms.schema, "default": "plain"})
    operation["parameters"] = [IDEMPOTENCY_HEADER]
    if method == "get":
        operation["parameters"] += [
            _query_parameter(parameter)
            for parameter in named.values()
            if parameter.only_in is None
        ]
        return
    operation["requestBody"] = {
        "required": True,
        "content": {
            kind: {"schema": _body_schema(kind, named), "examples": examples}
            for kind, examples in request_examples().items()
        },
    }


def _body_schema(kind: str, named: Mapping[str, SendParameter]) -> dict[str, Any]:
    """Return what a body of a content type may hold."""
    if kind == XML:
        return {
            "type": "string",
            "description": "`<data>` with one element a parameter, and an `<sms>` a message",
        }
    properties = {
        name: {**parameter.schema, "description": parameter.description}
        for name, parameter in named.items()
        if parameter.only_in is None or kind in parameter.only_in
    }
    return {"type": "object", "properties": properties}
