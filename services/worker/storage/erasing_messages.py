"""Erase the number of messages, with all that is kept of them and of who followed their links.

Order of locks: ``txlink clicks reclassify``'s first, as in letting go of hits; then campaigns,
messages, and the counts that cancelling changes, as everywhere; then ``recipient_clicks``, for
which recorders wait before they store a hit. From then on they find that it is erased.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.worker.storage.erasing import Erasure, Place
from services.worker.storage.letting_go import LOCK_HITS
from shared.domain.erasing import ERASED, ERASED_TEXT, number_pattern
from shared.domain.messages import MessageStatus
from shared.domain.referrers import HOST_PATTERN

# By message_msisdn_campaign_id_idx.
LIST_MESSAGES = text("""
    SELECT m.campaign_id, m.position FROM message m
    JOIN campaign c ON c.id = m.campaign_id AND c.account_id = :account_id
    WHERE m.msisdn = :msisdn AND (m.campaign_id, m.position) > (:place, :row_place)
    ORDER BY m.campaign_id, m.position LIMIT :row_limit
""")
# By message_pkey. Those that a worker has it may settle meanwhile, in whatever order.
LOCK_MESSAGES = text("""
    SELECT FROM message
    JOIN unnest(CAST(:campaign_ids AS bigint[]), CAST(:positions AS integer[]))
        AS found(campaign_id, position) USING (campaign_id, position)
    WHERE status <> :submitting
    ORDER BY campaign_id, position FOR UPDATE OF message
""")
LOCK_CAMPAIGNS = text("""
    SELECT id FROM campaign WHERE id = ANY(CAST(:campaign_ids AS bigint[]))
    ORDER BY id FOR NO KEY UPDATE
""")
# No row without a link, since nobody can follow any.
MARK_RECIPIENTS = text("""
    INSERT INTO recipient_clicks AS kept (
        campaign_id, position, hit_count, click_count, is_erased
    )
    SELECT c.id, erased.position, 0, 0, true
    FROM campaign c, unnest(CAST(:positions AS integer[])) AS erased(position)
    WHERE c.id = :campaign_id AND c.first_link IS NOT NULL
    ORDER BY erased.position
    ON CONFLICT (campaign_id, position) DO UPDATE SET is_erased = true
""")
# By hit_campaign_id_position_occurred_at_idx, and hit_pkey. Of a referrer its host stays, which is
# counted; no request has an empty head, so none is done twice.
ERASE_HITS = text(f"""
    UPDATE hit SET
        address = NULL, user_agent = NULL, request_head = '',
        referrer = 'https://' || substring(referrer from '{HOST_PATTERN}') || '/'
    FROM (
        SELECT occurred_at, journal_id, journal_offset FROM hit
        WHERE campaign_id = :campaign_id AND position = ANY(CAST(:positions AS integer[]))
        AND request_head <> ''
        LIMIT :hit_limit
    ) AS found
    WHERE hit.campaign_id = :campaign_id AND hit.occurred_at = found.occurred_at
    AND hit.journal_id = found.journal_id AND hit.journal_offset = found.journal_offset
""")  # noqa: S608 - a constant
# What personal texts that came ready-made have of their own campaign is the first of them.
ERASE_FIRST_TEXT = text("""
    UPDATE campaign SET body_before = '', body_after = NULL, destination = NULL
    FROM personal_text p
    WHERE campaign.id = :campaign_id AND campaign.is_personal
    AND p.campaign_id = :campaign_id AND p.position = 0
    AND 0 = ANY(CAST(:positions AS integer[]))
    AND CASE
        WHEN p.body_after IS NULL THEN campaign.body_before = p.body_before
        ELSE starts_with(campaign.body_before, p.body_before)
            AND right(campaign.body_before, length(p.body_after)) = p.body_after
            AND strpos(campaign.body_before, campaign.link_prefix) > 0
    END
""")
# By personal_text_pkey.
ERASE_PERSONAL_TEXTS = text("""
    UPDATE personal_text
    SET body_before = '', body_after = NULL, destination = NULL, location = NULL
    WHERE campaign_id = :campaign_id AND position = ANY(CAST(:positions AS integer[]))
