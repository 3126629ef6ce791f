"""/openapi.json is true to what the API takes, and good to make a client of."""

import json
import re
from typing import Any

import pytest
from pydantic import SecretStr

from services.api.error_responses import REFUSALS
from services.api.main import create_app
from services.api.schemas.send import SEND_PARAMETERS
from services.api.schemas.send_answers import ErrorAnswer
from services.api.settings import ApiSettings

DESCRIBED = create_app(ApiSettings(database_url=SecretStr("postgresql://nowhere/none"))).openapi()
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method} {path}": operation
    for path, methods in DESCRIBED["paths"].items()
    for method, operation in methods.items()
}
SENDS = [
    f"{m} {p}" for p in ("/send", "/SMSApi/send", "/SMSApi/rest/send") for m in ("get", "post")
]
# The old paths know one name for the form of the answer.
UNKNOWN_THERE = {"/send": "", "/SMSApi/send": "format", "/SMSApi/rest/send": "output"}
CODES = {kind.code: refusal for kind, refusal in REFUSALS.items()}


def documented_names(operation: dict[str, Any]) -> set[str]:
    """Return the parameters of an operation, whether in its query or in its body."""
    names = {each["name"] for each in operation["parameters"] if each["in"] == "query"}
    if "requestBody" in operation:
        names |= operation["requestBody"]["content"]["application/json"]["schema"][
            "properties"
        ].keys()
    return names


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]

    assert len(ids) == len(set(ids))


def test_keys_may_be_given_on_the_page() -> None:
    schemes = DESCRIBED["components"]["securitySchemes"]

    assert (schemes["apikey"]["type"], schemes["apikey"]["in"]) == ("apiKey", "header")
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - {"get /healthz"}))
def test_every_operation_says_that_it_wants_a_key(name: str) -> None:
    assert {"apikey": []} in OPERATIONS[name]["security"]
    assert {"bearer": []} in OPERATIONS[name]["security"]


@pytest.mark.parametrize("name", SENDS)
def test_a_send_has_its_parameters_on_every_path(name: str) -> None:
    wanted = {parameter.name for parameter in SEND_PARAMETERS}

    documented = documented_names(OPERATIONS[name])

    assert documented == wanted - {UNKNOWN_THERE[name.split()[1]]}
    headers = [each["name"] for each in OPERATIONS[name]["parameters"] if each["in"] == "header"]
    assert headers == ["Idempotency-Key"]


def test_nothing_of_the_frameworks_own_errors_is_promised() -> None:
    assert "ValidationError" not in json.dumps(DESCRIBED)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name.startswith("get ")])
def test_what_has_no_body_cannot_have_a_malformed_one(name: str) -> None:
    assert not {"408", "415", "422"} & OPERATIONS[name]["responses"].keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_examples_of_an_error_are_errors_of_its_status(name: str) -> None:
    for status, response in OPERATIONS[name]["responses"].items():
        content = response.get("content", {}).get("application/json", {})
        for code, example in content.get("examples", {}).items():
            assert ErrorAnswer.model_validate(example["value"]).code == code
            assert CODES[code].status == int(status)


@pytest.mark.parametrize("status", ["400", "401", "403", "408", "409", "413", "415", "422", "503"])
def test_each_status_of_a_send_has_examples_of_its_own(status: str) -> None:
    response = OPERATIONS["post /send"]["responses"][status]

    assert response["description"]
    assert response["content"]["application/json"]["examples"]


@pytest.mark.parametrize(
    "path", [path for path in DESCRIBED["paths"] if "{campaign_uuid}" in path]
)
def test_a_report_says_what_is_not_found(path: str) -> None:
    assert {"400", "401", "403", "404", "503"} <= OPERATIONS[f"get {path}"]["responses"].keys()


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DESCRIBED)))

    assert names <= DESCRIBED["components"]["schemas"].keys()
    assert {"SendAnswer", "TradeAnswer", "TradeError", "ErrorAnswer"} <= names
