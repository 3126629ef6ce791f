"""Accept a text of each recipient's own: all of them in one transaction, or none.

Rows come in batches and go to Postgres in batches, so that a hundred thousand of them take no
more memory than two thousand. The campaign is written last, when it is known what all rows come
to; a row that is refused takes everything back.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.composing import ComposedText, Composer, PersonalRow
from services.api.domain.destination_lists import list_sites
from services.api.domain.errors import NoLinkRoomError
from services.api.domain.preflight import Preflight
from services.api.operations.accepting import (
    SendContext,
    SendTotals,
    accepted,
    dry_message,
    look_over,
    named,
    new_campaign,
    note_copy,
    sending_of,
)
from services.api.operations.addressing import opted_out_of
from services.api.operations.charging import charge, require_credit, shortfalls
from services.api.operations.check_destinations import DestinationCheck
from services.api.operations.personal_tally import PersonalTally
from services.api.operations.planning import SendTerms, check_recipients
from services.api.operations.replaying import Repeats
from services.api.operations.row_sources import PersonalRows, RowSource
from services.api.operations.send_values import Accepted, SendCommand
from services.api.operations.tracked_links import (
    LinkForm,
    first_link_of,
    foresee_links,
    take_block,
)
from services.api.storage.accounts import Account
from services.api.storage.blocks import Block, add_block
from services.api.storage.campaigns import LinkedCampaign, add_campaign, first_status
from services.api.storage.personal_texts import (
    PersonalMessage,
    copy_personal_messages,
    next_campaign_id,
)
from shared.domain.campaigns import CampaignControl
from shared.domain.destination_rules import Site
from shared.domain.errors import DomainError
from shared.domain.tokens import TOKEN_LENGTHS
from shared.storage.engine import raw_connection
from shared.storage.queue import enqueue_slices


async def submit_personal(
    context: SendContext,
    account: Account,
    command: SendCommand,
    source: RowSource,
    repeats: Repeats,
) -> Accepted:
    """Accept a send of personal texts, or refuse it whole; as ``submit_campaign`` does.

    Args:
        context: What sending needs.
        account: Whose send it is.
        command: What is asked for, but for the rows.
        source: Whom the texts go to and what they are made of.
        repeats: Where its answer is kept.

    Raises:
        DomainError: A row or the send is refused; nothing is stored or sent.
        NoLinkRoomError: No domain has room for the links.
    """
    terms = context.settle_terms(account, command)
    link_count = 1
    # Once a length: how many links are needed is known only when all rows are read.
    for _ in TOKEN_LENGTHS:
        form = None
        if terms.link_prefix is not None:
            async with context.engine.connect() as connection:
                form = await foresee_links(
                    connection, prefix=terms.link_prefix, link_count=link_count
                )
        writing = _Writing(context, terms, form)
        async with source() as rows:
            writing.check_columns(rows)
            async with context.engine.connect() as connection:
                if command.is_dry_run:
                    return await writing.look_over(connection, rows)
                answer = await writing.write(connection, rows, repeats)
        if answer is not None:
            return answer
        link_count = len(writing.tally.msisdns)
    raise NoLinkRoomError(link_count)


class _Writing:
    """One run over the rows, with links of one length."""

    def __init__(self, context: SendContext, terms: SendTerms, form: LinkForm | None) -> None:
        self._context = context
        self._terms = terms
        self._form = form
        sample = form.samples(1)[0] if form else None
        self._composer = Composer(terms.command.body, terms.text_rules(sample))
        self.tally = PersonalTally(terms.account.number_rules, terms.command.drop_duplicates)
        self._check_links = DestinationCheck(terms.account.id)
        # Where the rows that were composed last lead, by their numbers.
        self._sites = dict[Site, int]()

    def check_columns(self, rows: PersonalRows) -> None:
        """Refuse a table that lacks a column, before any row is read.

        Raises:
            MissingColumnError: A placeholder has no column.
        """
        if rows.columns is not None:
            self._composer.require(rows.columns)

    async def look_over(self, connection: AsyncConnection, rows: PersonalRows) -> Accepted:
        async for batch in rows.batches:
            await self._compose(connection, batch)
            await self._refuse_blocked(connection)
        totals = self._totals(None)
        short = shortfalls(self._terms, totals.segment_total, self._context.clock.now())
        report = await asyncio.to_thread(self._preflight, totals, rows.warnings, short)
        return replace(accepted(self._context, self._terms, totals), preflight=report)

    async def write(
        self, connection: AsyncConnection, rows: PersonalRows, repeats: Repeats
    ) -> Accepted | None:
        """Store and queue all rows; None if links of this length have run out meanwhile.

        Raises:
            DailyCapReachedError: They are more than the account may send today.
            InsufficientCreditError: They cost more than the account has.
        """
        campaign_id = await next_campaign_id(connection)
        raw = await raw_connection(connection)
        status = first_status(is_external=self._terms.command.is_external)
        async for batch in rows.batches:
            # Not only once all are stored: a large file may be far more than can be paid.
            self._require_credit(is_all=False)
            first_position = len(self.tally.msisdns)
            messages = await self._compose(connection, batch)
            await self._refuse_blocked(connection)
            await copy_personal_messages(
                raw, campaign_id, messages, first_position=first_position, status=status
            )
        self._check()
        self._require_credit(is_all=True)
        block = None
        if self._form is not None:
            block = await take_block(
                self._context.reserve_engine, self._form, len(self.tally.msisdns)
            )
            if block is None:
                return None
        return await self._finish(connection, campaign_id, block, repeats)

    def _require_credit(self, *, is_all: bool) -> None:
        segments, now = self.tally.segment_total, self._context.clock.now()
        require_credit(self._terms, segments, now, is_all=is_all)

    async def _finish(
        self,
        connection: AsyncConnection,
        campaign_id: int,
        block: Block | None,
        repeats: Repeats,
    ) -> Accepted:
        command = self._terms.command
        totals = self._totals(block)
        campaign = new_campaign(
            self._terms,
            totals,
            body_before=command.body or totals.sample_text,
            link=self._linked_campaign(block),
            is_personal=True,
        )
        answer = named(accepted(self._context, self._terms, totals), campaign)
        if not await repeats.keep(connection, command, answer):
            await connection.rollback()
            return await repeats.find_first(command)
        sending = command.author, sending_of(campaign)
        await add_campaign(connection, campaign, campaign_id, sending=sending)
        await note_copy(connection, command, campaign)
        if block is not None:
            await add_block(
                connection, block, campaign_id=campaign_id, location=self.tally.location
            )
        count = totals.message_count
        raw = await raw_connection(connection)
        if campaign.control is CampaignControl.RUNNING:
            await enqueue_slices(raw, campaign_id, count, urgent=count == 1)
        if not command.is_external:
            await charge(
                connection,
                self._terms.account,
                campaign_id,
                segments=totals.segment_total,
                now=self._context.clock.now(),
            )
        await connection.commit()
        return answer

    async def _compose(
        self, connection: AsyncConnection, batch: Sequence[PersonalRow]
    ) -> list[PersonalMessage]:
        """Compose a batch of rows; in threads, since that keeps a core busy.

        Raises:
            DomainError: A row is refused, or there are too many.
        """
        if not self._terms.heeds_opt_outs:
            return await asyncio.to_thread(self._compose_all, self._read(batch), frozenset())
        numbers = await asyncio.to_thread(list, self._read(batch))
        wanted = [msisdn for _, msisdns in numbers for msisdn in msisdns]
        opted_out = await opted_out_of(connection, self._terms, wanted)
        return await asyncio.to_thread(self._compose_all, numbers, opted_out)

    def _read(self, batch: Sequence[PersonalRow]) -> Iterator[tuple[PersonalRow, Sequence[int]]]:
        return ((row, self.tally.read(row)) for row in batch)

    def _compose_all(
        self,
        numbers: Iterable[tuple[PersonalRow, Sequence[int]]],
        opted_out: AbstractSet[int],
    ) -> list[PersonalMessage]:
        tally, composer = self.tally, self._composer
        messages: list[PersonalMessage] = []
        for row, numbers_of_row in numbers:
            msisdns = tally.recipients_of(numbers_of_row, opted_out)
            if msisdns:
                text = composer.compose(row)
                for site in list_sites(text, short_host=self._terms.short_host):
                    self._sites.setdefault(site, row.number)
                has_blank = composer.has_blank(row)
                for msisdn in msisdns:
                    tally.add(msisdn, text, row, has_blank=has_blank)
                    messages.append(_message(msisdn, text))
        limit = self._context.max_recipients
        if len(tally.msisdns) > limit:
            check_recipients(len(tally.msisdns), (), limit=limit)
        return messages

    async def _refuse_blocked(self, connection: AsyncConnection) -> None:
        sites, self._sites = self._sites, {}
        await self._check_links.refuse_rows(connection, sites)

    def _check(self) -> None:
        check_recipients(
            len(self.tally.msisdns), self.tally.rejected, limit=self._context.max_recipients
        )

    def _totals(self, block: Block | None) -> SendTotals:
        self._check()
        tally = self.tally
        first = tally.first[0].text
        longest = tally.longest.text if tally.longest else first
        link = None
        if self._form is not None:
            prefix = self._form.prefix
            link = first_link_of(block, prefix) if block else self._form.samples(1)[0]
        return SendTotals(
            mobiles=",".join(map(str, tally.msisdns)),
            message_count=len(tally.msisdns),
            duplicate_count=tally.duplicate_count,
            rejected=tally.rejected,
            rejected_count=tally.rejected_count,
            longest=longest.segmentation,
            segment_total=tally.segment_total,
            sample_text=first.with_link(link or ""),
            sample_link=link,
            destination=first.rewrite.destination if first.rewrite else None,
        )

    def _preflight(
        self, totals: SendTotals, file_warnings: Sequence[str], short: Sequence[DomainError]
    ) -> Preflight:
        samples = [*self.tally.first, *self.tally.noted]
        links = self._form.samples(len(samples)) if self._form else [None] * len(samples)
        messages = [
            dry_message(
                self._terms,
                each.text,
                mobile=str(each.msisdn),
                link=link,
                values=self._composer.filled_values(each.row),
            )
            for each, link in zip(samples, links, strict=True)
        ]
        return look_over(
            self._terms,
            messages,
            shown_count=len(self.tally.first),
            segment_total=totals.segment_total,
            file_warnings=file_warnings,
            shortfalls=short,
        )

    def _linked_campaign(self, block: Block | None) -> LinkedCampaign | None:
        if self._form is None or block is None:
            return None
        rewrite = self.tally.first[0].text.rewrite
        has_one = self.tally.location is not None
        return LinkedCampaign(
            body_after=None,
            destination=rewrite.destination if rewrite and has_one else None,
            link_prefix=self._form.prefix,
            token_length=block.token_length,
            first_link=block.first_link,
        )


def _message(msisdn: int, text: ComposedText) -> PersonalMessage:
    rewrite = text.rewrite
    return PersonalMessage(
        msisdn=msisdn,
        body_before=text.before,
        body_after=text.after,
        destination=rewrite.destination if rewrite else None,
        location=rewrite.location if rewrite else None,
        encoding=text.segmentation.encoding.value,
        segment_count=text.segmentation.count,
    )