""")
# By message_pkey. What carriers said may name the number.
ERASE_NUMBERS = text("""
    UPDATE message SET
        msisdn = :erased,
        failure_cause = regexp_replace(failure_cause, :pattern, :erased_text, 'g')
    WHERE campaign_id = :campaign_id AND position = ANY(CAST(:positions AS integer[]))
    RETURNING carrier_message_id
""")
# What a campaign says is nobody's any more once all its recipients are erased.
ERASE_CAMPAIGN = text("""
    UPDATE campaign SET
        title = '', body_before = '', body_after = left(body_after, 0),
        destination = left(destination, 0), text_let_go_at = coalesce(text_let_go_at, now())
    WHERE id = :campaign_id AND NOT EXISTS (
        SELECT FROM message WHERE campaign_id = :campaign_id AND msisdn <> :erased
    )
""")
ERASE_LOCATION = text("UPDATE link_block SET location = NULL WHERE campaign_id = :campaign_id")
# So that redirectors forget where the links of personal texts led.
TELL_REDIRECTORS = text("""
    SELECT pg_notify('txlink_links', token_length || ' ' || first_link) FROM link_block
    WHERE campaign_id = :campaign_id AND location IS NULL
""")


class FoundMessage(NamedTuple):
    """A message to the number."""

    campaign_id: int
    position: int


async def lock_messages(
    connection: AsyncConnection, erasure: Erasure, *, row_limit: int
) -> list[tuple[int, list[int]]]:
    """Lock and return the next messages to a number, by campaign, and their campaigns."""
    await connection.execute(LOCK_HITS)
    values = {
        "account_id": erasure.account_id,
        "msisdn": erasure.msisdn,
        "place": erasure.place.place,
        "row_place": erasure.place.row_place,
        "row_limit": row_limit,
    }
    found = [FoundMessage(*row) for row in await connection.execute(LIST_MESSAGES, values)]
    await connection.execute(
        LOCK_CAMPAIGNS, {"campaign_ids": sorted({message.campaign_id for message in found})}
    )
    await connection.execute(
        LOCK_MESSAGES,
        {
            "campaign_ids": [message.campaign_id for message in found],
            "positions": [message.position for message in found],
            "submitting": int(MessageStatus.SUBMITTING),
        },
    )
    return [
        (campaign_id, [message.position for message in group])
        for campaign_id, group in groupby(found, lambda message: message.campaign_id)
    ]


async def erase_hits(
    connection: AsyncConnection, campaign_id: int, positions: Sequence[int], *, hit_limit: int
) -> int:
    """Erase visitors from hits on links of messages, and from hits to come; return how many.

    There may be more of them if it is the limit.
    """
    values = {"campaign_id": campaign_id, "positions": list(positions)}
    await connection.execute(MARK_RECIPIENTS, values)
    return (await connection.execute(ERASE_HITS, values | {"hit_limit": hit_limit})).rowcount


async def erase_messages(
    connection: AsyncConnection, erasure: Erasure, campaign_id: int, positions: Sequence[int]
) -> list[str]:
    """Erase number and texts of messages that nobody sends any more; return carriers' ids."""
    key = {"campaign_id": campaign_id, "positions": list(positions)}
    await connection.execute(ERASE_FIRST_TEXT, key)
    personal = await connection.execute(ERASE_PERSONAL_TEXTS, key)
    numbers = {
        "erased": ERASED,
        "pattern": number_pattern(erasure.msisdn),
        "erased_text": ERASED_TEXT,
    }
    carrier_ids = (await connection.execute(ERASE_NUMBERS, key | numbers)).scalars().all()
    whole = await connection.execute(
        ERASE_CAMPAIGN, {"campaign_id": campaign_id, "erased": ERASED}
    )
    if whole.rowcount:
        await connection.execute(ERASE_LOCATION, {"campaign_id": campaign_id})
    if personal.rowcount or whole.rowcount:
        await connection.execute(TELL_REDIRECTORS, {"campaign_id": campaign_id})
    return [each for each in carrier_ids if each is not None]


def behind(erasure: Erasure, found: Sequence[tuple[int, Sequence[int]]]) -> Place:
    """Return the place behind messages that were found."""
    campaign_id, positions = found[-1]
    return erasure.place.behind(campaign_id, positions[-1])
