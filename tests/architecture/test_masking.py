"""What carries texts, numbers or secrets does not show them when it is printed or logged."""

import uuid

import pytest

from services.api.domain.link_finding import FoundLink
from services.api.domain.rewriting import Rewrite
from services.api.operations.planning import SendPlan
from services.api.operations.read_reports import LinkedRow
from services.api.operations.send_values import Accepted, Rejected, SendCommand
from services.api.storage.campaigns import LinkedBody, NewCampaign
from services.api.storage.idempotency import KeptAnswer
from shared.domain.recipients import Recipients
from shared.domain.segments import segment

SECRET = "919876543210"  # noqa: S105 - stands for any text or number
COMMAND = SendCommand(mobiles=SECRET, body=SECRET, title=SECRET, idempotency_key=SECRET)
REWRITE = Rewrite(before=SECRET, after=SECRET, destination=SECRET, location=SECRET)


@pytest.mark.parametrize(
    "value",
    [
        COMMAND,
        REWRITE,
        FoundLink(0, 12, SECRET),
        LinkedBody(SECRET, SECRET, SECRET, 6, 0),
        LinkedRow({"msisdn": int(SECRET)}, SECRET),
        KeptAnswer(b"", SECRET.encode()),
        Rejected(SECRET, "too_short", "Digits are missing"),
        SendPlan(COMMAND, Recipients([int(SECRET)], [], 0), SECRET, "ACME", REWRITE),
        segment(SECRET),
        Accepted(
            uuid="u",
            transaction_id=1,
            accepted_at="2026-11-25T00:00:00+00:00",
            mobiles=SECRET,
            recipient_count=1,
            duplicate_count=0,
            rejected=[],
            encoding="GSM-7",
            segment_count=1,
            sample_text=SECRET,
            destination=SECRET,
            sample_link=SECRET,
            is_dry_run=False,
        ),
        NewCampaign(
            uuid=uuid.UUID(int=0),
            transaction_id=1,
            account_id=1,
            carrier="sandbox",
            title=SECRET,
            sender_id="ACME",
            body_before=SECRET,
            link=LinkedBody(SECRET, SECRET, SECRET, 6, 0),
            message_count=1,
            encoding="GSM-7",
            segment_count=1,
            is_flash=False,
            dlt_entity_id=None,
            dlt_template_id=None,
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_its_representation_shows_none_of_it(value: object) -> None:
    assert SECRET not in repr(value)
    assert SECRET not in f"{[value]}"
