"""All that is kept of a number, as one JSON document that is written as it is read."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from services.api.operations.export_number import NumberExport
from services.api.operations.read_messages import text_of
from services.api.operations.read_reports import LinkedRow
from services.api.schemas.reports import OptOutReport, opt_out_values
from services.api.storage.reports import Row
from shared.domain.messages import MessageStatus

FORMAT = "txlink-number-export/1"
_VISIT = (
    "click_class",
    "reasons",
    "score",
    "ip",
    "country",
    "region",
    "city",
    "asn",
    "as_organisation",
    "browser",
    "browser_version",
    "os",
    "os_version",
    "device_type",
    "device",
    "user_agent",
    "referrer",
    "request_head",
)


class ExportedMessage(BaseModel):
    """A message that was sent to the number."""

    campaign_uuid: str
    transaction_id: str
    campaign_title: str
    position: int
    sender_id: str
    carrier: str
    dlt_entity_id: str | None
    dlt_template_id: str | None
    accepted_at: datetime
    scheduled_at: datetime | None
    text: str = Field(description="As it was sent; empty once texts were let go of")
    text_let_go_at: datetime | None = Field(description="When its text was let go of")
    link: str | None
    destination: str | None
    encoding: str
    segments: int
    status: str
    failure_cause: str | None
    attempts: int
    carrier_message_id: str | None
    submitted_at: datetime | None
    settled_at: datetime | None
    hits: int
    clicks: int
    first_click_at: datetime | None
    last_click_at: datetime | None


class ExportedVisit(BaseModel):
    """A visit on one of its links, with all that is stored of the visitor."""

    campaign_uuid: str
    position: int
    occurred_at: datetime
    click_class: str
    reasons: list[str]
    score: int
    ip: str | None
    country: str | None
    region: str | None
    city: str | None
    asn: int | None
    as_organisation: str | None
    browser: str | None
    browser_version: str | None
    os: str | None
    os_version: str | None
    device_type: str
    device: str | None
    user_agent: str | None
    referrer: str | None
    request_head: str = Field(description="The request as it came")


class ExportedContact(BaseModel):
    """What a contact group says of it."""

    group_id: str
    group_name: str
    columns: dict[str, str]


class ExportedUploadRow(BaseModel):
    """A row of a file of recipients."""

    upload_id: str
    upload_name: str
    row: int
    mobile: str = Field(description="As written")
    cells: list[dict[str, str]] = Field(description="Each with `column` and `value`")


class ExportedSandboxMessage(BaseModel):
    """A message as the sandbox's phone has it."""

    carrier_message_id: str
    sender_id: str
    text: str
    received_at: datetime
    receipt: str | None


class ExportedDelivery(BaseModel):
    """A delivery to a webhook that told of the number."""

    delivery_id: str
    webhook_id: str
    kind: str
    created_at: datetime
    status: str
    attempted_at: datetime | None
    attempts: int
    response_status: int | None


class ExportedNumber(BaseModel):
    """All that is kept of a number."""

    model_config = ConfigDict(frozen=True)

    format: str = Field(examples=[FORMAT])
    mobile: str = Field(examples=["919876543210"])
    account: str = Field(examples=["acme"])
    exported_at: datetime
    opt_out: OptOutReport | None = Field(description="Null if it has not opted out")
    messages: list[ExportedMessage]
    visits: list[ExportedVisit]
    contacts: list[ExportedContact]
    upload_rows: list[ExportedUploadRow]
    sandbox_messages: list[ExportedSandboxMessage]
    webhook_deliveries: list[ExportedDelivery]


async def write_export(
    export: NumberExport, zone: ZoneInfo, exported_at: datetime
) -> AsyncIterator[bytes]:
    """Write an export as one document that ``ExportedNumber`` describes.

    Yields:
        Its parts. A reader who gets no closing brace has not got all of it.
    """
    opt_out = await export.opt_out()
    head = {
        "format": FORMAT,
        "mobile": str(export.msisdn),
        "account": export.account.name,
        "exported_at": exported_at.astimezone(zone),
        "opt_out": opt_out and opt_out_values(opt_out, zone),
    }
    yield _dumped(head)[:-1]
    for name, items in _sections(export, zone):
        separator = b"\n"
        yield f',\n"{name}":['.encode()
        async for item in items:
            yield separator + _dumped(item)
            separator = b",\n"
        yield b"]"
    yield b"}\n"


