"""What never went out comes back, once, in the transaction that settles it."""

import asyncio
import random  # noqa: TID251 - named for its type
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import count

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.operations.manage_credit import add_credit
from services.api.storage.campaigns import NewCampaign, add_campaign, copy_messages
from services.api.storage.credit import take_credit
from services.api.storage.personal_texts import PersonalMessage, copy_personal_messages
from services.worker.jobs.settle_delivery_reports import SettleDeliveryReports
from services.worker.jobs.submit_messages import SubmissionLimits
from services.worker.storage.delivery_reports import add_reports
from services.worker.storage.messages import Settlement, apply_settlements, claim_window
from shared.domain.messages import MessageStatus
from shared.schema.grants import Service
from shared.storage.cancelling import cancel_messages
from shared.storage.engine import create_engine, raw_connection
from tests.support.credit import Ledger, ledger, prepay
from tests.support.randomness import seeded
from tests.support.roles import engine_as
from tests.support.stored_campaigns import FIRST_MSISDN

ADD_ACCOUNT = text("INSERT INTO account (name) VALUES (:name) RETURNING id")
SET_CANCELLED = text("UPDATE campaign SET control = 'cancelled' WHERE id = :campaign_id")
QUEUED, SUBMITTED = MessageStatus.QUEUED, MessageStatus.SUBMITTED
FAILED, CANCELLED = MessageStatus.FAILED, MessageStatus.CANCELLED
# What a carrier's report says of a message.
WORDS = ("DELIVRD", "UNDELIV", "EXPIRED", "REJECTD")
LIFETIME = SubmissionLimits().claim_lifetime
BALANCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Shop:
    """Prepaid accounts, with campaigns of them."""

    engine: AsyncEngine
    database: asyncpg.Connection
    accounts: dict[str, int]

    async def campaign(self, account: str, segments: Sequence[int], *, is_personal: bool) -> int:
        """Store and charge a campaign; uniform texts have as many segments as the first."""
        account_id, total = self.accounts[account], sum(segments)
        campaign = NewCampaign(
            uuid=uuid.uuid4(),
            transaction_id=uuid.uuid4().int >> 66,
            account_id=account_id,
            carrier="sandbox",
            title="",
            sender_id="TXTIND",
            body_before="Offer",
            link=None,
            message_count=len(segments),
            encoding="gsm7",
            segment_count=max(segments),
            is_flash=False,
            dlt_entity_id=None,
            dlt_template_id=None,
            is_personal=is_personal,
            segment_total=total,
            segment_price=None,
            currency="INR",
        )
        async with self.engine.begin() as connection:
            campaign_id = await add_campaign(connection, campaign)
            raw = await raw_connection(connection)
            msisdns = range(FIRST_MSISDN, FIRST_MSISDN + len(segments))
            if is_personal:
                texts = [
                    PersonalMessage(msisdn, "Offer", None, None, None, "gsm7", each)
                    for msisdn, each in zip(msisdns, segments, strict=True)
                ]
                await copy_personal_messages(
                    raw, campaign_id, texts, first_position=0, status=QUEUED
                )
            else:
                await copy_messages(raw, campaign_id, msisdns)
            taking = await take_credit(connection, account_id, campaign_id, segments=total)
            assert taking is None or taking.is_taken
        return campaign_id

    async def settle(self, campaign_id: int, *settlements: Settlement) -> None:
        """Claim messages and settle them, as a worker does."""
        positions = [each.position for each in settlements]
        async with self.engine.begin() as connection:
            claim = await claim_window(connection, campaign_id, positions, lifetime=LIFETIME)
        claimed = {message.position for message in claim.messages}
        own = [each for each in settlements if each.position in claimed]
        async with self.engine.begin() as connection:
            await apply_settlements(connection, campaign_id, own)

    async def cancel(self, campaign_id: int, positions: Sequence[int]) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(SET_CANCELLED, {"campaign_id": campaign_id})
        async with self.engine.begin() as connection:
            await cancel_messages(connection, campaign_id, positions)

    async def report(self, *verdicts: tuple[str, str]) -> None:
        """Take in delivery reports by the carrier's ids, and settle them in one transaction."""
        raws = [f"id:{name} stat:{word} err:000" for name, word in verdicts]
        async with self.engine.begin() as connection:
            report_ids = await add_reports(connection, "sandbox", raws)
        await SettleDeliveryReports(engine_as(Service.WORKER, self.engine), seeded()).run(
            report_ids
        )

    async def book(self, account: str = "acme") -> Ledger:
        return await ledger(self.database, account)


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    engine = create_engine(database_url, application="txlink tests", pool_size=12)
    accounts = {}
    for name in ("acme", "other"):
        async with engine.begin() as connection:
            accounts[name] = (await connection.execute(ADD_ACCOUNT, {"name": name})).scalar_one()
        await prepay(engine, name, BALANCE)
    database = await asyncpg.connect(database_url)
    yield Shop(engine, database, accounts)
    await database.close()
    await engine.dispose()


@pytest.mark.parametrize(
    ("is_personal", "segments", "back"),
    [(False, [2, 2, 2, 2], 4), (True, [1, 2, 3, 4], 5)],
    ids=["uniform", "personal"],
)
async def test_failed_and_cancelled_messages_come_back_in_one_entry(
    shop: Shop, segments: list[int], back: int, *, is_personal: bool
) -> None:
    campaign_id = await shop.campaign("acme", segments, is_personal=is_personal)
    settlements = [
        Settlement(0, SUBMITTED, "C0"),
        Settlement(1, FAILED, failure_cause="bad number"),
        Settlement(2, CANCELLED),
        Settlement(3, QUEUED),
    ]

    await shop.settle(campaign_id, *settlements)
    # What is settled stays so, and is not given back again.
    async with shop.engine.begin() as connection:
        await apply_settlements(connection, campaign_id, settlements)

    total = sum(segments)
    assert (await shop.book()).told[1:] == [
        ("charge", -total, BALANCE - total),
        ("refund", back, BALANCE - total + back),
    ]


