"""/openapi.json is true to what the API takes, and good to make a client of."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from pydantic import SecretStr

from services.api.domain.campaign_states import CampaignState, CampaignStateError
from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.error_responses import REFUSALS
from services.api.main import create_app
from services.api.schemas.parameters import Parameters
from services.api.schemas.send import to_send_command
from services.api.schemas.send_answers import ErrorAnswer, SendAnswer
from services.api.schemas.send_examples import request_examples
from services.api.schemas.send_parameters import SEND_PARAMETERS
from services.api.schemas.spreadsheets import XLSX_TYPE
from services.api.schemas.xml_body import parse_xml
from services.api.settings import ApiSettings
from tests.support.sealing import SECRET_KEYS

DESCRIBED = create_app(
    ApiSettings(database_url=SecretStr("postgresql://nowhere/none"), secret_keys=SECRET_KEYS)
).openapi()
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method} {path}": operation
    for path, methods in DESCRIBED["paths"].items()
    for method, operation in methods.items()
}
# Who are refused without credentials, but for old clients, who get HTTP 200.
GUARDED = [name for name, found in OPERATIONS.items() if "401" in found["responses"]]
SENDS = [
    f"{m} {p}" for p in ("/send", "/SMSApi/send", "/SMSApi/rest/send") for m in ("get", "post")
]
# The old paths know one name for the form of the answer.
UNKNOWN_THERE = {"/send": "", "/SMSApi/send": "format", "/SMSApi/rest/send": "output"}
CODES = {kind.code: refusal for kind, refusal in REFUSALS.items()} | {
    fault.value: REFUSALS[SheetError] for fault in SheetFault
}
CODES |= {f"campaign_{state}": REFUSALS[CampaignStateError] for state in CampaignState}
# Each with the parameters that only some bodies can hold.
ONLY_THERE = {
    "query": set[str](),
    "application/json": {"sms"},
    "application/x-www-form-urlencoded": set[str](),
    "multipart/form-data": {"file"},
}
GONE = {"campaign_cancelled", "campaign_external"}
BODIES = [
    pytest.param(kind, example["value"], id=f"{kind} {name}")
    for kind, examples in request_examples().items()
    for name, example in examples.items()
]


def documented_names(operation: dict[str, Any]) -> dict[str, set[str]]:
    """Return the parameters of an operation by where they may stand."""
    if "requestBody" not in operation:
        return {
            "query": {each["name"] for each in operation["parameters"] if "query" in each["in"]}
        }
    return {
        kind: set(body["schema"]["properties"])
        for kind, body in operation["requestBody"]["content"].items()
        if kind != "application/xml"
    }


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]

    assert len(ids) == len(set(ids))


def test_keys_may_be_given_on_the_page() -> None:
    schemes = DESCRIBED["components"]["securitySchemes"]

    assert (schemes["apikey"]["type"], schemes["apikey"]["in"]) == ("apiKey", "header")
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")


OF_ONESELF = {name for name in OPERATIONS if name.partition(" ")[2].startswith("/session")}
OF_EVERYONE = {"get /healthz", "get /whoami", "post /session"}


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - OF_EVERYONE - OF_ONESELF))
def test_every_operation_says_that_it_wants_a_key(name: str) -> None:
    assert {"apikey": []} in OPERATIONS[name]["security"]
    assert {"bearer": []} in OPERATIONS[name]["security"]


@pytest.mark.parametrize("name", sorted(OF_ONESELF - OF_EVERYONE))
def test_what_users_do_about_themselves_wants_a_session_alone(name: str) -> None:
    assert OPERATIONS[name]["security"] == [{"session": []}]


@pytest.mark.parametrize("name", SENDS)
def test_a_send_has_its_parameters_on_every_path(name: str) -> None:
    everywhere = {each.name for each in SEND_PARAMETERS if each.only_in is None}
    everywhere -= {UNKNOWN_THERE[name.split()[1]]}

    documented = documented_names(OPERATIONS[name])

    assert documented.keys() in ({"query"}, ONLY_THERE.keys() - {"query"})
    for place, names in documented.items():
        assert names == everywhere | ONLY_THERE[place]
    headers = [each["name"] for each in OPERATIONS[name]["parameters"] if each["in"] == "header"]
    assert headers == ["Idempotency-Key"]


def test_nothing_of_the_frameworks_own_errors_is_promised() -> None:
    assert "ValidationError" not in json.dumps(DESCRIBED)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name.startswith("get ")])
def test_what_has_no_body_cannot_have_a_malformed_one(name: str) -> None:
    assert not {"408", "415", "422"} & OPERATIONS[name]["responses"].keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_examples_of_an_error_are_errors_of_its_status(name: str) -> None:
    responses = OPERATIONS[name]["responses"]
    for status in responses.keys() - {"200", "202", "204"}:
        response = responses[status]
        content = response.get("content", {}).get("application/json", {})
        for code, example in content.get("examples", {}).items():
            assert ErrorAnswer.model_validate(example["value"]).code == code
            assert CODES[code].status == int(status)


def test_what_may_befall_an_upload_is_documented_of_a_send() -> None:
    for method in ("get", "post"):
        responses = OPERATIONS[f"{method} /send"]["responses"]
        for status, code in (("404", "not_found"), ("409", "upload_not_ready")):
            assert code in responses[status]["content"]["application/json"]["examples"]


@pytest.mark.parametrize(("kind", "value"), BODIES)
def test_every_example_of_a_body_is_a_send(kind: str, value: Any) -> None:  # noqa: ANN401
    values = dict(value) if isinstance(value, dict) else parse_xml(value.encode())
    file = BytesIO(values.pop("file").encode()) if kind == "multipart/form-data" else None
    parameters = Parameters(values)

    parameters.refuse_unknown(SEND_PARAMETERS)
    command = to_send_command(parameters, None, file)

    asked = (command.mobiles, command.rows, command.upload_id, command.file)
    assert len([each for each in asked if each]) == 1
    assert command.track_link


def test_examples_of_answers_have_the_documented_shape() -> None:
    examples = OPERATIONS["post /send"]["responses"]["200"]["content"]["application/json"]

    answers = {name: each["value"] for name, each in examples["examples"].items()}

    for answer in answers.values():
        shape = SendAnswer.model_validate(answer, strict=True)
        assert shape.model_dump(by_alias=True, exclude_unset=True) == answer
    assert answers["accepted"]["preflight"] is None
    first, second = answers["dry_run"]["preflight"]["messages"]
    assert first["text"] == answers["dry_run"]["text"]
    assert second["forcingCharacters"]


@pytest.mark.parametrize(
    "status", ["400", "401", "403", "404", "408", "409", "413", "415", "422", "503"]
)
def test_each_status_of_a_send_has_examples_of_its_own(status: str) -> None:
    response = OPERATIONS["post /send"]["responses"][status]

    assert response["description"]
    assert response["content"]["application/json"]["examples"]


@pytest.mark.parametrize(
    "path", [path for path in DESCRIBED["paths"] if "{campaign_uuid}" in path]
)
def test_what_is_about_a_campaign_says_what_is_not_found(path: str) -> None:
    for operation in DESCRIBED["paths"][path].values():
        assert {"400", "401", "403", "404", "503"} <= operation["responses"].keys()


@pytest.mark.parametrize(
    ("order", "codes"),
    [
        pytest.param("pause", {*GONE, "campaign_done"}, id="pause"),
        pytest.param("resume", {*GONE, "campaign_done"}, id="resume"),
        pytest.param("cancel", {"campaign_done", "campaign_external"}, id="cancel"),
        pytest.param(
            "duplicate",
            {"idempotency_conflict", "more_than_agreed", "campaign_external", "text_let_go"},
            id="duplicate",
        ),
    ],
)
def test_an_order_says_in_which_states_it_is_refused(order: str, codes: set[str]) -> None:
    operation = OPERATIONS[f"post /campaigns/{{campaign_uuid}}/{order}"]

    conflict = operation["responses"]["409"]["content"]["application/json"]

    assert conflict["examples"].keys() == codes


@pytest.mark.parametrize("name", ["recipients", "clicks"])
def test_a_spreadsheet_says_what_it_is_and_when_there_are_too_many(name: str) -> None:
    responses = OPERATIONS[f"get /campaigns/{{campaign_uuid}}/{name}.xlsx"]["responses"]

    assert list(responses["200"]["content"]) == [XLSX_TYPE]
    for status, code in (("429", "account_spreadsheets_busy"), ("503", "spreadsheets_busy")):
        assert code in responses[status]["content"]["application/json"]["examples"]


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DESCRIBED)))

    assert names <= DESCRIBED["components"]["schemas"].keys()
    assert {"SendAnswer", "TradeAnswer", "TradeError", "ErrorAnswer"} <= names


@pytest.mark.parametrize("name", GUARDED)
def test_calls_that_know_all_their_parameters_say_that_others_are_refused(name: str) -> None:
    assert "400" in OPERATIONS[name]["responses"]


def test_what_has_to_be_given_is_described_so_that_give_can_stand_before_it() -> None:
    required = {
        f"{name} {field}": found["properties"][field].get("description", "")
        for name, found in _bodies()
        for field in found.get("required", ())
    }
    bare = {"post /session login", "post /session password"}

    assert {name for name, said in required.items() if not said} - bare == set()
    assert [
        name
        for name, said in required.items()
        if said.startswith(("No ", "That ", "As ", "Links "))
    ] == []


def _bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, operation in OPERATIONS.items():
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if reference := schema.get("$ref"):
            schema = DESCRIBED["components"]["schemas"][reference.rpartition("/")[2]]
        yield name, schema
