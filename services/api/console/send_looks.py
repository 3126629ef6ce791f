"""What the form of a send shows while it is being filled in: numbers, message, columns, cost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.api.console.drafts import GROUP, NUMBERS, UPLOAD, Draft, to_preview_command, uuid_of
from services.api.console.forms import count_in
from services.api.console.send_wording import refusal_of, warning_of
from services.api.console.visits import Visit
from services.api.console.wording import Told
from services.api.domain.composing import EmptyTextError
from services.api.domain.contact_groups import NUMBER_KEYS
from services.api.domain.errors import MissingFieldError
from services.api.domain.link_marks import LinkMark, MarkedPart, mark_links
from services.api.domain.money import amount_text
from services.api.domain.placeholders import Template
from services.api.domain.preflight import MessagePreview, Preflight
from services.api.domain.preflight_characters import ForcingCharacter, is_other_script
from services.api.domain.rewriting import MAX_BODY_LENGTH
from services.api.operations.addressing import Addressed, sort_numbers
from services.api.operations.find_uploads import ShownUpload, find_upload
from services.api.operations.preview_send import SendPreview, preview_send
from services.api.operations.send_values import Accepted, Rejected, SendCommand
from shared.domain.consent import Category
from shared.domain.errors import DomainError
from shared.domain.segments import Encoding, room_in
from shared.domain.smart_encoding import plain_text

WRONG_SHOWN: Final = 5
OTHERS_SHOWN: Final = 3
READY: Final = "ready"
# Characters of some thousand numbers. Longer lists are not sent anew with each key.
COUNTED_AS_TYPED: Final = 50_000


@dataclass(frozen=True, slots=True, repr=False)
class NumbersLook:
    """What the numbers come to that are typed so far.

    Attributes:
        first: The first that it goes to; empty if there is none.
        wrong: The first of those that are left out.
        most: How many one send may go to.
        is_long: Whether it is not counted anew with each key.
    """

    count: int
    first: str
    duplicate_count: int
    invalid_count: int
    opted_out_count: int
    wrong: Sequence[Rejected]
    most: int
    is_long: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column of whom a send goes to; ``placeholder`` is None if its name cannot be one."""

    name: str
    placeholder: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Meter:
    """What a message comes to.

    Attributes:
        room: Units that its segments hold at most.
        is_exact: Whether every message is like the first.
        total: Segments of the whole send; None if it is not known whom it goes to.
        cost: Decimal digits; None if no price is agreed.
        balance_after: In credits; None of a post-paid account.
    """

    encoding: Encoding
    characters: int
    units: int
    room: int
    segments: int
    recipients: int | None
    is_exact: bool
    total: int | None
    cost: str | None
    currency: str
    balance: int | None
    balance_after: int | None


@dataclass(frozen=True, slots=True, repr=False)
class MessageLook:
    """What a message is, to the first whom it goes to.

    Attributes:
        parts: As the first recipient reads it; None where it cannot be shown.
        to: Their number; None if nobody is known yet.
        others: As the next ones read it, where each has a text of their own.
        destination: Where the tracked link leads, as written; None if none is tracked.
        characters: Those that make it go as UCS-2; none of a text in another script.
        is_other_script: Whether it is such a text.
        replaced: The message with plain characters for them; None if that changes nothing.
        segments_if_replaced: What it would then take; None if it goes as UCS-2 all the same.
    """

    refusal: Told | None
    warnings: Sequence[Told]
    parts: Sequence[MarkedPart] | None
    to: str | None
    others: Sequence[MessagePreview]
    destination: str | None
    characters: Sequence[ForcingCharacter]
    is_other_script: bool
    replaced: str | None
    segments_if_replaced: int | None
    meter: Meter | None

    @property
    def left_links(self) -> Sequence[str]:
        """The links that stay as they are."""
        return [part.text for part in self.parts or () if part.mark is LinkMark.LEFT]


async def look_at_numbers_typed(visit: Visit, draft: Draft) -> NumbersLook | None:
    """Say what the numbers come to that are typed so far; None if nobody waits for it any more.

    Of a long list, only one look is made at a time, and none that a later one has replaced.
    """
    if not _is_long(draft):
        return await look_at_numbers(visit, draft)
    async with visit.context.long_looks:
        if await visit.request.is_disconnected():
            return None
        return await look_at_numbers(visit, draft)


async def look_at_numbers(visit: Visit, draft: Draft) -> NumbersLook:
    """Say what the numbers of a form come to."""
    context = visit.context.to_send_context()
    command = SendCommand(
        mobiles=draft["mobile"].replace("\0", ""),
        category=Category.TRANSACTIONAL
        if draft["category"] == Category.TRANSACTIONAL
        else Category.MARKETING,
        drop_duplicates=draft["duplicateCheck"] == "true",
    )
    found = await sort_numbers(context.engine, context.settle_terms(visit.caller.account, command))
    return _numbers(found, context.max_recipients, is_long=_is_long(draft))


def _is_long(draft: Draft) -> bool:
    return len(draft["mobile"]) > COUNTED_AS_TYPED


def _numbers(found: Addressed, most: int, *, is_long: bool) -> NumbersLook:
    return NumbersLook(
        count=len(found.msisdns),
        first=str(found.msisdns[0]) if found.msisdns else "",
        duplicate_count=found.duplicate_count,
        invalid_count=found.rejected_count - found.opted_out_count,
        opted_out_count=found.opted_out_count,
        wrong=found.rejected[:WRONG_SHOWN],
        most=most,
        is_long=is_long,
    )


