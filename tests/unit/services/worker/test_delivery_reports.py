"""Reading delivery reports (SMPP 3.4 appendix B) and what they may do to a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.worker.delivery_reports import (
    DeliveryReport,
    ReportOutcome,
    UnreadableReportError,
    parse_delivery_report,
    weigh,
)
from shared.domain.messages import MessageStatus


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(
            "id:C3 sub:001 dlvrd:001 submit date:2609241200 done date:2609241201 stat:DELIVRD"
            " err:000 text:Dear parent",
            DeliveryReport("C3", "DELIVRD", "000"),
            id="as-the-standard-has-it",
        ),
        pytest.param(
            "id:00C0FFEE sub:001 dlvrd:001 submit date:2609241200 done date:2609241201"
            " stat:DELIVRD err:000 text:",
            DeliveryReport("00C0FFEE", "DELIVRD", "000"),
            id="id-keeps-its-leading-zeros",
        ),
        pytest.param(
            "id:a-b.c:9 stat:UNDELIV err:1A5 Text:x",
            DeliveryReport("a-b.c:9", "UNDELIV", "1A5"),
            id="fields-left-out",
        ),
        pytest.param(
            "ID:7 SUB:001 Submit Date:260924120000 DONE DATE:260924120130 Stat:Expired ERR:69",
            DeliveryReport("7", "EXPIRED", "69"),
            id="other-case-and-seconds",
        ),
        pytest.param(
            "id:7 stat:EXPIRED text:id:8 stat:DELIVRD err:000",
            DeliveryReport("7", "EXPIRED", None),
            id="text-that-looks-like-fields",
        ),
        pytest.param(
            "id:7 stat:ENROUTE err: text:", DeliveryReport("7", "ENROUTE", None), id="empty-error"
        ),
        pytest.param(
            "id:7 stat:REJECTD id:8 stat:DELIVRD",
            DeliveryReport("7", "REJECTD", None),
            id="the-first-of-two",
        ),
    ],
)
def test_report_is_read(raw: str, expected: DeliveryReport) -> None:
    assert parse_delivery_report(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("", id="empty"),
        pytest.param("id:7 err:000", id="no-state"),
        pytest.param("stat:DELIVRD", id="no-id"),
        pytest.param("id: stat:DELIVRD", id="empty-id"),
        pytest.param("text:id:7 stat:DELIVRD", id="fields-in-the-text-only"),
        pytest.param('{"id": 7, "stat": "DELIVRD"}', id="json"),
    ],
)
def test_report_without_message_or_state_is_unreadable(raw: str) -> None:
    with pytest.raises(UnreadableReportError):
        parse_delivery_report(raw)


@given(raw=st.text())
def test_any_text_is_read_or_called_unreadable(raw: str) -> None:
    try:
        report = parse_delivery_report(raw)
    except UnreadableReportError:
        return
    assert report.carrier_message_id
    assert report.state


@pytest.mark.parametrize(
    ("state", "current", "outcome", "verdict"),
    [
        ("DELIVRD", MessageStatus.SUBMITTED, ReportOutcome.APPLIED, MessageStatus.DELIVERED),
        ("UNDELIV", MessageStatus.SUBMITTED, ReportOutcome.APPLIED, MessageStatus.UNDELIVERED),
        ("DELETED", MessageStatus.SUBMITTED, ReportOutcome.APPLIED, MessageStatus.UNDELIVERED),
        ("EXPIRED", MessageStatus.SUBMITTED, ReportOutcome.APPLIED, MessageStatus.EXPIRED),
        ("REJECTD", MessageStatus.SUBMITTED, ReportOutcome.APPLIED, MessageStatus.REJECTED),
        ("ENROUTE", MessageStatus.SUBMITTED, ReportOutcome.NO_VERDICT, None),
        ("ACCEPTD", MessageStatus.SUBMITTED, ReportOutcome.NO_VERDICT, None),
        ("UNKNOWN", MessageStatus.SUBMITTED, ReportOutcome.NO_VERDICT, None),
        ("MARTIAN", MessageStatus.SUBMITTED, ReportOutcome.NO_VERDICT, None),
        ("ACCEPTD", MessageStatus.DELIVERED, ReportOutcome.NO_VERDICT, None),
        (
            "DELIVRD",
            MessageStatus.DELIVERED,
            ReportOutcome.ALREADY_FINAL,
            MessageStatus.DELIVERED,
        ),
        (
            "UNDELIV",
            MessageStatus.DELIVERED,
            ReportOutcome.ALREADY_FINAL,
            MessageStatus.UNDELIVERED,
        ),
        ("DELIVRD", MessageStatus.EXPIRED, ReportOutcome.ALREADY_FINAL, MessageStatus.DELIVERED),
    ],
)
def test_report_moves_only_a_submitted_message(
    state: str,
    current: MessageStatus,
    outcome: ReportOutcome,
    verdict: MessageStatus | None,
) -> None:
    report = DeliveryReport("C3", state, None)

    assert weigh(report, current) is outcome
    assert report.verdict is verdict


@pytest.mark.parametrize(
    ("report", "cause"),
    [
        pytest.param(DeliveryReport("C3", "DELIVRD", "000"), None, id="arrived"),
        pytest.param(DeliveryReport("C3", "ENROUTE", "000"), None, id="under-way"),
        pytest.param(DeliveryReport("C3", "UNDELIV", "069"), "UNDELIV 069", id="with-a-code"),
        pytest.param(DeliveryReport("C3", "EXPIRED", None), "EXPIRED", id="without-a-code"),
    ],
)
def test_cause_is_the_networks_own_word(report: DeliveryReport, cause: str | None) -> None:
    assert report.cause == cause


@pytest.mark.parametrize(
    ("raw", "is_complaint"),
    [
        ("id:1 stat:REJECTD err:007", True),
        ("id:1 stat:REJECTD err:9", True),
        ("id:1 stat:UNDELIV err:037", True),
        ("id:1 stat:UNDELIV err:dnd", True),
        ("id:1 stat:UNDELIV err:070", False),
        ("id:1 stat:UNDELIV", False),
        ("id:1 stat:DELIVRD err:007", False),
        ("id:1 stat:ACCEPTD err:007", False),
    ],
)
def test_a_complaint_is_what_the_recipient_did_not_want(raw: str, *, is_complaint: bool) -> None:
    assert parse_delivery_report(raw).is_complaint is is_complaint
