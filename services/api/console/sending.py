"""Send SMS: the form, what it shows as one types, the check before it, and the send."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.auth import api_context
from services.api.console.drafts import (
    EMPTY,
    GROUP,
    NUMBERS,
    UPLOAD,
    Draft,
    to_command,
    to_draft,
    to_test_command,
)
from services.api.console.forms import count_in, once_of
from services.api.console.redirecting import is_partial, see
from services.api.console.rendering import render
from services.api.console.send_looks import (
    COUNTED_AS_TYPED,
    NumbersLook,
    find_audience,
    left_out,
    look_at_message,
    look_at_numbers,
    look_at_numbers_typed,
)
from services.api.console.send_wording import refusal_of, rejection_word, warning_of
from services.api.console.visits import Visit, enter
from services.api.console.wording import Told
from services.api.console.wrong_fields import Wrong
from services.api.domain.credit import DailyCapReachedError, InsufficientCreditError
from services.api.domain.link_marks import mark_links
from services.api.domain.return_paths import CONSOLE
from services.api.operations.accept_send import accept_send
from services.api.operations.preview_send import send_test
from services.api.operations.send_values import SendCommand
from services.api.schemas.report_queries import to_newest_cursor
from services.api.schemas.send_parameters import MAX_TITLE
from services.api.schemas.uploads import to_upload_report
from shared.domain.carriers import SANDBOX
from shared.domain.consent import Category
from shared.domain.errors import DomainError

router = APIRouter(prefix="/send")

GROUPS_SHOWN: Final = 200
# What the address of the progress page then says.
SENT, SENT_BEFORE = "sent", "sent-before"
# Where in the form a refusal is told; what is not here is told above it.
FIELDS: Final = frozenset(
    {"msg", "senderId", "scheduleTime", "dltEntityId", "dltTemplateId", "smartLinkTitle"}
)
SHORTFALLS: Final = frozenset({InsufficientCreditError.code, DailyCapReachedError.code})


@router.get("")
async def show_form(request: Request) -> Response:
    """Show the form, empty."""
    visit = await enter(request, "send")
    return await form_page(visit, EMPTY)


@router.post("/form")
async def show_form_again(request: Request) -> Response:
    """Show the form with what was filled in, and plain characters if that is asked for."""
    visit = await _enter(request)
    draft = to_draft(visit.form)
    replaced = visit.form.get("replaced")
    if visit.form.get("do") == "plain" and replaced:
        draft = {**draft, "msg": replaced.replace("\r\n", "\n")}
    return await form_page(visit, draft)


@router.post("/numbers")
async def count_numbers(request: Request) -> Response:
    """Say what the numbers come to that are typed so far."""
    visit = await _enter(request)
    numbers = await look_at_numbers_typed(visit, to_draft(visit.form))
    if numbers is None:
        return Response(status_code=204)
    response = render(
        request,
        "_send_numbers.html",
        caller=visit.caller,
        numbers=numbers,
        rejection_word=rejection_word,
    )
    response.headers["HX-Trigger-After-Settle"] = "counted"
    return response


@router.post("/preview")
async def preview(request: Request) -> Response:
    """Show the message as its first recipient will read it, and what it comes to."""
    visit = await _enter(request)
    draft = to_draft(visit.form)
    audience = await find_audience(visit, draft, visit.form)
    return render(
        request,
        "_send_preview.html",
        caller=visit.caller,
        draft=draft,
        audience=audience,
        look=await look_at_message(visit, draft, audience),
    )


@router.post("/test")
async def send_to_oneself(request: Request) -> Response:
    """Send the text to one number, and stay at the form."""
    visit = await _enter(request)
    draft = to_draft(visit.form)
    account, context = visit.caller.account, visit.context.to_send_context()
    sent: str | None = None
    refusal: DomainError | None = None
    try:
        command = _by(visit, to_test_command(draft), "onceTest")
        accepted = await send_test(context, account, command, draft["testMobile"])
        sent = accepted.uuid
    except DomainError as error:
        refusal = error
    if not is_partial(request):
        return await form_page(visit, draft, tested=sent, test_refusal=refusal)
    return render(
        request,
        "_send_test.html",
        caller=visit.caller,
        refusal=refusal,
        tested=sent,
        test_wrong=Wrong("testMobile", refusal_of(refusal)) if refusal else None,
        has_sandbox=account.carrier == SANDBOX,
    )


@router.post("/check")
async def check(request: Request) -> Response:
    """Show what the send comes to, to be confirmed; or what is wrong, at its field."""
    visit = await _enter(request)
    draft = to_draft(visit.form)
    account, context = visit.caller.account, visit.context.to_send_context()
    try:
        command = replace(to_command(draft), is_dry_run=True)
        answer = await accept_send(context, account, command)
    except DomainError as error:
        return await form_page(visit, draft, refusal=error)
    flight = answer.preflight
    warnings = flight.warnings if flight else ()
    balance = account.credit.balance
    sender_ids = [each.header for each in account.sender_ids]
    return render(
        request,
        "send_check.html",
        caller=visit.caller,
        draft=draft,
        answer=answer,
        parts=mark_links(answer.sample_text, answer.sample_link),
        first=flight.messages[0] if flight else None,
        others=flight.messages[1:4] if flight and command.body != answer.sample_text else (),
        is_personal=command.upload_id is not None or bool(command.groups),
        warnings=[
            warning_of(each.code, each.message) for each in warnings if each.code not in SHORTFALLS
        ],
        shortfalls=_shortfalls(visit, answer.segment_total),
        left_out=left_out(answer),
        rejection_word=rejection_word,
        sender_id=draft["senderId"] or next(iter(sender_ids), ""),
        scheduled_at=datetime.fromisoformat(answer.scheduled_at) if answer.scheduled_at else None,
        # Of the form, so that this page sends once even where the browser asks for it anew.
        once_of_form=once_of(visit.form),
        balance=balance,
        balance_after=None if balance is None else balance - answer.segment_total,
    )


@router.post("")
async def send(request: Request) -> Response:
    """Send what was checked, and follow it."""
    visit = await _enter(request)
    draft = to_draft(visit.form)
    try:
        command = _by(visit, to_command(draft), "once")
        accepted = await accept_send(
            visit.context.to_send_context(),
            visit.caller.account,
            replace(command, agreed_segments=count_in(visit.form, "agreed_segments")),
        )
    except DomainError as error:
        return await form_page(visit, draft, refusal=error)
    done = SENT_BEFORE if accepted.is_replayed else SENT
    return see(f"{CONSOLE}/campaigns/{accepted.uuid}/progress", done=done)


async def form_page(
    visit: Visit,
    draft: Draft,
    *,
    refusal: DomainError | None = None,
    tested: str | None = None,
    test_refusal: DomainError | None = None,
    file_refusal: DomainError | None = None,
) -> Response:
    """Show the form with what is filled in, and what is wrong at its field."""
    account = visit.caller.account
    numbers: NumbersLook | None = None
    if draft["to"] == NUMBERS and draft["mobile"].strip():
        numbers = await look_at_numbers(visit, draft)
    counted = {"first": numbers.first, "count": str(numbers.count)} if numbers else {}
    audience = await find_audience(visit, draft, counted)
    orders = visit.context.to_group_orders(account, visit.author)
    groups = await orders.newest(before=to_newest_cursor(None), row_limit=GROUPS_SHOWN)
    error = refusal or test_refusal or file_refusal
    return render(
        visit.request,
        "send.html",
        caller=visit.caller,
        refusal=error,
        draft=draft,
        is_blank=draft == EMPTY,
        numbers=numbers,
        audience=audience,
        upload=to_upload_report(audience.upload, account.time_zone) if audience.upload else None,
        file_wrong=Wrong("file", refusal_of(file_refusal)) if file_refusal else None,
        look=await look_at_message(visit, draft, audience),
        groups=groups,
        sender_ids=[each.header for each in account.sender_ids],
        wrong=Wrong(_place(refusal, draft), refusal_of(refusal)) if refusal else None,
        tested=tested,
        test_wrong=Wrong("testMobile", refusal_of(test_refusal)) if test_refusal else None,
        has_sandbox=account.carrier == SANDBOX,
        rejection_word=rejection_word,
        max_title=MAX_TITLE,
        counted_as_typed=COUNTED_AS_TYPED,
        categories=list(Category),
    )


async def _enter(request: Request) -> Visit:
    # With as many numbers as a call of /send may bring.
    octet_limit = api_context(request).settings.max_body_octets
    return await enter(request, "send", octet_limit=octet_limit)


def _place(error: DomainError, draft: Draft) -> str:
    if error.field in FIELDS:
        return error.field
    if error.field in {"mobile", GROUP, UPLOAD, "file", "sendMethod"}:
        return draft["to"] if draft["to"] in {GROUP, UPLOAD} else "mobile"
    return "form"


def _by(visit: Visit, command: SendCommand, once: str) -> SendCommand:
    key = once_of(visit.form, once)
    return replace(command, idempotency_key=key, author=visit.author)


def _shortfalls(visit: Visit, segments: int) -> Sequence[Told]:
    credit = visit.caller.account.credit
    return [refusal_of(each) for each in credit.refusals(segments, retry_after_s=0)]