@dataclass(frozen=True, slots=True, repr=False)
class Audience:
    """Whom a send goes to, as far as that is known.

    Attributes:
        count: None if it is not.
        first: The first number that is typed; empty if there is none.
        columns: What fills placeholders.
    """

    count: int | None = None
    first: str = ""
    columns: Sequence[Column] = ()
    upload: ShownUpload | None = None


async def find_audience(visit: Visit, draft: Draft, counted: Mapping[str, str]) -> Audience:
    """Find out whom a send goes to; what is gone meanwhile is nobody.

    Args:
        visit: Whose send it is.
        draft: The fields so far.
        counted: What ``look_at_numbers`` last said of the numbers: ``first`` and ``count``.
    """
    account = visit.caller.account
    to = draft["to"]
    target = uuid_of(draft, to)
    try:
        if to == GROUP and target is not None:
            group = await visit.context.to_group_orders(account, visit.author).find(target)
            names = [*sorted(NUMBER_KEYS)[:1], *group.columns]
            return Audience(group.contact_count, columns=_columns(names))
        if to == UPLOAD and target is not None:
            shown = await find_upload(visit.context.engine, account, target)
            upload = shown.upload
            names = upload.header.columns if upload.header else []
            count = upload.valid_count if upload.status == READY else None
            return Audience(count, columns=_columns(names), upload=shown)
    except DomainError:
        return Audience()
    if to != NUMBERS:
        return Audience()
    return Audience(count_in(counted, "count") or None, counted.get("first", ""))


def _columns(names: Sequence[str]) -> list[Column]:
    return [Column(name, _placeholder(name)) for name in names]


def _placeholder(name: str) -> str | None:
    written = f"{{{name}}}"
    return written if Template.parse(written).names else None


async def look_at_message(visit: Visit, draft: Draft, audience: Audience) -> MessageLook:
    """Say how the message reads to the first whom it goes to, and what it comes to."""
    account = visit.caller.account
    try:
        command = to_preview_command(draft, audience.first, account.default_region)
    except DomainError as error:
        return _look(visit, draft, SendPreview(None, error), audience)
    if command.upload_id is not None and audience.count is None:
        # Its rows are still being read.
        command = to_preview_command({**draft, "to": NUMBERS}, "", account.default_region)
    context = visit.context.to_send_context()
    return _look(visit, draft, await preview_send(context, account, command), audience)


def _look(visit: Visit, draft: Draft, preview: SendPreview, audience: Audience) -> MessageLook:
    answer, refusal = preview.answer, preview.refusal
    is_empty = isinstance(refusal, EmptyTextError | MissingFieldError)
    flight = answer.preflight if answer else None
    first = flight.messages[0] if flight else None
    forcing = flight.forcing_characters if flight else ()
    is_script = is_other_script(forcing)
    plain = draft["msg"] if is_script else _plain(draft["msg"])
    if_replaced = first.if_replaced if first else None
    is_known = bool(audience.first) or audience.count is not None
    return MessageLook(
        refusal=refusal_of(refusal) if refusal and not is_empty else None,
        warnings=_warnings(flight, is_tracked=refusal is None),
        parts=mark_links(first.text, answer.sample_link) if first and answer else None,
        to=first.mobile if first and is_known else None,
        others=flight.messages[1 : OTHERS_SHOWN + 1] if flight else (),
        destination=answer.destination if answer else None,
        characters=() if is_script else forcing,
        is_other_script=is_script,
        replaced=plain if plain != draft["msg"] else None,
        segments_if_replaced=if_replaced.count if if_replaced else None,
        meter=_meter(visit, answer, first, audience) if answer and first else None,
    )


def _plain(text: str) -> str:
    # What no send takes is not looked through: it may be as large as a form may be.
    return plain_text(text) if len(text) <= MAX_BODY_LENGTH else text


def _warnings(flight: Preflight | None, *, is_tracked: bool) -> list[Told]:
    if flight is None:
        return []
    # Of the few that are looked at, no account has too little credit.
    known = [each for each in flight.warnings if is_tracked or each.code.startswith("unicode")]
    return [warning_of(each.code, each.message) for each in known]


def _meter(visit: Visit, answer: Accepted, first: MessagePreview, audience: Audience) -> Meter:
    account = visit.caller.account
    total = None
    if audience.count is not None:
        # Of texts of their own the first ones are the measure until all are looked at.
        total = -(-answer.segment_total * audience.count // answer.recipient_count)
    price = account.segment_price
    balance = account.credit.balance
    size = first.segmentation
    return Meter(
        encoding=size.encoding,
        characters=len(first.text),
        units=size.units,
        room=room_in(size.encoding, size.count),
        segments=size.count,
        recipients=audience.count,
        is_exact=bool(audience.first),
        total=total,
        cost=None if price is None or total is None else amount_text(price * total),
        currency=account.currency,
        balance=balance,
        balance_after=None if balance is None or total is None else balance - total,
    )


def left_out(answer: Accepted) -> Sequence[tuple[str, int]]:
    """Return why numbers are left out, and how many of those that are listed for each reason."""
    return Counter(each.reason for each in answer.rejected).most_common()
