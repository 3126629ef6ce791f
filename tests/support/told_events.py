"""Events made to happen, and what is stored of them."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.redirector.recorder.locating import Locator
from services.redirector.recorder.recording import Recorder
from services.redirector.storage.connections import open_pool
from services.worker.storage.delivery_reports import ReportedMessage, Verdict, apply_verdicts
from services.worker.storage.messages import Settlement, apply_settlements, claim_window
from shared.domain.messages import MessageStatus
from shared.domain.webhook_secrets import make_secret, secret_text
from tests.support.journals import Journal, record_all
from tests.support.links import SeededCampaign, seed_campaign

ALL_KINDS = ("click.recorded", "message.submitted", "message.delivered", "message.failed")
ADD_DELIVERY_COUNTS = text(
    "INSERT INTO campaign_delivery (campaign_id, queued) VALUES (:campaign_id, :queued)"
)
ADD_CLICK_COUNTS = text("INSERT INTO campaign_clicks (campaign_id) VALUES (:campaign_id)")
BATCHES = text("SELECT * FROM event_batch ORDER BY campaign_id, source, number")
ADD_WEBHOOK = text("""
    INSERT INTO webhook (uuid, account_id, url, kinds, secret)
    SELECT gen_random_uuid(), account_id, :url, :kinds, :secret
    FROM campaign WHERE id = :campaign_id
    RETURNING id
""")
GET_WEBHOOK = text("SELECT * FROM webhook WHERE id = :webhook_id")
DELIVERIES = text("SELECT * FROM webhook_delivery ORDER BY id")


async def seed_counted_campaign(
    engine: AsyncEngine, database_url: str, *, recipient_count: int = 3, account: str = "acme"
) -> SeededCampaign:
    """Store a campaign with tracked links, and the counts that are kept of it."""
    campaign = await seed_campaign(database_url, recipient_count=recipient_count, account=account)
    values = {"campaign_id": campaign.id, "queued": recipient_count}
    async with engine.begin() as connection:
        await connection.execute(ADD_DELIVERY_COUNTS, values)
        await connection.execute(ADD_CLICK_COUNTS, {"campaign_id": campaign.id})
    return campaign


async def submit(connection: AsyncConnection, campaign_id: int, positions: Sequence[int]) -> None:
    """Settle messages as submitted, as a worker does."""
    await claim_window(connection, campaign_id, positions, lifetime=timedelta(minutes=1))
    settlements = [
        Settlement(
            position, MessageStatus.SUBMITTED, carrier_message_id=f"{campaign_id}-{position}"
        )
        for position in positions
    ]
    await apply_settlements(connection, campaign_id, settlements)


async def settle(
    connection: AsyncConnection, campaign_id: int, statuses: dict[int, MessageStatus]
) -> None:
    """Settle submitted messages as their delivery reports say."""
    await apply_verdicts(
        connection,
        [
            Verdict(
                ReportedMessage(campaign_id, position, MessageStatus.SUBMITTED),
                status,
                None if status is MessageStatus.DELIVERED else "ABSENT",
            )
            for position, status in statuses.items()
        ],
    )


async def click(
    database_url: str,
    data_dir: Path,
    campaign: SeededCampaign,
    *positions: int,
    **hit: Any,  # noqa: ANN401
) -> None:
    """Journal hits on links of recipients and record them."""
    journal = Journal(data_dir)
    for position in positions:
        journal.add(campaign, position, **hit)
    journal.close()
    pool = await open_pool(database_url, application="test", size=1, statement_timeout_s=30)
    try:
        await record_all(Recorder(pool, data_dir / "journal", Locator(None)))
    finally:
        await pool.close()


async def batches(engine: AsyncEngine) -> list[dict[str, Any]]:
    """Return all batches of events, by campaign, source and number."""
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(BATCHES)).mappings()]


async def add_webhook(
    engine: AsyncEngine, campaign_id: int, url: str, *, kinds: Sequence[str] = ALL_KINDS
) -> tuple[int, str]:
    """Make a webhook of a campaign's account; return its id and the text of its secret."""
    secret = make_secret()
    values = {"url": url, "kinds": list(kinds), "secret": secret, "campaign_id": campaign_id}
    async with engine.begin() as connection:
        webhook_id: int = (await connection.execute(ADD_WEBHOOK, values)).scalar_one()
    return webhook_id, secret_text(secret)


async def webhook(engine: AsyncEngine, webhook_id: int) -> dict[str, Any]:
    """Return the row of a webhook."""
    async with engine.connect() as connection:
        found = await connection.execute(GET_WEBHOOK, {"webhook_id": webhook_id})
        return dict(found.mappings().one())


async def deliveries(engine: AsyncEngine) -> list[dict[str, Any]]:
    """Return all deliveries, oldest first."""
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(DELIVERIES)).mappings()]
