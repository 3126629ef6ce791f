"""The sandbox's network: the fates that numbers ask for, and its receipts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.worker.carriers.port import OutgoingMessage
from services.worker.carriers.sandbox import delivery_delay, receipt_state, refusal
from services.worker.carriers.sandbox_receipts import receipt_text
from services.worker.delivery_reports import DeliveryReport, parse_delivery_report
from services.worker.storage.sandbox import DueReceipt
from tests.support.randomness import seeded


def a_message(msisdn: int, *, attempt: int = 1) -> OutgoingMessage:
    return OutgoingMessage(0, msisdn, "Hello", "GSM-7", 1, attempt)


def a_receipt(*, state: str = "DELIVRD", body: str = "Hello") -> DueReceipt:
    submitted_at = datetime(2026, 9, 24, 12, 0, 58, tzinfo=UTC)
    done_at = submitted_at + timedelta(seconds=3)
    return DueReceipt("00c0ffee00c0ffee", submitted_at, done_at, state, body)


@pytest.mark.parametrize(
    ("msisdn", "state"),
    [
        (919876543210, "DELIVRD"),
        (919876540000, "DELIVRD"),
        (919876540001, "UNDELIV"),
        (919876540002, "EXPIRED"),
        (919876540003, "REJECTD"),
        (919876540005, "DELIVRD"),
        (919876510001, "UNDELIV"),
        (919876500011, "DELIVRD"),
    ],
)
def test_last_four_digits_choose_the_receipt(msisdn: int, state: str) -> None:
    assert receipt_state(msisdn) == state


def test_0004_is_refused_for_good() -> None:
    error = refusal(a_message(919876540004, attempt=5))

    assert error is not None
    assert (error.code, error.retryable) == ("ESME_RINVDSTADR", False)


def test_0005_is_throttled_at_first_and_then_taken() -> None:
    first = refusal(a_message(919876540005, attempt=1))
    second = refusal(a_message(919876540005, attempt=2))

    assert first is not None
    assert (first.code, first.retryable, first.throttled) == ("ESME_RTHROTTLED", True, True)
    assert second is None


@given(mean_s=st.floats(0, 3600), seed=st.integers())
def test_receipt_takes_half_to_three_times_the_mean(mean_s: float, seed: int) -> None:
    delay = delivery_delay(mean_s, seeded(seed))

    microsecond = timedelta(microseconds=1)
    mean = timedelta(seconds=mean_s)
    assert mean / 2 - microsecond <= delay <= 3 * mean + microsecond


def test_receipt_is_written_as_an_smsc_does() -> None:
    text = receipt_text(a_receipt(body="Dear parent, visit https://tx1.in/SAlhjS"))

    assert text == (
        "id:00c0ffee00c0ffee sub:001 dlvrd:001 submit date:2609241200 done date:2609241201"
        " stat:DELIVRD err:000 text:Dear parent, visit h"
    )


@pytest.mark.parametrize(
    ("state", "error"), [("UNDELIV", "001"), ("EXPIRED", "002"), ("REJECTD", "003")]
)
def test_receipt_of_a_failure_is_read_back_with_its_code(state: str, error: str) -> None:
    text = receipt_text(a_receipt(state=state))

    assert "dlvrd:000" in text
    assert parse_delivery_report(text) == DeliveryReport("00c0ffee00c0ffee", state, error)


@given(body=st.text())
def test_no_body_spoils_its_receipt(body: str) -> None:
    report = parse_delivery_report(receipt_text(a_receipt(body=body)))

    assert report == DeliveryReport("00c0ffee00c0ffee", "DELIVRD", "000")
