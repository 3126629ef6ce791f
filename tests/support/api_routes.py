"""What the API serves: every method and path, and the names of what each call takes."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr

from services.api.main import create_app
from services.api.settings import ApiSettings
from tests.support.sealing import SECRET_KEYS

Route = tuple[str, str]
PARTS_OF_A_SCHEMA = ("allOf", "anyOf", "oneOf", "items", "additionalProperties")
# Parts of paths that name nothing which there is.
NOBODYS = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
NOBODYS_PARTS = {
    "{prefix}": "0123456789ab",
    "{msisdn}": "919876543210",
    "{sender_id}": "NOBODY",
    **dict.fromkeys(
        (
            *("{campaign_uuid}", "{upload_id}", "{group_id}", "{webhook_id}"),
            *("{user_id}", "{session_id}", "{erasure_id}"),
        ),
        NOBODYS,
    ),
}


def unstarted_api() -> FastAPI:
    """Return the application, which has no database."""
    return create_app(
        ApiSettings(
            database_url=SecretStr("postgresql://nobody@nowhere/none"), secret_keys=SECRET_KEYS
        )
    )


def api_routes() -> list[Route]:
    """Return every method and path that the application serves."""
    return [
        (method, route.path)
        for route in iter_route_contexts(unstarted_api().routes)
        for method in sorted(route.methods or ())
        if route.path is not None
    ]


def names_taken() -> dict[Route, frozenset[str]]:
    """Return the names that each call takes in path, query, headers and body, in small letters."""
    document = unstarted_api().openapi()
    return {
        (method.upper(), path): frozenset(name.lower() for name in _names(operation, document))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def _names(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        yield parameter["name"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content.get("schema", {})
        yield from _properties(schema, {**schema, "components": document["components"]}, ())


def _properties(schema: object, root: Mapping[str, Any], seen: tuple[str, ...]) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from _properties(each, root, seen)
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if reference is not None and reference not in seen:
        node: Any = root
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        yield from _properties(node, root, (*seen, reference))
    for name, each in schema.get("properties", {}).items():
        yield name
        yield from _properties(each, root, seen)
    for part in PARTS_OF_A_SCHEMA:
        yield from _properties(schema.get(part), root, seen)