@pytest.mark.parametrize("is_personal", [False, True], ids=["uniform", "personal"])
async def test_rejected_messages_come_back_and_undelivered_ones_stay_charged(
    shop: Shop, *, is_personal: bool
) -> None:
    campaigns = [
        await shop.campaign(account, [3, 3, 3, 3], is_personal=is_personal)
        for account in ("acme", "other", "acme")
    ]
    for campaign_id in campaigns:
        submitted = [Settlement(at, SUBMITTED, f"{campaign_id}-{at}") for at in range(4)]
        await shop.settle(campaign_id, *submitted)

    verdicts = [
        (f"{campaign_id}-{at}", word) for campaign_id in campaigns for at, word in enumerate(WORDS)
    ]
    await shop.report(*verdicts)
    await shop.report(*verdicts)

    assert (await shop.book()).told[-2:] == [
        ("refund", 3, BALANCE - 21),
        ("refund", 3, BALANCE - 18),
    ]
    assert (await shop.book("other")).told[-1] == ("refund", 3, BALANCE - 9)


async def test_cancelled_messages_come_back_once(shop: Shop) -> None:
    campaign_id = await shop.campaign("acme", [2] * 10, is_personal=False)

    for _ in range(2):
        await shop.cancel(campaign_id, range(5))

    assert (await shop.book()).told[2:] == [("refund", 10, BALANCE - 10)]


async def test_campaign_that_was_not_charged_brings_nothing(shop: Shop) -> None:
    await shop.database.execute("UPDATE account_credit SET balance = NULL")
    campaign_id = await shop.campaign("acme", [1, 1], is_personal=False)
    await shop.database.execute("UPDATE account_credit SET balance = $1", BALANCE)

    await shop.settle(campaign_id, Settlement(0, FAILED))
    await shop.cancel(campaign_id, range(2))

    assert (await shop.book()).told == [("top-up", BALANCE, BALANCE)]


async def test_account_that_became_post_paid_gets_nothing_back(shop: Shop) -> None:
    campaign_id = await shop.campaign("acme", [1, 1], is_personal=False)
    await shop.database.execute("UPDATE account_credit SET balance = NULL")

    await shop.cancel(campaign_id, range(2))

    entries = await shop.database.fetchval("SELECT count(*) FROM credit_entry WHERE kind='refund'")
    (owed,) = await shop.database.fetch("SELECT * FROM campaign_credit")
    assert entries == 0
    assert owed["refunded_segments"] == owed["refundable_segments"] == 2


class _Story:
    """A random history of one account after another, by several hands at once."""

    def __init__(self, shop: Shop, draw: random.Random) -> None:
        self._shop = shop
        self._draw = draw
        self._names = count()
        self.submitted: list[str] = []
        self.campaigns: list[tuple[int, int]] = []

    async def go_on(self, steps: int) -> None:
        for _ in range(steps):
            step = self._draw.choice(
                (self._send, self._settle, self._settle, self._cancel, self._report, self._top_up)
            )
            await step()

    async def _send(self) -> None:
        draw = self._draw
        size, is_personal = draw.randint(1, 60), draw.random() < 0.5
        most = draw.randint(1, 5)
        segments = [draw.randint(1, most) if is_personal else most for _ in range(size)]
        account = draw.choice(("acme", "other"))
        made = await self._shop.campaign(account, segments, is_personal=is_personal)
        self.campaigns.append((made, size))

    def _some(self) -> tuple[int, list[int]]:
        campaign_id, size = self._draw.choice(self.campaigns)
        return campaign_id, sorted(self._draw.sample(range(size), self._draw.randint(1, size)))

    async def _settle(self) -> None:
        if not self.campaigns:
            return
        campaign_id, positions = self._some()
        settlements = []
        for position in positions:
            status = self._draw.choice((SUBMITTED, SUBMITTED, FAILED, CANCELLED, QUEUED))
            name = f"R{next(self._names)}" if status is SUBMITTED else None
            settlements.append(Settlement(position, status, name, "why"))
        await self._shop.settle(campaign_id, *settlements)
        self.submitted += [each.carrier_message_id or "" for each in settlements]

    async def _cancel(self) -> None:
        if self.campaigns:
            await self._shop.cancel(*self._some())

    async def _report(self) -> None:
        names = [name for name in self.submitted if name]
        told = self._draw.sample(names, min(len(names), 40))
        await self._shop.report(*((name, self._draw.choice(WORDS)) for name in told))

    async def _top_up(self) -> None:
        account = self._draw.choice(("acme", "other"))
        await add_credit(self._shop.engine, account, 7, note="", is_correction=False)


@pytest.mark.parametrize("seed", range(2))
async def test_books_are_right_after_any_history_of_many_hands_and_nobody_waits_in_a_ring(
    shop: Shop, seed: int
) -> None:
    # A history that can be told again.
    story = _Story(shop, random.Random(seed))  # noqa: S311

    # A deadlock would be an error of one of the hands.
    async with asyncio.timeout(60):
        await asyncio.gather(*(story.go_on(25) for _ in range(6)))

    for account in ("acme", "other"):
        kinds = {kind for kind, _, _ in (await shop.book(account)).told}
        assert kinds == {"top-up", "charge", "refund"}
    owed = await shop.database.fetchval(
        "SELECT count(*) FROM campaign_credit WHERE refunded_segments <> refundable_segments"
    )
    assert owed == 0
