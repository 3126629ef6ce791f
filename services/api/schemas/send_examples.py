"""Examples of sends and of their answers, for the documentation: the answers are worked out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from services.api.domain.composing import Composer, PersonalRow, TextRules
from services.api.domain.money import amount_text
from services.api.domain.preflight import preflight
from services.api.domain.preflight_input import DryMessage, DryRun
from services.api.operations.send_values import Accepted
from services.api.schemas.file_bodies import FILE_FIELD, MULTIPART
from services.api.schemas.personal_rows import to_personal_rows
from services.api.schemas.reading import FORM, JSON, XML
from services.api.schemas.send import native_answer

Examples = Mapping[str, Mapping[str, Any]]

UPLOAD = "5b0c1a52-0d6c-4f0e-9f7e-0f9d5a1f6f11"
CAMPAIGN = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
SHARED_TEXT = "Sale ends tonight: https://shop.example.com/sale. Reply STOP to end"
ROW_TEXT = "Hi {name}, your bill is due: https://pay.example.com/b?id={id}. Thank you"
ONE_FOR_MANY = {
    "mobile": "919876543210,919876543211",
    "msg": SHARED_TEXT,
    "trackLink": True,
    "smartLinkTitle": "Diwali sale",
}
SCHEDULED = ONE_FOR_MANY | {"scheduleTime": "2026-12-31 18:30"}
ROWS = {
    "sms": [
        {"mobile": "919876543210", "name": "Asha", "id": "A1"},
        {"mobile": "919876543211", "name": "रविशंकर", "id": "R2"},
    ],
    "msg": ROW_TEXT,
    "trackLink": True,
}
FILE = "Phone,Name,Id\n919876543210,Asha,A1\n919876543211,Ravi,R2\n"
XML_ONE_FOR_MANY = f"""<data>
  <mobile>919876543210,919876543211</mobile>
  <msg>{SHARED_TEXT}</msg>
  <trackLink>true</trackLink>
</data>"""
XML_ROWS = f"""<data>
  <sms><mobile>919876543210</mobile><name>Asha</name><id>A1</id></sms>
  <sms><mobile>919876543211</mobile><msg>Hi Ravi: https://pay.example.com/b?id=R2</msg></sms>
  <msg>{ROW_TEXT}</msg>
  <trackLink>true</trackLink>
</data>"""
_SAMPLES = ("https://tx1.in/SAlhjS", "https://tx1.in/4jXYjB")
_PRICE = Decimal("0.12")


def request_examples() -> dict[str, Examples]:
    """Return bodies of a send, by their content type and by what they show."""
    of_upload = {"upload": UPLOAD, "msg": ROW_TEXT, "trackLink": True}
    return {
        JSON: {
            "one_text": {"summary": "One text for many", "value": ONE_FOR_MANY},
            "dry_run": {"summary": "A dry run", "value": ONE_FOR_MANY | {"test": True}},
            "scheduled": {"summary": "At a time of your choice", "value": SCHEDULED},
            "rows": {"summary": "A text of each recipient's own", "value": ROWS},
            "upload": {"summary": "The rows of an upload that is ready", "value": of_upload},
        },
        FORM: {
            "one_text": {"summary": "One text for many", "value": ONE_FOR_MANY},
            "upload": {"summary": "The rows of an upload that is ready", "value": of_upload},
        },
        XML: {
            "one_text": {"summary": "One text for many", "value": XML_ONE_FOR_MANY},
            "rows": {"summary": "A text of each recipient's own", "value": XML_ROWS},
        },
        MULTIPART: {
            "file": {
                "summary": "The rows of a file",
                "value": {FILE_FIELD: FILE, "msg": ROW_TEXT, "trackLink": True},
            }
        },
    }


def answer_examples() -> Examples:
    """Return the answers to two of those: the send of rows, and the dry run of it."""
    return {
        "accepted": {"summary": "Accepted", "value": _answer(is_dry_run=False)},
        "dry_run": {
            "summary": "A dry run, with its preflight",
            "value": _answer(is_dry_run=True),
        },
    }


def _answer(*, is_dry_run: bool) -> dict[str, Any]:
    messages = [
        _message(row, link)
        for row, link in zip(to_personal_rows(ROWS["sms"]), _SAMPLES, strict=True)
    ]
    first = messages[0]
    total = sum(each.segmentation.count for each in messages)
    report = preflight(
        DryRun(
            messages=messages,
            total_segments=total,
            short_domain="tx1.in",
            price_per_segment=_PRICE,
            currency="INR",
        )
    )
    accepted = Accepted(
        uuid=None if is_dry_run else CAMPAIGN,
        transaction_id=None if is_dry_run else 8466326473775335661,
        accepted_at=datetime(2026, 11, 24, 18, 50, 9, tzinfo=UTC).isoformat(),
        mobiles=",".join(each.mobile for each in messages),
        recipient_count=len(messages),
        duplicate_count=0,
        rejected=[],
        encoding=report.longest.encoding.value,
        segment_count=report.longest.count,
        segment_total=total,
        cost=amount_text(_PRICE * total),
        currency="INR",
        sample_text=first.text,
        destination="https://pay.example.com/b?id=A1",
        sample_link=first.short_link,
        preflight=report if is_dry_run else None,
    )
    return native_answer(accepted, ZoneInfo("Asia/Kolkata"))


def _message(row: PersonalRow, link: str) -> DryMessage:
    composer = Composer(ROW_TEXT, TextRules(sample_link=link))
    text = composer.compose(row)
    return DryMessage(
        mobile=row.mobiles[0],
        written=text.written,
        text=text.with_link(link),
        segmentation=text.segmentation,
        short_link=link,
        values=composer.filled_values(row),
    )
