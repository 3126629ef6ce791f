"""What carries texts, numbers or secrets does not show them when it is printed or logged."""

import uuid
from zoneinfo import ZoneInfo

import pytest

from services.api.domain.composing import PersonalRow, TextRules, compose
from services.api.domain.link_finding import FoundLink
from services.api.domain.rewriting import Rewrite
from services.api.domain.roles import UserKind
from services.api.operations.accepting import SendTotals
from services.api.operations.manage_keys import KeyWithSecret
from services.api.operations.manage_webhooks import WebhookWithSecret
from services.api.operations.read_messages import MessageSearch
from services.api.operations.read_reports import LinkedRow
from services.api.operations.second_factors import Enrolment, Given, RecoveryCodes
from services.api.operations.send_values import Accepted, Rejected, SendCommand
from services.api.operations.sessions import NewToken
from services.api.operations.sign_in import SignIn
from services.api.schemas.keys import to_secret_report
from services.api.schemas.links import LinkTermsChange
from services.api.schemas.sessions import (
    CodeProof,
    EnrolmentReport,
    NewSession,
    PasswordChange,
    PasswordProof,
    RecoveryCodesReport,
)
from services.api.schemas.users import NewPassword, NewUser
from services.api.schemas.webhooks import NewWebhook, WebhookChange
from services.api.storage.audit import AuditEntry
from services.api.storage.campaigns import LinkedCampaign, NewCampaign
from services.api.storage.idempotency import KeptAnswer
from services.api.storage.keys import Key
from services.api.storage.personal_texts import PersonalMessage
from services.api.storage.webhooks import Webhook
from services.worker.storage.webhooks import WebhookToCall
from shared.clock import SystemClock
from shared.domain.events import Event, EventKind
from shared.domain.segments import segment

SECRET = "919876543210"  # noqa: S105 - stands for any text or number
COMMAND = SendCommand(mobiles=SECRET, body=SECRET, title=SECRET, idempotency_key=SECRET)
WEBHOOK = Webhook(
    id=1,
    uuid=uuid.UUID(int=0),
    url=f"https://crm.example.com/{SECRET}",
    kinds=["click.recorded"],
    is_enabled=True,
    disabled_reason=None,
    failing_since=None,
    failure_count=0,
    created_at=SystemClock().now(),
    previous_until=None,
)
KEY = Key(
    id=1,
    prefix="5f0c1a9be27d",
    name="shop",
    scopes=("send",),
    created_at=SystemClock().now(),
    expires_at=None,
    revoked_at=None,
    last_used_at=None,
    last_used_address=None,
    replaced_by=None,
    allow_list=(),
)
TOKEN = NewToken(SECRET, SystemClock().now())
REWRITE = Rewrite(before=SECRET, after=SECRET, destination=SECRET, location=SECRET)


@pytest.mark.parametrize(
    "value",
    [
        COMMAND,
        REWRITE,
        FoundLink(0, 12, SECRET),
        LinkedCampaign(SECRET, SECRET, SECRET, 6, 0),
        LinkTermsChange(destination=SECRET),
        AuditEntry("campaign.links", "", {"destination": SECRET}, None),
        MessageSearch(msisdn=int(SECRET)),
        LinkedRow({"msisdn": int(SECRET)}, SECRET),
        KeptAnswer(b"", SECRET.encode()),
        Rejected(SECRET, "too_short", "Digits are missing"),
        PersonalRow(1, [SECRET], {"name": SECRET}, SECRET),
        compose(SECRET, TextRules()),
        PersonalMessage(int(SECRET), SECRET, SECRET, SECRET, SECRET, "GSM-7", 1),
        segment(SECRET),
        SendTotals(
            mobiles=SECRET,
            message_count=1,
            duplicate_count=0,
            rejected=[],
            rejected_count=0,
            longest=segment(SECRET),
            segment_total=1,
            sample_text=SECRET,
            sample_link=SECRET,
            destination=SECRET,
        ),
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
            segment_total=1,
            cost="0.25",
            currency="INR",
            sample_text=SECRET,
            destination=SECRET,
            sample_link=SECRET,
        ),
        WEBHOOK,
        WebhookWithSecret(WEBHOOK, SECRET),
        KeyWithSecret(KEY, SECRET),
        to_secret_report(KeyWithSecret(KEY, SECRET), ZoneInfo("UTC"), KEY.created_at),
        SignIn("asha", SECRET, Given(SECRET), None, ""),
        Enrolment(SECRET, SECRET),
        TOKEN,
        RecoveryCodes([SECRET], TOKEN),
        NewSession(login="asha", password=SECRET, code=SECRET, recovery_code=SECRET),
        PasswordProof(password=SECRET),
        PasswordChange(password=SECRET, new_password=SECRET),
        CodeProof(code=SECRET),
        EnrolmentReport(secret=SECRET, otpauth_url=SECRET),
        RecoveryCodesReport(recovery_codes=[SECRET], csrf_token=SECRET),
        NewUser(login="asha", kind=UserKind.API, role="sender", password=SECRET),
        NewPassword(password=SECRET),
        WebhookToCall(1, 1, SECRET, [SECRET.encode()], 0),
        # Many receivers have a secret in their URL.
        NewWebhook(url=SECRET),
        WebhookChange(url=SECRET),
        Event(EventKind.CLICK_RECORDED, uuid.UUID(int=0), 0, {"mobile": SECRET}),
        NewCampaign(
            uuid=uuid.UUID(int=0),
            transaction_id=1,
            account_id=1,
            carrier="sandbox",
            title=SECRET,
            sender_id="ACME",
            body_before=SECRET,
            link=LinkedCampaign(SECRET, SECRET, SECRET, 6, 0),
            message_count=1,
            encoding="GSM-7",
            segment_count=1,
            is_flash=False,
            dlt_entity_id=None,
            dlt_template_id=None,
            is_personal=False,
            segment_total=1,
            segment_price=None,
            currency="INR",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_its_representation_shows_none_of_it(value: object) -> None:
    assert SECRET not in repr(value)
    assert SECRET not in f"{[value]}"