def _sections(
    export: NumberExport, zone: ZoneInfo
) -> list[tuple[str, AsyncIterator[dict[str, Any]]]]:
    return [
        ("messages", (_message(linked, zone) async for linked in export.messages())),
        ("visits", (_visit(*pair, zone) async for pair in export.visits())),
        ("contacts", (_contact(row) async for row in export.contacts())),
        ("upload_rows", (_upload_row(*pair) async for pair in export.upload_rows())),
        ("sandbox_messages", (_sandbox(row, zone) async for row in export.sandbox_messages())),
        (
            "webhook_deliveries",
            (_delivery(row, zone) async for row in export.webhook_deliveries()),
        ),
    ]


def _dumped(values: dict[str, Any]) -> bytes:
    return json.dumps(values, default=datetime.isoformat, separators=(",", ":")).encode()


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if moment is None else moment.astimezone(zone)


def _message(linked: LinkedRow, zone: ZoneInfo) -> dict[str, Any]:
    row = linked.row
    return {
        "campaign_uuid": str(row["uuid"]),
        "transaction_id": str(row["transaction_id"]),
        "campaign_title": row["title"],
        "position": row["position"],
        "sender_id": row["sender_id"],
        "carrier": row["carrier"],
        "dlt_entity_id": row["dlt_entity_id"],
        "dlt_template_id": row["dlt_template_id"],
        "accepted_at": _local(row["created_at"], zone),
        "scheduled_at": _local(row["scheduled_at"], zone),
        "text": text_of(linked),
        "text_let_go_at": _local(row["text_let_go_at"], zone),
        "link": linked.link,
        "destination": row["destination"],
        "encoding": row["encoding"],
        "segments": row["segment_count"],
        "status": MessageStatus(row["status"]).word,
        "failure_cause": row["failure_cause"],
        "attempts": row["attempt_count"],
        "carrier_message_id": row["carrier_message_id"],
        "submitted_at": _local(row["submitted_at"], zone),
        "settled_at": _local(row["settled_at"], zone),
        "hits": row["hit_count"],
        "clicks": row["click_count"],
        "first_click_at": _local(row["first_click_at"], zone),
        "last_click_at": _local(row["last_click_at"], zone),
    }


def _visit(message: Row, visit: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "campaign_uuid": str(message["uuid"]),
        "position": message["position"],
        "occurred_at": _local(visit["occurred_at"], zone),
        **{name: visit[name] for name in _VISIT},
    }


def _contact(row: Row) -> dict[str, Any]:
    return {
        "group_id": str(row["uuid"]),
        "group_name": row["name"],
        "columns": row["columns"],
    }


def _upload_row(upload: Row, row: Row) -> dict[str, Any]:
    columns = [*upload["columns"], *[""] * len(row["cells"])]
    return {
        "upload_id": str(upload["uuid"]),
        "upload_name": upload["name"],
        "row": row["row_number"],
        "mobile": row["mobile"],
        "cells": [
            {"column": column, "value": value}
            for column, value in zip(columns, row["cells"], strict=False)
        ],
    }


def _sandbox(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "carrier_message_id": row["carrier_message_id"],
        "sender_id": row["sender_id"],
        "text": row["body"],
        "received_at": _local(row["received_at"], zone),
        "receipt": row["receipt_state"] if row["receipt_sent_at"] else None,
    }


def _delivery(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "delivery_id": str(row["uuid"]),
        "webhook_id": str(row["webhook_uuid"]),
        "kind": row["kind"],
        "created_at": _local(row["created_at"], zone),
        "status": row["status"],
        "attempted_at": _local(row["attempted_at"], zone),
        "attempts": row["attempt_count"],
        "response_status": row["response_status"],
    }
